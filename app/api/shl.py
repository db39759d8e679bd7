"""The data plane of SMART Health Links: the manifest of a link, and the files of one open. No cookie, any origin.

Whatever is wrong with a link, the answer is the same; that it comes after the same time is ``app.doors.EvenTime``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, operation
from app.body import LinkBytes, WireModel
from app.deps import origin_of, services
from app.headers import VIEWING_HEADER
from auth.throttle import ASK, network_of
from sharing.links.asking import parse_ask
from vault.errors import TooManyTries
from vault.health.strict_json import read_json

router = APIRouter(tags=["Links"], prefix="/shl")

LinkId = Annotated[str, Path(description="The random part of the link's address.")]


class ManifestBody(WireModel):
    """``recipient`` is whom the reader says they are. Members the vault doesn't know are ignored."""

    recipient: str
    passcode: str | None = None
    embeddedLengthMax: int | None = None  # noqa: N815  (names are the protocol's)


class AskBody(WireModel):
    """``wants`` has one value so far: ``time``, that is, a link that works for longer."""

    recipient: str
    wants: str | None = None


class Nothing(BaseModel):
    """An empty object."""


class ManifestFile(BaseModel):
    """A JWE, embedded or at an address that lives an hour at most."""

    contentType: str  # noqa: N815
    embedded: str | None = None
    location: str | None = None


class Manifest(BaseModel):
    """``status``: ``finalized``, since a snapshot never changes."""

    status: str
    files: list[ManifestFile]


@router.post(
    "/{link_id}",
    **operation(
        "The manifest of a link",
        model=Manifest,
        body=ManifestBody,
        refuses=(400, 401, 403, 404),
        signed_in=False,
        headers={VIEWING_HEADER: "A viewing token, where the request asked for one with `Vault-Viewing: new`."},
    ),
)
def manifest(
    request: Request,
    link_id: LinkId,
    raw: LinkBytes,
    vault_viewing: Annotated[
        str | None, Header(description="`new` to be given a viewing token, or the token in place of the passcode.")
    ] = None,
    vault_reader: Annotated[
        str | None, Header(description="The proof of a sign-in, where a link is for one person.")
    ] = None,
) -> Response:
    body = read_json(raw) if raw.strip() else {}  # Nothing at all lacks a recipient, like an object without one.
    opening = services(request).opening
    proof = vault_reader or ""
    answer = opening.manifest(link_id, body, vault_viewing, origin_of(request), proof=proof)
    headers = {VIEWING_HEADER: answer.viewing_token} if answer.viewing_token else {}
    return answer_json(answer.body, headers=headers)


@router.get(
    "/{link_id}/files/{ticket}",
    **operation(
        "One file of an open",
        content={"application/jose": {"schema": {"type": "string"}}},
        refuses=(404,),
        signed_in=False,
    ),
)
def file(request: Request, link_id: LinkId, ticket: str) -> Response:
    opening = services(request).opening
    jwe = opening.file(link_id, ticket, origin_of(request))
    return Response(jwe, media_type="application/jose")


@router.post(
    "/{link_id}/ask",
    **operation(
        "Ask the patient for a new link; the answer never says anything",
        status=202,
        model=Nothing,
        body=AskBody,
        refuses=(400,),
        signed_in=False,
    ),
)
def ask(request: Request, link_id: LinkId, raw: LinkBytes) -> Response:
    house, origin = services(request), origin_of(request)
    body = read_json(raw) if raw.strip() else {}
    try:
        house.throttle.reserve((ASK, network_of(origin.address)))
    except TooManyTries:  # Said to nobody: whether this ask was heard is not theirs to know.
        parse_ask(body)
        house.asking.count_unheard(TooManyTries.code)
    else:
        house.asking.ask(link_id, body, origin)
    return answer_json({}, 202)
