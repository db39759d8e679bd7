"""What a program's token may do, by where it happens. What no line allows is refused, at pages everything.

Proofs, keys, ways in, carers, senders, erasing and other tokens are never for programs, whatever their scope.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request

from auth.errors import NotForPrograms
from auth.programs import Scope, scopes_of
from auth.sessions import Session
from vault.keys.sessions import TOKEN

_READS: Final = frozenset(
    {"results", "records", "documents", "imports", "grants", "notices", "log", "vocabulary", "deliveries"}
)
_LOOKS_BY_POST: Final = frozenset({"/api/documents/{record_id}/pages/{number}"})
_ADDS: Final = frozenset(
    {
        "/api/results",
        "/api/documents/{record_id}/results",
        "/api/imports",
        "/api/imports/staged",
        "/api/imports/staged/{import_id}/confirm",
    }
)
_EVERYTHING: Final = _READS | {"handovers", "shares"}


def check_scopes(request: Request, session: Session) -> None:
    """NotForPrograms unless the token's scopes allow this; for a person's sign-in: nothing."""
    if session.kind != TOKEN:
        return
    path, scopes = request.scope["route"].path, scopes_of(session.scopes)
    room = path.removeprefix("/api/").split("/")[0] if path.startswith("/api/") else ""
    looks = request.method in {"GET", "HEAD"} or path in _LOOKS_BY_POST
    allowed = (
        (Scope.READ in scopes and looks and room in _READS)
        or (Scope.ADD in scopes and request.method == "POST" and path in _ADDS)
        or (Scope.EVERYTHING in scopes and room in _EVERYTHING)
    )
    if not allowed:
        raise NotForPrograms
