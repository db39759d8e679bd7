"""What a carer may do in somebody else's vault, by where it happens. What no line allows is refused.

A carer's pages are the citizen's own pages; this table is the only place that says which of them, with which power.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request

from auth.carers.errors import NotWhileActing, OtherPerson, PowerMissing
from auth.carers.powers import Power
from auth.sessions import Session
from vault.errors import NotFound
from vault.ids import parse_id

OPENED_IN: Final = "opened-in"
_VIEW, _UPLOAD, _SHARE = Power.VIEW, Power.UPLOAD, Power.SHARE
_READS: Final = {
    **dict.fromkeys(("results", "records", "documents", "imports", "who-looked", "notices", "log"), _VIEW),
    **dict.fromkeys(("add", "type-in"), _UPLOAD),
    **dict.fromkeys(("share", "shares", "grants", "hand-over", "handovers"), _SHARE),
}
_WRITES: Final = {
    **dict.fromkeys(("notices",), _VIEW),
    **dict.fromkeys(("add", "import", "imports", "type-in", "documents", "results"), _UPLOAD),
    **dict.fromkeys(("share", "shares", "grants", "hand-over", "handovers"), _SHARE),
}
# Searching and a document's password; the API's POST to the same names adds a result.
_LOOKS_BY_POST: Final = ("/results", "/documents/{record_id}/password")
_OF_HOLDERS: Final = frozenset({"erase"})
_ANYBODY: Final = frozenset({"looking-after", "carers"})


def check_powers(request: Request, session: Session) -> None:
    """PowerMissing, or NotWhileActing for what belongs to one's own vault alone. For one's own vault: nothing."""
    if session.acting is None:
        return
    path = request.scope["route"].path
    room = path.removeprefix("/api").split("/")[1]
    if room in _ANYBODY or (room in _OF_HOLDERS and session.acting.holds):
        return
    if request.method in ("GET", "HEAD"):
        needed = _READS.get(room)
    elif path in _LOOKS_BY_POST:
        needed = _VIEW
    else:
        needed = _WRITES.get(room)
    if needed is None:
        raise NotWhileActing
    if needed not in session.acting.powers:
        raise PowerMissing


def check_whose(session: Session, stated: str) -> None:
    """OtherPerson unless a form was opened in the vault that it arrives in. Forms of one's own vault state nothing.

    Two tabs of one browser share a session: without this, one could type a child's result into one's own vault.
    """
    if stated or session.acting is not None:
        try:
            same = parse_id(stated) == session.vault_id
        except NotFound:
            same = False
        if not same:
            raise OtherPerson
