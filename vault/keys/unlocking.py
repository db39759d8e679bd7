"""Opening a vault: by passphrase, by recovery code, by the bearer token of a session.

The token is the key: the server stores only a wrap of the vault key under it, so that sign-out is one deleted row
and nothing stays in memory between requests. An unknown account opens a dummy slot: same work, same answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from vault.clock import Clock, SystemClock
from vault.crypto.passphrases import MAX_CHARACTERS, Cost
from vault.crypto.sealing import open_sealed, public_key_of
from vault.crypto.secret import PrivateKeyVK, SessionSecret, VaultKey
from vault.crypto.slots import SlotKind, WrongSecret, unwrap_committed, unwrap_seed
from vault.crypto.tokens import make_token
from vault.database import Database, table_of
from vault.errors import Tampered, Unauthenticated
from vault.ids import AccountId, GrantId, Pseudonym, SessionId, VaultId, make_id
from vault.keys.enrolment import make_vault
from vault.keys.keyring import SUITE, Keyring, session_context, slot_info
from vault.keys.manifest import Manifest, decode
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.recovery_code import parse_recovery_code
from vault.keys.slots import PassphraseParameters, bind_slot, derive_passphrase_secret, make_slot
from vault.keys.stored import StoredKeys, StoredSlot, read_keys
from vault.keys.tables import KeyManifest, KeySession

__all__ = ["SessionRow", "Unlocking", "WrongSecret"]

_MANIFEST = table_of(KeyManifest)
_SESSION = table_of(KeySession)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Who is signed in, and until when. ``lent_grant``: the only grant that may be seen meanwhile."""

    vault_id: VaultId
    session_id: SessionId
    account_id: AccountId
    generation: int
    created_at: datetime
    expires_at: datetime
    lent_grant: GrantId | None


class Unlocking:
    """``cost`` is that of new slots: the dummy slot of unknown accounts costs as much."""

    def __init__(
        self, database: Database, provider: KeyProvider, cost: Cost = Cost.STANDARD, clock: Clock | None = None
    ) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock or SystemClock()
        self._dummy = _make_dummy(provider, cost, self._clock.now())

    def by_passphrase(self, vault_id: VaultId | None, passphrase: str) -> Keyring:
        """The unlocked vault; slow. WrongSecret for a wrong passphrase or None, Tampered, KeysUnavailable."""
        too_long = len(passphrase) > 4 * MAX_CHARACTERS
        # Nobody has so long a one, and its length must not cost us: a part of it is as wrong, on the dummy slot.
        typed, vault_id = (passphrase[:MAX_CHARACTERS], None) if too_long else (passphrase, vault_id)

        def secret_of(slot: StoredSlot) -> bytes:
            return derive_passphrase_secret(self._provider, PassphraseParameters.decode(slot.parameters), typed)

        return self._unlock(vault_id, SlotKind.PASSPHRASE, secret_of)

    def by_recovery_code(self, vault_id: VaultId | None, code: str) -> Keyring:
        """The unlocked vault. WrongSecret for a wrong or malformed code or None, Tampered."""
        try:
            secret = parse_recovery_code(code)
        except WrongSecret:
            secret = os.urandom(20)
        return self._unlock(vault_id, SlotKind.RECOVERY_CODE, lambda _slot: secret)

    def prepare_session(
        self, keyring: Keyring, account_id: AccountId, expires_at: datetime
    ) -> tuple[str, dict[str, Any]]:
        """A new bearer token, and the ``key_session`` row that it opens."""
        session_id, secret = SessionId(make_id()), SessionSecret.make()
        row = {
            "vault_id": keyring.vault_id,
            "session_id": session_id,
            "account_id": account_id,
            "generation": keyring.generation,
            "wrapped": keyring.wrap_for_session(session_id, secret),
            "created_at": self._clock.now(),
            "expires_at": expires_at,
        }
        return make_token(keyring.vault_id, session_id, secret), row

    def store_session(self, connection: Connection, row: dict[str, Any]) -> None:
        """Insert what ``prepare_session`` made."""
        connection.execute(insert(_SESSION), row)

    def open_session(
        self, connection: Connection, vault_id: VaultId, session_id: SessionId, secret: SessionSecret, now: datetime
    ) -> tuple[Keyring, SessionRow]:
        """The unlocked vault and the session; Unauthenticated if it ended, expired or the secret is another."""
        row = connection.execute(_open_session_query(vault_id, session_id)).one_or_none()
        if row is None or now >= row.expires_at or row.generation != row.manifest_generation:
            raise Unauthenticated
        context = session_context(vault_id, session_id, row.generation)
        if row.wrapped[:1] != bytes((SUITE,)):
            raise Tampered
        try:
            raw = unwrap_committed(secret.raw, context, row.wrapped[1:])
        except WrongSecret:
            raise Unauthenticated from None
        keyring = _checked_keyring(decode(row.body), row.body, row.mac, raw[:32], raw[32:])
        if (keyring.vault_id, keyring.generation) != (vault_id, row.generation):
            raise Tampered
        account_id = AccountId(row.account_id)
        lent = None if row.lent_grant is None else GrantId(row.lent_grant)
        when = (row.created_at, row.expires_at)
        return keyring, SessionRow(vault_id, session_id, account_id, row.generation, *when, lent)

    def mark_lent(
        self, connection: Connection, vault_id: VaultId, session_id: SessionId, grant_id: GrantId | None
    ) -> None:
        """Set or take away what this session is lent for. Unauthenticated if it has ended."""
        mine = (_SESSION.c.vault_id == vault_id) & (_SESSION.c.session_id == session_id)
        if connection.execute(update(_SESSION).where(mine).values(lent_grant=grant_id)).rowcount != 1:
            raise Unauthenticated

    def end_session(self, connection: Connection, vault_id: VaultId, session_id: SessionId) -> None:
        """Sign out: the wrap is gone, so the token opens nothing."""
        gone = (_SESSION.c.vault_id == vault_id) & (_SESSION.c.session_id == session_id)
        connection.execute(delete(_SESSION).where(gone))

    def end_all_sessions(self, connection: Connection, vault_id: VaultId, keep: SessionId | None = None) -> int:
        """Sign out everywhere, or everywhere else; the number of sessions that ended."""
        gone = _SESSION.c.vault_id == vault_id
        if keep is not None:
            gone &= _SESSION.c.session_id != keep
        return connection.execute(delete(_SESSION).where(gone)).rowcount

    def end_expired_sessions(self, connection: Connection, now: datetime) -> int:
        """Sweep; expired ones were refused already."""
        return connection.execute(delete(_SESSION).where(_SESSION.c.expires_at <= now)).rowcount

    def _unlock(self, vault_id: VaultId | None, kind: SlotKind, secret_of: Callable[[StoredSlot], bytes]) -> Keyring:
        with self._database.read() as connection:
            # The unknown account asks the database too: an answer must not be quicker for it.
            stored = read_keys(connection, vault_id or VaultId(make_id()))
        stored = stored or self._dummy
        manifest = stored.open_manifest(self._provider)
        slot = stored.slot_for(manifest, kind)
        keyring = _open_slot(stored, manifest, slot, kind, secret_of(slot))
        if stored is self._dummy:
            raise WrongSecret
        return keyring


