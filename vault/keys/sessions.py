"""Bearer tokens of a vault: sessions of people, and tokens of a citizen's own programs.

The token is the key: the server stores only a wrap of the vault keys under it, so that sign-out is one deleted row
and nothing stays in memory between requests. All end when the vault key changes. docs/specs/slot.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from vault.clock import Clock
from vault.crypto.secret import SessionSecret
from vault.crypto.slots import WrongSecret, unwrap_committed
from vault.crypto.tokens import make_token
from vault.database import table_of
from vault.errors import Tampered, Unauthenticated
from vault.ids import AccountId, GrantId, SessionId, VaultId, make_id
from vault.keys.generations import SUITE
from vault.keys.keyring import Keyring, session_context
from vault.keys.manifest import decode
from vault.keys.opening import checked_keyring
from vault.keys.stored import previous_columns, previous_of
from vault.keys.tables import KeyManifest, KeyPrevious, KeySession

SESSION, TOKEN = "session", "token"
USE_IS_NOTED_EVERY = timedelta(minutes=5)
_MANIFEST = table_of(KeyManifest)
_SESSION = table_of(KeySession)
_PREVIOUS = table_of(KeyPrevious)
_SHOWN = ("kind", "created_at", "expires_at", "last_used_at", "proven_at", "awaits", "scopes", "acting_vault")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Who is signed in, and until when. ``lent_grant``: the only grant that may be seen meanwhile.

    ``proven_at``: when its holder last proved who they are. ``awaits``: what is still due before it opens anything.
    ``acting_vault``: the vault of somebody its holder looks after, while they act there. ``details``: of a token.
    """

    vault_id: VaultId
    session_id: SessionId
    account_id: AccountId
    generation: int
    created_at: datetime
    expires_at: datetime
    lent_grant: GrantId | None
    kind: str = SESSION
    last_used_at: datetime | None = None
    proven_at: datetime | None = None
    awaits: str = ""
    scopes: str = ""
    acting_vault: VaultId | None = None
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session or token as its owner sees it. ``details`` are what it was made with."""

    session_id: SessionId
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    scopes: str
    details: dict[str, str]


class KeySessions:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def prepare(
        self,
        keyring: Keyring,
        account_id: AccountId,
        expires_at: datetime,
        *,
        kind: str = SESSION,
        awaits: str = "",
        scopes: str = "",
        details: dict[str, str] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """A new bearer token, and the ``key_session`` row that it opens. ``details`` (a name, a browser) are sealed."""
        session_id, secret, now = SessionId(make_id()), SessionSecret.make(), self._clock.now()
        row = {
            "vault_id": keyring.vault_id,
            "session_id": session_id,
            "account_id": account_id,
            "generation": keyring.generation,
            "wrapped": keyring.wrap_for_session(session_id, secret),
            "created_at": now,
            "expires_at": expires_at,
            "kind": kind,
            "last_used_at": now,
            "proven_at": now,
            "awaits": awaits,
            "scopes": scopes,
            "details": keyring.wrap("session-details/1", session_id, json.dumps(details).encode()) if details else None,
        }
        return make_token(keyring.vault_id, session_id, secret), row

    def store(self, connection: Connection, row: dict[str, Any]) -> None:
        """Insert what ``prepare`` made."""
        connection.execute(insert(_SESSION), row)

    def open(
        self, connection: Connection, vault_id: VaultId, session_id: SessionId, secret: SessionSecret, now: datetime
    ) -> tuple[Keyring, SessionRow]:
        """The unlocked vault and the session; Unauthenticated if it ended, expired or the secret is another."""
        row = connection.execute(_open_query(vault_id, session_id)).one_or_none()
        if row is None or now >= row.expires_at or row.generation != row.manifest_generation:
            raise Unauthenticated
        context = session_context(vault_id, session_id, row.generation)
        if row.wrapped[:1] != bytes((SUITE,)):
            raise Tampered
        try:
            raw = unwrap_committed(secret.raw, context, row.wrapped[1:])
        except WrongSecret:
            raise Unauthenticated from None
        keyring = checked_keyring(decode(row.body), row.body, row.mac, raw[:32], raw[32:], previous=previous_of(row))
        if (keyring.vault_id, keyring.generation) != (vault_id, row.generation):
            raise Tampered
        lent = None if row.lent_grant is None else GrantId(row.lent_grant)
        shown = {name: getattr(row, name) for name in _SHOWN}
        if row.kind == TOKEN:
            shown["details"] = _opened(keyring, session_id, row.details)
        return keyring, SessionRow(
            vault_id, session_id, AccountId(row.account_id), row.generation, lent_grant=lent, **shown
        )

    def mark_lent(
        self, connection: Connection, vault_id: VaultId, session_id: SessionId, grant_id: GrantId | None
    ) -> None:
        """Set or take away what this session is lent for. Unauthenticated if it has ended."""
        self._change(connection, vault_id, session_id, lent_grant=grant_id)

    def mark_acting(
        self, connection: Connection, vault_id: VaultId, session_id: SessionId, acting_vault: VaultId | None
    ) -> None:
        """From now on it works in the vault of somebody whom its holder looks after; None: in their own."""
        self._change(connection, vault_id, session_id, acting_vault=acting_vault)

    def renew(self, connection: Connection, keyring: Keyring, session_id: SessionId) -> str:
        """Another token for the same session, after its holder proved who they are; nothing more is due.

        The old token opens nothing any more. Unauthenticated if the session has ended or is a program's.
        """
        secret = SessionSecret.make()
        wrapped, now = keyring.wrap_for_session(session_id, secret), self._clock.now()
        mine = (_SESSION.c.vault_id == keyring.vault_id) & (_SESSION.c.session_id == session_id)
        mine &= (_SESSION.c.generation == keyring.generation) & (_SESSION.c.kind == SESSION)
        changed = update(_SESSION).where(mine).values(wrapped=wrapped, proven_at=now, awaits="")
        if connection.execute(changed).rowcount != 1:
            raise Unauthenticated
        return make_token(keyring.vault_id, session_id, secret)

    def list(self, connection: Connection, keyring: Keyring, kind: str) -> tuple[SessionLine, ...]:
        """The sessions of one kind that haven't expired. Tampered if their details were changed."""
        mine = (_SESSION.c.vault_id == keyring.vault_id) & (_SESSION.c.generation == keyring.generation)
        mine &= (_SESSION.c.kind == kind) & (_SESSION.c.expires_at > self._clock.now())
        columns = ("session_id", "created_at", "expires_at", "last_used_at", "scopes")
        rows = connection.execute(select(*(_SESSION.c[name] for name in columns), _SESSION.c.details).where(mine))
        return tuple(
            SessionLine(
                session_id=SessionId(row.session_id),
                created_at=row.created_at,
                expires_at=row.expires_at,
                last_used_at=row.last_used_at,
                scopes=row.scopes,
                details=_opened(keyring, row.session_id, row.details),
            )
            for row in rows
        )

    def note_use(self, connection: Connection, vault_id: VaultId, session_id: SessionId) -> None:
        """One conditional statement: several at once write once."""
        now = self._clock.now()
        mine = (_SESSION.c.vault_id == vault_id) & (_SESSION.c.session_id == session_id)
        stale = or_(_SESSION.c.last_used_at.is_(None), _SESSION.c.last_used_at <= now - USE_IS_NOTED_EVERY)
        connection.execute(update(_SESSION).where(mine, stale).values(last_used_at=now))

    def end(self, connection: Connection, vault_id: VaultId, session_id: SessionId, kind: str | None = None) -> int:
        """Sign out: the wrap is gone, so the token opens nothing. 1 if it was there, and of this kind; 0 else."""
        gone = (_SESSION.c.vault_id == vault_id) & (_SESSION.c.session_id == session_id)
        if kind is not None:
            gone &= _SESSION.c.kind == kind
        return connection.execute(delete(_SESSION).where(gone)).rowcount

    def end_all(
        self, connection: Connection, vault_id: VaultId, keep: SessionId | None = None, kind: str | None = None
    ) -> int:
        """Sign out everywhere, or everywhere else; the number that ended. Of both kinds, unless ``kind`` names one."""
        gone = _SESSION.c.vault_id == vault_id
        if keep is not None:
            gone &= _SESSION.c.session_id != keep
        if kind is not None:
            gone &= _SESSION.c.kind == kind
        return connection.execute(delete(_SESSION).where(gone)).rowcount

    def end_expired(self, connection: Connection, now: datetime) -> int:
        """Sweep; expired ones were refused already."""
        return connection.execute(delete(_SESSION).where(_SESSION.c.expires_at <= now)).rowcount

    def _change(self, connection: Connection, vault_id: VaultId, session_id: SessionId, **columns: object) -> None:
        mine = (_SESSION.c.vault_id == vault_id) & (_SESSION.c.session_id == session_id)
        if connection.execute(update(_SESSION).where(mine).values(**columns)).rowcount != 1:
            raise Unauthenticated


def _opened(keyring: Keyring, session_id: bytes, details: bytes | None) -> dict[str, str]:
    if details is None:
        return {}
    opened: dict[str, str] = json.loads(keyring.unwrap("session-details/1", session_id, details))
    return opened


def _open_query(vault_id: VaultId, session_id: SessionId) -> Any:
    return (
        select(
            _SESSION.c.account_id,
            _SESSION.c.generation,
            _SESSION.c.wrapped,
            _SESSION.c.lent_grant,
            *(_SESSION.c[name] for name in _SHOWN),
            _SESSION.c.details,
            _MANIFEST.c.generation.label("manifest_generation"),
            _MANIFEST.c.body,
            _MANIFEST.c.mac,
            *previous_columns(),
        )
        .join(_MANIFEST, _MANIFEST.c.vault_id == _SESSION.c.vault_id)
        .outerjoin(_PREVIOUS, _PREVIOUS.c.vault_id == _SESSION.c.vault_id)
        .where(_SESSION.c.vault_id == vault_id, _SESSION.c.session_id == session_id)
    )
