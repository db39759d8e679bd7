"""Who is at a page. A citizen who has not yet confirmed the recovery code is led to that first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from app.deps import admin_session, any_session, citizen_session, freshly_proven, own_session
from app.pages.forms import Submitted
from auth.roles import Role
from auth.sessions import Session


class UnconfirmedCodeError(Exception):
    """Not an error to show: the pages answer it by going to the recovery code."""


def confirmed_citizen(request: Request) -> Session:
    session = citizen_session(request)
    if not session.recovery_confirmed:
        raise UnconfirmedCodeError
    return session


def proven_citizen(request: Request, _form: Submitted) -> Session:
    """For a form that reaches far. It is read first: what was typed waits while its sender proves who they are."""
    confirmed_citizen(request)
    return freshly_proven(request)


def proven_reader(request: Request) -> Session:
    """For the page that shows such a form: asked before it, so that hardly anybody is asked after it."""
    confirmed_citizen(request)
    return freshly_proven(request)


def proven_admin(request: Request, _form: Submitted) -> Session:
    admin_session(request)
    return freshly_proven(request)


def owner(request: Request) -> Session:
    """As ``own_session``; a citizen has confirmed the recovery code first."""
    session = own_session(request)
    return confirmed_citizen(request) if session.role is Role.CITIZEN else session


def proven_owner(request: Request, _form: Submitted) -> Session:
    owner(request)
    return freshly_proven(request)


def proven_owner_reader(request: Request) -> Session:
    owner(request)
    return freshly_proven(request)


def proven_anyone(request: Request, _form: Submitted) -> Session:
    return freshly_proven(request)


citizens_only = Depends(confirmed_citizen)
Citizen = Annotated[Session, Depends(confirmed_citizen)]
ProvenCitizen = Annotated[Session, Depends(proven_citizen)]
ProvenReader = Annotated[Session, Depends(proven_reader)]
Admin = Annotated[Session, Depends(admin_session)]
ProvenAdmin = Annotated[Session, Depends(proven_admin)]
Owner = Annotated[Session, Depends(owner)]
ProvenOwner = Annotated[Session, Depends(proven_owner)]
ProvenOwnerReader = Annotated[Session, Depends(proven_owner_reader)]
ProvenAnyone = Annotated[Session, Depends(proven_anyone)]
Anyone = Annotated[Session, Depends(any_session)]
