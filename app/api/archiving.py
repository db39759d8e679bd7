"""The whole vault as one sealed file. docs/specs/archive.md."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.api.answers import operation
from app.deps import freshly_proven_citizen, origin_of, services
from app.takeout import send_archive
from auth.sessions import Session

router = APIRouter(tags=["Archive"], prefix="/api")
Proven = Annotated[Session, Depends(freshly_proven_citizen)]


@router.post(
    "/archive",
    **operation(
        "Everything as one sealed file, which the recovery code opens",
        content={"*/*": {}},
        refuses=(403,),
        headers={"Content-Disposition": "Always an attachment."},
    ),
)
def take_archive(request: Request, session: Proven) -> Response:
    house = services(request)
    archiving = house.archiving(session, origin_of(request))
    return send_archive(archiving, house.settings.public_url, house.clock.now())
