"""Founding a vault: keys, freshness row, profile and recovery check, stored in one transaction.

The slot notes, a sealed paper, tell whether the citizen has shown that the recovery code was written down.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from vault import freshness
from vault.audit.trails import AlreadyRegistered, operator_trail, register_operator
from vault.clock import Clock
from vault.crypto.slots import SlotKind
from vault.database import Database
from vault.errors import LogUnavailable
from vault.ids import SlotId, VaultId
from vault.papers import Papers, Prepared
from vault.records.profile import Profile, prepare_profile, read_profile
from vault.slot_notes import SlotNotes, prepare_slot_notes

__all__ = [
    "Founded",
    "Founding",
    "Profile",
    "ensure_operator",
    "read_profile",
]

if TYPE_CHECKING:
    from vault.keys.enrolment import Enrolment, NewKeys
    from vault.keys.keyring import Keyring
    from vault.keys.slots import NewSlot


@dataclass(frozen=True, slots=True)
class Founded:
    """A vault that exists in memory only until ``store``."""

    vault_id: VaultId
    keyring: Keyring
    recovery_code: str
    new_keys: NewKeys
    papers: tuple[Prepared, ...]


class Founding:
    def __init__(self, enrolment: Enrolment, clock: Clock) -> None:
        self._enrolment = enrolment
        self._clock = clock

    def prepare(self, passphrase: str, profile: Profile | None) -> Founded:
        """Slow (Argon2id), outside any transaction. ``profile`` None: an account without records (admin, operator)."""
        return self._around(self._enrolment.prepare(passphrase), profile)

    def prepare_with(self, make_first: Callable[[Keyring], NewSlot], profile: Profile) -> Founded:
        """The same with another first way in than a passphrase."""
        return self._around(self._enrolment.prepare_with(make_first), profile)

    def prepare_looked_after(self, public_key: bytes, profile: Profile) -> Founded:
        """A vault that a carer's key opens, for somebody without an account. Tampered if it is no key."""
        return self._around(self._enrolment.prepare_looked_after(public_key), profile)

    def _around(self, keys: NewKeys, profile: Profile | None) -> Founded:
        slots = keys.rows["key_slot"]
        code_slot = next(SlotId(row["slot_id"]) for row in slots if row["kind"] == SlotKind.RECOVERY_CODE)
        notes = SlotNotes(0, {}).noting_code(code_slot, keys.recovery_code)
        papers = [prepare_slot_notes(keys.keyring, notes, self._clock)]
        if profile is not None:
            papers.append(prepare_profile(keys.keyring, profile, self._clock))
        return Founded(keys.vault_id, keys.keyring, keys.recovery_code, keys, tuple(papers))

    def store(self, connection: Connection, founded: Founded) -> None:
        """Everything in the caller's transaction: keys, papers, freshness."""
        self._enrolment.store(connection, founded.new_keys)
        terms = [founded.new_keys.header]
        for paper in founded.papers:
            Papers(founded.keyring).store(connection, paper)
            terms += paper.change.added
        freshness.begin(connection, founded.keyring, terms)


def ensure_operator(database: Database, founding: Founding) -> None:
    """The vault that entries of no citizen belong to. Nobody can open it: its passphrase is thrown away."""
    try:
        with database.read() as connection:
            operator_trail(connection)
        return
    except LogUnavailable:
        founded = founding.prepare(secrets.token_urlsafe(48), None)
    try:
        with database.write() as connection:
            founding.store(connection, founded)
            register_operator(connection, founded.vault_id, founded.keyring.pseudonym)
    except AlreadyRegistered:  # Another process was first.
        return
