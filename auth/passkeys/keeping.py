"""Stored passkeys: found by the digest of their id, counted at each use, removed with their slot."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from auth.passkeys.ceremonies import NewPasskey
from auth.passkeys.errors import PasskeyKnown, PasskeyRefused
from auth.tables import PasskeyRow
from vault.crypto.tokens import digest
from vault.database import table_of
from vault.ids import AccountId, SlotId, VaultId

_PASSKEY = table_of(PasskeyRow)


@dataclass(frozen=True, slots=True)
class Passkey:
    """``slot_id`` None: it signs in and opens nothing."""

    credential_id: bytes
    vault_id: VaultId
    account_id: AccountId
    slot_id: SlotId | None
    public_key: bytes
    sign_count: int
    created_at: datetime

    @property
    def name(self) -> str:
        """What stands for it in an address: hex of the digest of its id."""
        return name_of(self.credential_id).hex()


def find_passkey(connection: Connection, credential_id: bytes) -> Passkey | None:
    """The passkey of this id, whoever's it is."""
    row = connection.execute(
        select(_PASSKEY).where(_PASSKEY.c.credential_digest == name_of(credential_id))
    ).one_or_none()
    return None if row is None else _passkey(row)


def list_passkeys(connection: Connection, vault_id: VaultId) -> tuple[Passkey, ...]:
    """All of one account, oldest first."""
    query = select(_PASSKEY).where(_PASSKEY.c.vault_id == vault_id).order_by(_PASSKEY.c.created_at)
    return tuple(_passkey(row) for row in connection.execute(query))


def store_passkey(
    connection: Connection, new: NewPasskey, owner: tuple[VaultId, AccountId], slot_id: SlotId | None, now: datetime
) -> None:
    """``owner``: vault and account. PasskeyKnown if somebody has it already."""
    row = {
        "credential_digest": name_of(new.credential_id),
        "vault_id": owner[0],
        "account_id": owner[1],
        "slot_id": slot_id,
        "credential_id": new.credential_id,
        "public_key": new.public_key,
        "sign_count": new.sign_count,
        "created_at": now,
    }
    try:
        connection.execute(insert(_PASSKEY).values(row))
    except IntegrityError:
        raise PasskeyKnown from None


def count_use(connection: Connection, passkey: Passkey, sign_count: int) -> None:
    """Note the device's count; PasskeyRefused if another use came between: one of the two is a copy."""
    seen = (_PASSKEY.c.credential_digest == name_of(passkey.credential_id)) & (
        _PASSKEY.c.sign_count == passkey.sign_count
    )
    if connection.execute(update(_PASSKEY).where(seen).values(sign_count=sign_count)).rowcount != 1:
        raise PasskeyRefused


def drop_passkeys(connection: Connection, vault_id: VaultId, slot_ids: Collection[SlotId]) -> None:
    """Those of slots that go."""
    connection.execute(delete(_PASSKEY).where(_PASSKEY.c.vault_id == vault_id, _PASSKEY.c.slot_id.in_(list(slot_ids))))


def drop_passkey(connection: Connection, vault_id: VaultId, credential_digest: bytes) -> bool:
    """One that signs in alone; False if it is none of this account's."""
    mine = (_PASSKEY.c.vault_id == vault_id) & (_PASSKEY.c.credential_digest == credential_digest)
    return connection.execute(delete(_PASSKEY).where(mine, _PASSKEY.c.slot_id.is_(None))).rowcount == 1


def name_of(credential_id: bytes) -> bytes:
    """Under which it is found."""
    return digest("passkey/1", credential_id)


def _passkey(row: object) -> Passkey:
    each = row._mapping  # type: ignore[attr-defined]
    slot_id = None if each["slot_id"] is None else SlotId(each["slot_id"])
    return Passkey(
        each["credential_id"],
        VaultId(each["vault_id"]),
        AccountId(each["account_id"]),
        slot_id,
        each["public_key"],
        each["sign_count"],
        each["created_at"],
    )
