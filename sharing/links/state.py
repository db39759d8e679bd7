"""One link as it is stored: found by what its address says, read in one look, locked while an open is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from sharing.consent.admit import LinkState, is_locked, is_used_up, shut_by
from sharing.links.passcodes import PasscodeHash
from sharing.links.shlink import link_digest
from sharing.tables import KeyLinkRow, LinkAddressRow, StoredGrant
from vault.database import table_of
from vault.ids import GrantId, VaultId

_GRANT = table_of(StoredGrant)
_KEY = table_of(KeyLinkRow)
_ADDRESS = table_of(LinkAddressRow)
_COLUMNS = (
    _GRANT.c.version,
    _GRANT.c.starts_at,
    _GRANT.c.ends_at,
    _GRANT.c.withdrawn_at,
    _GRANT.c.frozen_at,
    _GRANT.c.opens,
    _GRANT.c.max_opens,
    _GRANT.c.tries,
    _GRANT.c.passcode_salt,
    _GRANT.c.passcode_hash,
    _GRANT.c.actions,
    _GRANT.c.files,
    _GRANT.c.set_digest,
)


@dataclass(frozen=True, slots=True, repr=False)
class StoredLink:
    """``serving_key`` is wrapped; None once it is destroyed. ``files`` counts them; ``set_digest`` binds them."""

    vault_id: VaultId
    grant_id: GrantId
    version: int
    state: LinkState
    passcode: PasscodeHash | None
    files: int
    set_digest: bytes
    serving_key: bytes | None


def find_link(connection: Connection, link_id: str) -> StoredLink | None:
    """The link of that address, whatever its state; None for an unknown or malformed id."""
    query = select(_ADDRESS.c.vault_id, _ADDRESS.c.grant_id).where(_ADDRESS.c.link_digest == link_digest(link_id))
    found = connection.execute(query).one_or_none()
    return None if found is None else read_link(connection, VaultId(found.vault_id), GrantId(found.grant_id))


def read_link(connection: Connection, vault_id: VaultId, grant_id: GrantId, lock: bool = False) -> StoredLink | None:
    """One link as it is now. ``lock``: nobody else counts an open of it until this transaction ends."""
    query: Select[Any] = select(*_COLUMNS).where(_GRANT.c.vault_id == vault_id, _GRANT.c.grant_id == grant_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return None
    keys = select(_KEY.c.serving_key).where(_KEY.c.vault_id == vault_id, _KEY.c.grant_id == grant_id)
    serving_key = connection.execute(keys).scalar_one_or_none()
    return StoredLink(
        vault_id=vault_id,
        grant_id=grant_id,
        version=row.version,
        state=link_state(row, has_keys=serving_key is not None),
        passcode=None if row.passcode_hash is None else PasscodeHash(row.passcode_salt, row.passcode_hash),
        files=row.files,
        set_digest=row.set_digest,
        serving_key=serving_key,
    )


def link_state(row: Row[Any], has_keys: bool) -> LinkState:
    """What ``admit`` looks at, from a row with the columns of ``grant``."""
    return LinkState(
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        withdrawn_at=row.withdrawn_at,
        has_keys=has_keys,
        needs_passcode=row.passcode_hash is not None,
        tries=row.tries,
        opens=row.opens,
        max_opens=row.max_opens,
        actions=frozenset(row.actions.split(",")),
        frozen_at=row.frozen_at,
    )


def state_word(state: LinkState, now: datetime) -> str:
    """``active``, ``withdrawn``, ``expired``, ``frozen``, ``used-up`` or ``locked``, for the citizen."""
    shut = shut_by(state, now)
    if shut is not None:
        return shut.value
    if is_used_up(state):
        return "used-up"
    return "locked" if is_locked(state) else "active"
