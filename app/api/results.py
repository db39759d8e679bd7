"""Measured values: type one in; list them, converted on request. Values travel as strings, as they were measured."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import FIRST_LIMIT, After, Id, Limit, answer_json, answer_page, nothing, operation, or_null
from app.body import JsonBytes, WireModel, read_wire
from app.deps import citizen_session, origin_of, services
from auth.sessions import Session
from vault.errors import NotFound
from vault.health.typed import TypedResult
from vault.ids import RecordId, parse_id, text_of
from vault.records.documents import UnknownDocument
from vault.records.views import LatestRow, ResultQuery, ResultRow

router = APIRouter(tags=["Results"], prefix="/api")


class Code(WireModel):
    system: str
    code: str


class NewResult(WireModel):
    """``analyte`` or ``code``; ``value`` a decimal, a bound such as ``<0.5``, or text. ``document`` is the record that
    it was read from."""

    value: str
    taken_at: str
    analyte: str | None = None
    code: Code | None = None
    unit: str | None = None
    range_low: str | None = None
    range_high: str | None = None
    lab: str | None = None
    document: str | None = None


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


class TestShown(BaseModel):
    """One test. ``test``: the analyte's key, or ``name:`` and the lab's own name for tests outside the vocabulary;
    ``standing`` beside the lab's own range: low, high, within, no-range or unsaid; ``later`` is a newer sample
    that gave no value."""

    test: str
    pinned: bool
    count: int
    standing: str
    latest: ResultShown
    later: ResultShown | None


class TestList(BaseModel):
    items: list[TestShown]


class Pin(WireModel):
    test: str
    pinned: bool


class EarlierReading(BaseModel):
    """What the same record said before it was corrected."""

    version: int
    value: str
    unit: str | None


class OneResult(BaseModel):
    """A result with all of its test, newest first, in ``unit`` (one of ``units``, or ``as-received``)."""

    result: ResultShown
    standing: str
    units: list[str]
    unit: str
    items: list[ResultShown]
    has_more: bool
    earlier: list[EarlierReading]


class ResultPage(BaseModel):
    items: list[ResultShown]
    next: str | None


@router.post(
    "/results", **operation("Type in one result", status=201, model=ResultKept, body=NewResult, refuses=(403, 409))
)
def add_result(request: Request, session: Annotated[Session, Depends(citizen_session)], raw: JsonBytes) -> Response:
    stated = read_wire(raw, NewResult)
    documents = services(request).records(session, origin_of(request)).documents
    (record_id,) = documents.add_results([typed_of(stated)], _document(stated.document))
    return answer_json({"record_id": text_of(record_id)}, 201)


@router.get("/results", **operation("Results, newest first", model=ResultPage, refuses=(403,)))
def list_results(
    request: Request,
    session: Annotated[Session, Depends(citizen_session)],
    *,
    analyte: Annotated[str | None, Query(max_length=100, description="A key of the vocabulary.")] = None,
    unit: Annotated[str | None, Query(max_length=50, description="Convert to this unit of the analyte.")] = None,
    limit: Limit = FIRST_LIMIT,
    after: After = None,
) -> Response:
    records = services(request).records(session, origin_of(request))
    return answer_page(records.results(ResultQuery(analyte, unit, limit, after)), show_result)


@router.get("/results/latest", **operation("The latest result of every test", model=TestList, refuses=(403,)))
def list_latest(request: Request, session: Annotated[Session, Depends(citizen_session)]) -> Response:
    """Pinned tests first, in the order they were pinned; the others by name."""
    parts = services(request)
    pinned = parts.pins(session).all()
    rows = parts.records(session, origin_of(request)).latest()
    ordered = sorted(rows, key=lambda row: pinned.index(row.test) if row.test in pinned else len(pinned))
    return answer_json({"items": [_show_test(row, row.test in pinned) for row in ordered]})


@router.put(
    "/results/pins", **operation("Keep a test at the top, or let it go", status=204, body=Pin, refuses=(403, 409))
)
def set_pin(request: Request, session: Annotated[Session, Depends(citizen_session)], raw: JsonBytes) -> Response:
    stated, pins = read_wire(raw, Pin), services(request).pins(session)
    if stated.pinned:
        pins.pin(stated.test)
    else:
        pins.unpin(stated.test)
    return nothing()


@router.get("/results/{record_id}", **operation("One result with its test", model=OneResult, refuses=(403, 404)))
def show_one(
    request: Request,
    session: Annotated[Session, Depends(citizen_session)],
    record_id: Id,
    part: Annotated[int, Query(ge=0, le=1000, description="Its place in the record; a blood pressure has two.")] = 0,
    unit: Annotated[str | None, Query(max_length=50, description="A unit of the test, or `as-received`.")] = None,
) -> Response:
    """One look: the log has one entry for it."""
    view = services(request).records(session, origin_of(request)).result(RecordId(parse_id(record_id)), part, unit)
    earlier = [{"version": version, "value": was.value, "unit": or_null(was.unit)} for version, was in view.earlier]
    return answer_json(
        {
            "result": show_result(view.result),
            "standing": view.result.standing,
            "units": list(view.units),
            "unit": view.unit,
            "items": [show_result(row) for row in view.rows],
            "has_more": view.has_more,
            "earlier": earlier,
        }
    )


def _show_test(row: LatestRow, is_pinned: bool) -> dict[str, Any]:
    return {
        "test": row.test,
        "pinned": is_pinned,
        "count": row.count,
        "standing": row.result.standing,
        "latest": show_result(row.result),
        "later": show_result(row.later) if row.later else None,
    }


def _document(text: str | None) -> RecordId | None:
    try:
        return None if text is None else RecordId(parse_id(text))
    except NotFound:
        raise UnknownDocument(field="document") from None


def typed_of(stated: NewResult) -> TypedResult:
    return TypedResult(
        analyte=stated.analyte,
        code=(stated.code.system, stated.code.code) if stated.code else None,
        value=stated.value,
        unit=stated.unit,
        taken_at=stated.taken_at,
        range_low=stated.range_low,
        range_high=stated.range_high,
        lab=stated.lab,
    )


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
