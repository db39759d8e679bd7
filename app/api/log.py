"""Who looked: the citizen's own log, opened with their keys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.answers import FIRST_LIMIT, After, Limit, answer_page, instant, operation
from app.deps import citizen_session, origin_of, services
from auth.sessions import Session
from vault.audit.events import Role
from vault.audit.reading import LogLine, Show
from vault.ids import text_of

router = APIRouter(tags=["Log"], prefix="/api")


class LineShown(BaseModel):
    """``subject`` says what was touched, ``accountability`` who did it; null where an entry has no such part.

    ``role`` is whose act it was; ``carer`` the name of who acted for the owner, where a carer did.
    """

    entry_id: str
    at: str
    event: str
    outcome: str
    reason: str
    role: str
    carer: str | None
    grant_id: str | None
    count: int
    subject: dict[str, Any] | None
    accountability: dict[str, Any] | None


class LinePage(BaseModel):
    items: list[LineShown]
    next: str | None


@router.get("/log", **operation("Who looked, newest first", model=LinePage, refuses=(403,)))
def read_log(
    request: Request,
    session: Annotated[Session, Depends(citizen_session)],
    limit: Limit = FIRST_LIMIT,
    after: After = None,
    show: Annotated[Show, Query(description="Everything, others' looks, refused tries, or one's own.")] = Show.ALL,
) -> Response:
    house = services(request)
    names = house.caring(session, origin_of(request)).carers().names()
    page = house.citizen_log(session).page(limit, after, show)
    return answer_page(page, lambda line: show_line(line, names.get(line.actor)))


def show_line(line: LogLine, carer: str | None) -> dict[str, Any]:
    return {
        "entry_id": text_of(line.entry_id),
        "at": instant(line.at),
        "event": str(line.event),
        "outcome": str(line.outcome),
        "reason": line.reason,
        "role": str(line.role),
        "carer": carer if line.role == Role.CARER else None,
        "grant_id": text_of(line.grant_id) if line.grant_id else None,
        "count": line.count,
        "subject": dict(line.subject) if line.subject is not None else None,
        "accountability": dict(line.accountability) if line.accountability is not None else None,
    }