def _open_slot(stored: StoredKeys, manifest: Manifest, slot: StoredSlot, kind: SlotKind, secret: bytes) -> Keyring:
    binding = bind_slot(kind, manifest.vault_id, slot.slot_id, slot.parameters)
    seed = unwrap_seed(secret, binding, slot.wrapped_seed)
    if public_key_of(seed) != slot.public_key:
        raise Tampered
    raw = (
        open_sealed(seed, slot_info(label, manifest.vault_id, slot.slot_id, manifest.generation), sealed)
        for label, sealed in (("vk/1", slot.sealed_vault_key), ("vk-private/1", slot.sealed_private_key))
    )
    return _checked_keyring(manifest, stored.body, stored.mac, *raw)


def _checked_keyring(manifest: Manifest, body: bytes, mac: bytes, vault_key: bytes, private_key: bytes) -> Keyring:
    if len(vault_key) != 32 or len(private_key) != 32:
        raise Tampered
    keys = VaultKey(vault_key), PrivateKeyVK(private_key)
    keyring = Keyring(manifest.vault_id, manifest.generation, Pseudonym(manifest.pseudonym), *keys)
    keyring.check_manifest(body, mac)
    return keyring


def _open_session_query(vault_id: VaultId, session_id: SessionId) -> Any:
    return (
        select(
            _SESSION.c.account_id,
            _SESSION.c.generation,
            _SESSION.c.wrapped,
            _SESSION.c.created_at,
            _SESSION.c.expires_at,
            _SESSION.c.lent_grant,
            _MANIFEST.c.generation.label("manifest_generation"),
            _MANIFEST.c.body,
            _MANIFEST.c.mac,
        )
        .join(_MANIFEST, _MANIFEST.c.vault_id == _SESSION.c.vault_id)
        .where(_SESSION.c.vault_id == vault_id, _SESSION.c.session_id == session_id)
    )


def _make_dummy(provider: KeyProvider, cost: Cost, now: datetime) -> StoredKeys:
    """A vault in memory whose slots nobody has the secrets of; made without the slow stretching."""
    keyring = Keyring(VaultId(make_id()), 1, Pseudonym(make_id()), VaultKey.make(), PrivateKeyVK.make())
    pepper_id = bytes.fromhex(provider.key_ids()[Purpose.PEPPER])
    parameters = PassphraseParameters(cost, os.urandom(16), pepper_id)
    slots = (
        make_slot(keyring, SlotKind.PASSPHRASE, os.urandom(32), now, parameters),
        make_slot(keyring, SlotKind.RECOVERY_CODE, os.urandom(20), now),
    )
    rows = make_vault(provider, keyring, "", slots).rows
    manifest = rows["key_manifest"][0]
    stored = tuple(StoredSlot(**{name: row[name] for name in StoredSlot.__slots__}) for row in rows["key_slot"])
    delivery = {row["number"]: row["public_key"] for row in rows["key_ring"]}
    return StoredKeys(keyring.vault_id, manifest["body"], manifest["signature"], manifest["mac"], stored, delivery)
