"""Who is at a page. A citizen who has not yet confirmed the recovery code is led to that first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.deps import admin_session, any_session, citizen_session
from auth.sessions import Session


class UnconfirmedCodeError(Exception):
    """Not an error to show: the pages answer it by going to the recovery code."""


def confirmed_citizen(request: Request) -> Session:
    session = citizen_session(request)
    if not session.recovery_confirmed:
        raise UnconfirmedCodeError
    return session


citizens_only = Depends(confirmed_citizen)
Citizen = Annotated[Session, Depends(confirmed_citizen)]
Admin = Annotated[Session, Depends(admin_session)]
Anyone = Annotated[Session, Depends(any_session)]
