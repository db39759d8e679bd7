"""How API routes answer and how they are documented: JSON made once, no second validation on the way out.

``operation`` states all of an operation's statuses; tests hold every answer to what is stated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Path, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.body import WireModel
from app.errors import UnknownField
from vault.paging import DEFAULT_LIMIT, MAX_CURSOR_CHARACTERS, MAX_LIMIT, Page

T = TypeVar("T")
PROBLEM_MEDIA = "application/problem+json"

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many at most.")]
After = Annotated[str | None, Query(max_length=MAX_CURSOR_CHARACTERS, description="`next` of the page before.")]
Id = Annotated[str, Path(description="An id as this API gave it out.")]
FIRST_LIMIT = DEFAULT_LIMIT

REFUSALS = {
    400: "The request can't be read, or lacks what the protocol asks for.",
    401: "Not signed in, or the sign-in is wrong.",
    403: "Another role's, or a cross-site request.",
    404: "Absent, another's, or no id at all: always the same.",
    409: "True a moment ago, not now.",
    413: "Over the size limit.",
    415: "Multipart, compressed, or not JSON where JSON is asked for.",
    422: "Understood and wrong; `field` names where.",
    429: "Too many tries; `Retry-After` says how long to wait.",
    500: "Our fault, or stored data doesn't match its seal. Nothing is shown.",
    503: "The log or the database can't be written. Nothing is shown or changed.",
}


class ProblemAnswer(BaseModel):
    """RFC 9457. It holds nothing of what was submitted."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    suggestion: str | None = None
    remainingAttempts: int | None = None  # noqa: N815  (the name is SMART Health Links')


def answer_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(encode(body), status, dict(headers or {}), media_type="application/json")


def encode(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def nothing() -> Response:
    return Response(status_code=204)


def answer_page(page: Page[T], show: Callable[[T], dict[str, Any]]) -> Response:
    return answer_json({"items": [show(item) for item in page.items], "next": page.next})


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, such as ``2026-03-01T12:00:00Z``."""
    return moment.isoformat().replace("+00:00", "Z")


def or_null(text: str) -> str | None:
    """Rooms say absent as an empty text, JSON says it as null."""
    return text or None


def operation(
    summary: str,
    *,
    status: int = 200,
    model: type[BaseModel] | None = None,
    content: Mapping[str, Any] | None = None,
    body: type[WireModel] | Mapping[str, Any] | None = None,
    refuses: tuple[int, ...] = (),
    signed_in: bool = True,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Keyword arguments of a route: its documentation, and no response validation.

    ``content`` documents an answer that isn't JSON. 400 (a token in the address), 422 (unknown parameters), 500 and 503
    are stated for all.
    """
    success: dict[str, Any] = {"description": "Done."}
    if model is not None:
        success["model"] = model
    if content is not None:
        success["content"] = dict(content)
    if headers:
        success["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
        }
    stated = {*refuses, 400, 422, 500, 503} | ({401} if signed_in else set())
    extra: dict[str, Any] = {"security": [{"bearer": []}, {"cookie": []}] if signed_in else []}
    if body is not None:
        extra["requestBody"] = {"required": True, "content": _body_content(body)}
        stated |= {413, 415}
    return {
        "summary": summary,
        "status_code": status,
        "response_model": None,
        "response_class": Response,
        "responses": {status: success} | {code: problem_response(code) for code in sorted(stated)},
        "openapi_extra": extra,
    }


def problem_response(status: int) -> dict[str, Any]:
    reference = {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}
    return {"description": REFUSALS[status], "content": {PROBLEM_MEDIA: reference}}


def _body_content(body: type[WireModel] | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return dict(body)
    return {"application/json": {"schema": body.model_json_schema(ref_template="#/components/schemas/{model}")}}


def known_parameters(request: Request) -> None:
    """UnknownField for a query parameter that the route doesn't state, or one given twice."""
    route = request.scope.get("route")
    known = _parameters(route.dependant) if isinstance(route, APIRoute) else set()
    given = [name for name, _ in request.query_params.multi_items()]
    if not set(given) <= known or len(given) != len(set(given)):
        raise UnknownField


def _parameters(dependant: Dependant) -> set[str]:
    """Names of a route's query parameters, those of its dependencies too."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_parameters(each) for each in dependant.dependencies))
