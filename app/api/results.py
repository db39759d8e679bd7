"""Measured values: type one in; list them, converted on request. Values travel as strings, as they were measured."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import FIRST_LIMIT, After, Limit, answer_json, answer_page, operation, or_null
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, origin_of, services
from auth.sessions import Session
from vault.health.typed import TypedResult
from vault.ids import text_of
from vault.records.views import ResultQuery, ResultRow

router = APIRouter(tags=["Results"], prefix="/api")


class Code(WireModel):
    system: str
    code: str


class NewResult(WireModel):
    """``analyte`` or ``code``; ``value`` a decimal, a bound such as ``<0.5``, or text."""

    value: str
    taken_at: str
    analyte: str | None = None
    code: Code | None = None
    unit: str | None = None
    range_low: str | None = None
    range_high: str | None = None
    lab: str | None = None


class ResultKept(BaseModel):
    record_id: str


class AsReceived(BaseModel):
    value: str
    unit: str | None


class LabRange(BaseModel):
    """The lab's own, in the unit of the value beside it; ``text`` where it can't be said in numbers."""

    low: str | None
    high: str | None
    text: str | None


class ResultShown(BaseModel):
    record_id: str
    analyte: str | None
    name: str
    taken_at: str | None
    value: str
    unit: str | None
    original: AsReceived
    range: LabRange | None
    flag: str | None
    lab: str | None


class ResultPage(BaseModel):
    items: list[ResultShown]
    next: str | None


@router.post(
    "/results", **operation("Type in one result", status=201, model=ResultKept, body=NewResult, refuses=(403, 409))
)
def add_result(request: Request, session: Annotated[Session, Depends(citizen_session)], raw: JsonBytes) -> Response:
    stated = read_wire(raw, NewResult)
    typed = TypedResult(
        analyte=stated.analyte,
        code=(stated.code.system, stated.code.code) if stated.code else None,
        value=stated.value,
        unit=stated.unit,
        taken_at=stated.taken_at,
        range_low=stated.range_low,
        range_high=stated.range_high,
        lab=stated.lab,
    )
    record_id = services(request).records(session, origin_of(request)).add_result(typed)
    return answer_json({"record_id": text_of(record_id)}, 201)


@router.get("/results", **operation("Results, newest first", model=ResultPage, refuses=(403,)))
def list_results(  # noqa: PLR0917  (one parameter a filter)
    request: Request,
    session: Annotated[Session, Depends(citizen_session)],
    analyte: Annotated[str | None, Query(max_length=100, description="A key of the vocabulary.")] = None,
    unit: Annotated[str | None, Query(max_length=50, description="Convert to this unit of the analyte.")] = None,
    limit: Limit = FIRST_LIMIT,
    after: After = None,
) -> Response:
    records = services(request).records(session, origin_of(request))
    return answer_page(records.results(ResultQuery(analyte, unit, limit, after)), show_result)


def show_result(row: ResultRow) -> dict[str, Any]:
    has_range = row.low or row.high or row.range_text
    return {
        "record_id": text_of(row.record_id),
        "analyte": row.analyte,
        "name": row.name,
        "taken_at": or_null(row.taken),
        "value": row.value,
        "unit": or_null(row.unit),
        "original": {"value": row.original_value, "unit": or_null(row.original_unit)},
        "range": {"low": or_null(row.low), "high": or_null(row.high), "text": or_null(row.range_text)}
        if has_range
        else None,
        "flag": or_null(row.flag),
        "lab": or_null(row.lab),
    }
