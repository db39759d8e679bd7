"""The states of a hand-over, each step one conditional update: of two who race, one is told that it is over.

``waiting → claimed → comparing → sealed → fetched``, or ``refused``; whatever is past its time is over in any state.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sharing.handover.requests import HandoverGone, State, WrongCode
from sharing.handover.tables import HandoverCodeRow, HandoverRow
from vault.crypto.tokens import digest
from vault.database import table_of
from vault.ids import GrantId, VaultId

LIFETIME = timedelta(minutes=5)
_HANDOVER = table_of(HandoverRow)
_CODE = table_of(HandoverCodeRow)
CodeTaken = IntegrityError


def id_digest(handover_id: bytes) -> bytes:
    return digest("handover/1", handover_id)


def secret_digest(secret: str) -> bytes:
    return digest("handover-secret/1", secret[:64].encode("utf-8", "surrogatepass"))


def add_waiting(
    connection: Connection,
    handover_id: bytes,
    secret: str,
    code: bytes,
    *,
    point: bytes,
    commitment: bytes,
    now: datetime,
) -> datetime:
    """A screen begins to wait; when its code ends. IntegrityError if another screen waits under the same code."""
    expires_at = now + LIFETIME
    values = {
        "handover_digest": id_digest(handover_id),
        "secret_digest": secret_digest(secret),
        "state": State.WAITING.value,
        "point": point,
        "commitment": commitment,
        "expires_at": expires_at,
    }
    connection.execute(insert(_HANDOVER).values(**values))
    connection.execute(insert(_CODE).values(code_digest=code, handover_id=handover_id, expires_at=expires_at))
    return expires_at


def take_code(connection: Connection, code: bytes, now: datetime) -> bytes:
    """The hand-over that waits under this code, which nobody can take again. WrongCode."""
    taken = delete(_CODE).where(_CODE.c.code_digest == code, _CODE.c.expires_at > now).returning(_CODE.c.handover_id)
    handover_id = connection.execute(taken).scalar_one_or_none()
    if handover_id is None:
        raise WrongCode(field="code")
    return bytes(handover_id)


def read_by_screen(connection: Connection, handover_id: bytes, secret: str, now: datetime) -> Row[Any]:
    """The row for whoever holds its secret; HandoverGone."""
    mine = (_HANDOVER.c.secret_digest == secret_digest(secret), _HANDOVER.c.expires_at > now)
    return _one(connection, handover_id, *mine)


def read_by_citizen(connection: Connection, handover_id: bytes, vault_id: VaultId, now: datetime) -> Row[Any]:
    """The row for the citizen who claimed it; HandoverGone."""
    return _one(connection, handover_id, _HANDOVER.c.vault_id == vault_id, _HANDOVER.c.expires_at > now)


def claim(
    connection: Connection,
    handover_id: bytes,
    *,
    vault_id: VaultId,
    grant_id: GrantId,
    code_hash: bytes,
    citizen_nonce: bytes,
    now: datetime,
) -> datetime:
    """The citizen's; both have five minutes from here. HandoverGone."""
    expires_at = now + LIFETIME
    given = {"vault_id": vault_id, "grant_id": grant_id, "code_hash": code_hash, "citizen_nonce": citizen_nonce}
    _move(connection, handover_id, State.WAITING, State.CLAIMED, now, expires_at=expires_at, **given)
    return expires_at


def reveal(connection: Connection, handover_id: bytes, screen_nonce: bytes, now: datetime) -> None:
    """The screen has shown its number, once and for all. HandoverGone."""
    _move(connection, handover_id, State.CLAIMED, State.COMPARING, now, screen_nonce=screen_nonce)


def seal(connection: Connection, handover_id: bytes, vault_id: VaultId, sealed: bytes, now: datetime) -> None:
    """What was sealed waits to be fetched. HandoverGone."""
    _move(connection, handover_id, State.COMPARING, State.SEALED, now, _HANDOVER.c.vault_id == vault_id, sealed=sealed)


def fetch(connection: Connection, handover_id: bytes, secret: str, now: datetime) -> bytes:
    """What was sealed, once: it is gone from the row with this. HandoverGone."""
    row = read_by_screen(connection, handover_id, secret, now)
    mine = _HANDOVER.c.secret_digest == secret_digest(secret)
    _move(connection, handover_id, State.SEALED, State.FETCHED, now, mine, sealed=None)
    if row.sealed is None:
        raise HandoverGone
    return bytes(row.sealed)


def refuse(connection: Connection, handover_id: bytes, condition: Any, now: datetime) -> bool:
    """Stopped by one of the two; whether there was still something to stop."""
    living = (State.WAITING.value, State.CLAIMED.value, State.COMPARING.value, State.SEALED.value)
    over = update(_HANDOVER).where(
        _HANDOVER.c.handover_digest == id_digest(handover_id),
        condition,
        _HANDOVER.c.state.in_(living),
        _HANDOVER.c.expires_at > now,
    )
    return connection.execute(over.values(state=State.REFUSED.value, sealed=None)).rowcount == 1


def is_of_screen(secret: str) -> Any:
    return _HANDOVER.c.secret_digest == secret_digest(secret)


def is_of_citizen(vault_id: VaultId) -> Any:
    return _HANDOVER.c.vault_id == vault_id


def forget_handovers(connection: Connection, now: datetime) -> int:
    """Delete what is over; it was refused already. How many."""
    connection.execute(delete(_CODE).where(_CODE.c.expires_at <= now))
    return connection.execute(delete(_HANDOVER).where(_HANDOVER.c.expires_at <= now)).rowcount


def _one(connection: Connection, handover_id: bytes, *conditions: Any) -> Row[Any]:
    query = select(_HANDOVER).where(_HANDOVER.c.handover_digest == id_digest(handover_id), *conditions)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise HandoverGone
    return row


def _move(
    connection: Connection, handover_id: bytes, before: State, after: State, now: datetime, *more: Any, **values: Any
) -> None:
    moved = update(_HANDOVER).where(
        _HANDOVER.c.handover_digest == id_digest(handover_id),
        _HANDOVER.c.state == before.value,
        _HANDOVER.c.expires_at > now,
        *more,
    )
    if connection.execute(moved.values(state=after.value, **values)).rowcount != 1:
        raise HandoverGone
