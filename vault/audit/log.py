"""Writing the log: an entry commits with what it records, or nothing happens. Whatever fails here is LogUnavailable.

``append`` takes the caller's transaction. ``refuse`` opens its own, because a refusal must survive the rollback of
what it refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select

from vault.audit.events import Entry, Trail
from vault.audit.floods import count_refusal, is_flooded, take_closed_minutes
from vault.audit.leaf import ACCOUNT_TAG, NO_GRANT, NONE_DIGEST, SUBJECT_TAG, Leaf, encode_leaf
from vault.audit.parts import make_part
from vault.audit.tables import AuditAccount, AuditEntry, AuditSubject, Installation
from vault.audit.trails import AccountKeys, operator_trail, trail_of
from vault.clock import Clock, from_microseconds, to_microseconds
from vault.database import Database, table_of
from vault.errors import LogUnavailable
from vault.ids import EntryId, GrantId, make_id
from vault.keys.generations import KeysChanged
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider

_ENTRY = table_of(AuditEntry)
_SUBJECT = table_of(AuditSubject)
_ACCOUNT = table_of(AuditAccount)
_INSTALLATION = table_of(Installation)


class Log:
    """One per process: it keeps accountability keys for some minutes."""

    trail_of = staticmethod(trail_of)
    operator_trail = staticmethod(operator_trail)

    def __init__(self, provider: KeyProvider, clock: Clock) -> None:
        self._account_keys = AccountKeys(provider, clock)
        self._clock = clock

    def append(self, connection: Connection, trail: Trail, entry: Entry, keyring: Keyring | None = None) -> EntryId:
        """One entry in this transaction; LogUnavailable for any failure, and then the caller must disclose nothing.

        The subject part needs the ``keyring`` of the trail's vault; without one it is left out.
        """
        with _or_unavailable():
            entry_id = EntryId(make_id())
            subject = self._make_subject(connection, trail, entry, entry_id, keyring)
            account = self._make_account(connection, trail, entry, entry_id)
            leaf = self._leaf(trail, entry, entry_id, subject[0], account[0])
            connection.execute(_ENTRY.insert(), _row(trail, leaf))
            owner = {"vault_id": trail.vault_id, "entry_id": entry_id}
            if keyring is not None and subject[1]:
                sealed = {"generation": keyring.generation, "sealed": subject[1]}
                connection.execute(_SUBJECT.insert(), owner | sealed)
            if account[1]:
                connection.execute(_ACCOUNT.insert(), owner | {"sealed": account[1]})
        return entry_id

    def refuse(
        self,
        database: Database,
        trail: Trail,
        entry: Entry,
        keyring: Keyring | None = None,
        beside: Callable[[Connection, EntryId | None], object] | None = None,
    ) -> EntryId | None:
        """Log a refusal in a transaction of its own; None if it was only counted (see ``floods``).

        ``beside`` is called in the same transaction, with what this returns.
        """
        with _or_unavailable(), database.write() as connection:
            unknown = connection.execute(select(_INSTALLATION.c.vault_id)).scalar_one_or_none() == trail.vault_id
            entry_id = None
            if unknown or is_flooded(connection, trail, entry, self._clock.now()):
                self.count_flood(connection, trail, entry.reason, entry.grant_id)
            else:
                entry_id = self.append(connection, trail, entry, keyring)
            if beside is not None:
                beside(connection, entry_id)
        return entry_id

    def count_flood(self, connection: Connection, trail: Trail, kind: str, grant_id: GrantId | None = None) -> None:
        """Count one refusal; ``kind`` is its reason code. Its minute becomes one entry once it is over."""
        with _or_unavailable():
            count_refusal(connection, trail, kind, grant_id, self._clock.now())

    def flush_floods(self, database: Database) -> int:
        """Log every closed minute, one entry per kind; how many. Safe to run anywhere, at any time."""
        logged = 0
        with _or_unavailable():
            while True:
                with database.write() as connection:
                    minutes = take_closed_minutes(connection, self._clock.now())
                    for minute in minutes:
                        self.append(connection, minute.trail, minute.entry)
                if not minutes:
                    return logged
                logged += len(minutes)

    def _make_subject(
        self, connection: Connection, trail: Trail, entry: Entry, entry_id: EntryId, keyring: Keyring | None
    ) -> tuple[bytes, bytes | None]:
        if entry.subject is None or keyring is None:
            return NONE_DIGEST, None
        if keyring.vault_id != trail.vault_id:
            raise ValueError("a keyring of another vault")
        key = keyring.log_key(connection, trail.pseudonym)
        return make_part(SUBJECT_TAG, key, trail.vault_id, entry_id, entry.subject)

    def _make_account(
        self, connection: Connection, trail: Trail, entry: Entry, entry_id: EntryId
    ) -> tuple[bytes, bytes | None]:
        if entry.accountability is None:
            return NONE_DIGEST, None
        key = self._account_keys.get(connection, trail.vault_id, trail.pseudonym)
        return make_part(ACCOUNT_TAG, key, trail.vault_id, entry_id, entry.accountability)

    def _leaf(self, trail: Trail, entry: Entry, entry_id: EntryId, of_subject: bytes, of_account: bytes) -> Leaf:
        return Leaf(
            entry_id=entry_id,
            at=to_microseconds(self._clock.now()),
            subject=trail.pseudonym,
            actor=trail.actor,
            role=trail.role,
            event=entry.event,
            outcome=entry.outcome,
            reason=entry.reason,
            grant_id=entry.grant_id or NO_GRANT,
            grant_version=entry.grant_version,
            count=entry.count,
            digest=entry.digest or NONE_DIGEST,
            subject_commitment=of_subject,
            account_commitment=of_account,
        )


def _row(trail: Trail, leaf: Leaf) -> dict[str, Any]:
    return {
        "vault_id": trail.vault_id,
        "entry_id": leaf.entry_id,
        "leaf": encode_leaf(leaf),
        "at": from_microseconds(leaf.at),
        "event": str(leaf.event),
        "outcome": str(leaf.outcome),
        "reason": str(leaf.reason),
        "grant_id": None if leaf.grant_id == NO_GRANT else leaf.grant_id,
        "count": leaf.count,
        "pseudonym": leaf.subject,
        "actor": leaf.actor,
    }


@contextmanager
def _or_unavailable() -> Iterator[None]:
    """No log, no look: any failure at all is the same refusal, but for keys that changed under somebody's hands."""
    try:
        yield
    except (LogUnavailable, KeysChanged):
        raise
    except Exception as failure:
        raise LogUnavailable from failure
