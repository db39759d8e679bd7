"""Consents: preview exactly what would be shared, grant it, list, look at one, stop sharing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from app.api.answers import FIRST_LIMIT, After, Id, Limit, answer_json, answer_page, instant, operation
from app.body import JsonBytes, WireModel, read_object
from app.deps import citizen_session, freshly_proven_citizen, origin_of, services
from auth.sessions import Session
from sharing.consent.leaks import Leak
from sharing.grants.grants import Grants
from sharing.grants.views import GrantRow, GrantView
from vault.ids import GrantId, parse_id, text_of

router = APIRouter(tags=["Sharing"], prefix="/api")


class RecipientBody(WireModel):
    """Whom the citizen names; stated, not proven."""

    name: str
    email: str | None = None


class SelectorBody(WireModel):
    """Exactly one of the four."""

    analyte: str | None = None
    category: str | None = None
    kind: str | None = None
    record_id: str | None = None


class StatementBody(WireModel):
    """As the preview gave it."""

    id: str
    version: str


class PreviewBody(WireModel):
    """Moments carry an offset. What no selector of ``include`` names stays private; ``exclude`` always wins.

    ``sign_in``: an issuer of `/api/vocabulary`; the recipient signs in there by their e-mail address to open the link.
    """

    recipient: RecipientBody
    purpose: str
    include: list[SelectorBody]
    expires_at: str
    actions: list[str]
    exclude: list[SelectorBody] | None = None
    taken_from: str | None = None
    taken_until: str | None = None
    passcode: str | None = None
    max_opens: int | None = None
    sign_in: str | None = None


class GrantBody(PreviewBody):
    statement: StatementBody


class HeldBack(BaseModel):
    record_id: str
    reason: str


class StatementShown(BaseModel):
    id: str
    version: str
    text: str


class LeakShown(BaseModel):
    """What may contradict the wish behind a share: a doubt, never a block. No ``records``: it is about the whole.

    ``no-passcode``, ``simple-passcode``, ``for-many`` (the recipient's name reads like a group), ``everything`` (whole
    kinds, or the whole vault), ``other-person`` (from a file that named somebody else), ``sensitive``,
    ``entered-in-error``, ``not-sorted``, ``document`` (pages nobody can check), ``whole-record`` (goes as received,
    with its notes), ``left-out-by-dates``, ``over-a-year`` (goes back that far, without dates), ``long-open`` (over 30
    days), ``soon-used-up`` (two opens or one), ``download``.
    """

    code: Leak
    records: list[str]


class PreviewShown(BaseModel):
    """``warnings`` in a fixed order, each code once."""

    permitted: list[str]
    held_back: list[HeldBack]
    statement: StatementShown
    warnings: list[LeakShown]


class GrantMade(BaseModel):
    grant_id: str
    link: str
    shlink: str
    expires_at: str


class RecipientShown(BaseModel):
    name: str
    email: str | None


class GrantShown(BaseModel):
    grant_id: str
    recipient: RecipientShown
    state: str
    opens: int
    max_opens: int | None
    expires_at: str
    last_opened_at: str | None


class GrantOpened(GrantShown):
    """``link`` and ``shlink`` only while the grant is active; ``end_receipt`` only after its end."""

    receipt: dict[str, Any]
    end_receipt: dict[str, Any] | None
    link: str | None = None
    shlink: str | None = None


class GrantPage(BaseModel):
    items: list[GrantShown]
    next: str | None


def grants_of(request: Request, session: Annotated[Session, Depends(citizen_session)]) -> Grants:
    return services(request).grants(session, origin_of(request))


Sharing = Annotated[Grants, Depends(grants_of)]


@router.post(
    "/grants/preview",
    **operation("Exactly what would be shared", model=PreviewShown, body=PreviewBody, refuses=(403, 409)),
)
def preview(grants: Sharing, raw: JsonBytes) -> Response:
    seen = grants.preview(read_object(raw))
    body = {
        "permitted": [text_of(record_id) for record_id in seen.permitted],
        "held_back": [{"record_id": text_of(each.record_id), "reason": each.reason} for each in seen.held_back],
        "statement": {"id": seen.statement.id, "version": seen.statement.version, "text": seen.statement.text},
        "warnings": [{"code": each.code, "records": list(each.records)} for each in seen.findings],
    }
    return answer_json(body)


@router.post("/grants", **operation("Grant", status=201, model=GrantMade, body=GrantBody, refuses=(403, 409)))
def issue(request: Request, session: Annotated[Session, Depends(freshly_proven_citizen)], raw: JsonBytes) -> Response:
    issued = services(request).grants(session, origin_of(request)).issue(read_object(raw))
    body = {
        "grant_id": text_of(issued.grant_id),
        "link": issued.link,
        "shlink": issued.shlink,
        "expires_at": instant(issued.expires_at),
    }
    return answer_json(body, 201)


@router.get("/grants", **operation("Grants, newest first", model=GrantPage, refuses=(403,)))
def list_grants(grants: Sharing, limit: Limit = FIRST_LIMIT, after: After = None) -> Response:
    return answer_page(grants.list(limit, after), show_grant)


@router.get("/grants/{grant_id}", **operation("One grant, with its receipt", model=GrantOpened, refuses=(403, 404)))
def read_grant(grants: Sharing, grant_id: Id) -> Response:
    return answer_json(show_opened(grants.get(GrantId(parse_id(grant_id)))))


@router.post("/grants/{grant_id}/withdraw", **operation("Stop sharing", model=GrantShown, refuses=(403, 404, 409)))
def withdraw(grants: Sharing, grant_id: Id) -> Response:
    return answer_json(show_grant(grants.withdraw(GrantId(parse_id(grant_id)))))


def show_grant(grant: GrantRow) -> dict[str, Any]:
    return {
        "grant_id": text_of(grant.grant_id),
        "recipient": {"name": grant.recipient.name, "email": grant.recipient.email},
        "state": str(grant.state),
        "opens": grant.opens,
        "max_opens": grant.max_opens,
        "expires_at": instant(grant.expires_at),
        "last_opened_at": instant(grant.last_opened_at) if grant.last_opened_at else None,
    }


def show_opened(view: GrantView) -> dict[str, Any]:
    body = show_grant(view.row) | {"receipt": view.receipt, "end_receipt": view.end_receipt}
    if view.link is not None:
        body |= {"link": view.link, "shlink": view.shlink}
    return body
