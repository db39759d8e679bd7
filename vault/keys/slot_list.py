"""The slots of a vault as its owner may see them, and when each was last used.

That time is a convenience in the clear, kept to the full hour; nothing is decided by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from vault.crypto.slots import SlotKind
from vault.database import table_of
from vault.ids import SlotId
from vault.keys.keyring import Keyring
from vault.keys.manifest import Manifest
from vault.keys.tables import KeySlot

_SLOT = table_of(KeySlot)


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One slot. ``last_used_at`` is coarse: the full hour."""

    slot_id: SlotId
    kind: SlotKind
    created_at: datetime
    last_used_at: datetime | None


def list_slots(connection: Connection, manifest: Manifest) -> tuple[SlotLine, ...]:
    """The slots that a checked manifest lists, oldest first."""
    columns = (_SLOT.c.slot_id, _SLOT.c.created_at, _SLOT.c.last_used_at)
    rows = connection.execute(select(*columns).where(_SLOT.c.vault_id == manifest.vault_id))
    times = {row.slot_id: (row.created_at, row.last_used_at) for row in rows}
    lines = (SlotLine(slot.slot_id, slot.kind, *times[slot.slot_id]) for slot in manifest.slots)
    return tuple(sorted(lines, key=lambda line: (line.created_at, line.slot_id)))


def note_use(connection: Connection, keyring: Keyring, now: datetime) -> None:
    """A slot has just opened this vault; one statement, which writes at most once an hour."""
    if keyring.opened_by is None:
        return
    hour = now.replace(minute=0, second=0, microsecond=0)
    mine = (_SLOT.c.vault_id == keyring.vault_id) & (_SLOT.c.slot_id == keyring.opened_by)
    stale = or_(_SLOT.c.last_used_at.is_(None), _SLOT.c.last_used_at < hour)
    connection.execute(update(_SLOT).where(mine, stale).values(last_used_at=hour))
