"""Refusals into the log, in a transaction of their own, after whatever was refused has been rolled back.

Sign-in and links log their own refusals. Here: wrong role (an entry in that person's history), guesses at ids, dead
tokens, cross-site posts and throttled tries (counted per minute, so that nobody can fill the log).
"""

from __future__ import annotations

from fastapi import Request

from app.deps import known_lent_session, known_session, origin_of, services, token_of
from app.errors import CrossSite, NoSuchPage
from sharing.links.requests import LinkGone
from vault.audit.events import Entry, Event, Outcome, Trail
from vault.audit.trails import operator_trail
from vault.errors import Forbidden, NotFound, TooManyTries, Unauthenticated, VaultError


def record(request: Request, error: VaultError) -> None:
    """Log ``error`` if it refused somebody something. LogUnavailable if that can't be done. Blocks."""
    session = known_session(request) or known_lent_session(request)
    if isinstance(error, Forbidden) and not isinstance(error, CrossSite) and session is not None:
        house, origin = services(request), origin_of(request)
        entry = Entry(Event.REFUSAL, Outcome.REFUSED, error.code, accountability=origin.as_accountability())
        house.log.refuse(house.database, session.trail, entry, session.keyring)
    elif _is_guess(request, error):
        _count(request, error.code, session.trail if session is not None else None)


def _is_guess(request: Request, error: VaultError) -> bool:
    if isinstance(error, NotFound):
        return not isinstance(error, NoSuchPage | LinkGone) and known_session(request) is not None
    if isinstance(error, Unauthenticated):
        return token_of(request) is not None
    return isinstance(error, CrossSite | TooManyTries)


def _count(request: Request, code: str, trail: Trail | None) -> None:
    house = services(request)
    with house.database.write() as connection:
        house.log.count_flood(connection, trail or operator_trail(connection), code)
