"""What their owner knows of each slot: its name, and whether its recovery code was kept. One sealed paper a vault.

The paper counts in freshness like every other. A recovery code counts only once its last group was typed, so that group
is kept here. docs/specs/slot-notes.md.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from vault.clock import Clock
from vault.crypto.slots import SlotKind
from vault.errors import Tampered
from vault.ids import PaperId, SlotId
from vault.keys.recovery_code import last_group
from vault.papers import Papers, Prepared

if TYPE_CHECKING:
    from vault.keys.keyring import Keyring
    from vault.keys.manifest import Manifest

PAPER = PaperId(b"paper:recovery\0\0")
PURPOSE = "recovery-check"


@dataclass(frozen=True, slots=True)
class SlotNote:
    """``last_group`` and ``confirmed`` are a recovery code's; ``name`` is empty until its owner gives one."""

    name: str = ""
    last_group: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class SlotNotes:
    """The notes of one vault; ``version`` is that of their paper, 0 before there is one."""

    version: int
    notes: Mapping[SlotId, SlotNote]

    def of(self, slot_id: SlotId) -> SlotNote:
        """The note of a slot; an empty one if there is none."""
        return self.notes.get(slot_id, SlotNote())

    def noting(self, slot_id: SlotId, note: SlotNote) -> SlotNotes:
        return replace(self, notes={**self.notes, slot_id: note})

    def noting_code(self, slot_id: SlotId, code: str, name: str = "") -> SlotNotes:
        """With a new recovery code, not confirmed yet."""
        return self.noting(slot_id, SlotNote(name, last_group(code), confirmed=False))

    def without(self, gone: Collection[SlotId]) -> SlotNotes:
        return replace(self, notes={each: note for each, note in self.notes.items() if each not in gone})

    @property
    def has_confirmed_code(self) -> bool:
        return any(note.last_group and note.confirmed for note in self.notes.values())


def read_slot_notes(connection: Connection, keyring: Keyring, manifest: Manifest) -> SlotNotes:
    """The notes in force; ``manifest`` is the vault's own, checked. Tampered."""
    paper = Papers(keyring).read(connection, PAPER, PURPOSE)
    stated = json.loads(paper.data)
    if "slots" in stated:
        return SlotNotes(
            paper.version, {SlotId(bytes.fromhex(each)): SlotNote(**n) for each, n in stated["slots"].items()}
        )
    return SlotNotes(paper.version, _first_format(stated, manifest))


def prepare_slot_notes(keyring: Keyring, notes: SlotNotes, clock: Clock) -> Prepared:
    """Seal the notes as the next version of their paper; the caller stores it and moves freshness."""
    slots = {slot_id.hex(): _stated(note) for slot_id, note in notes.notes.items()}
    data = json.dumps({"slots": slots}).encode()
    return Papers(keyring).prepare(PURPOSE, data, clock.now(), PAPER, notes.version + 1)


def _stated(note: SlotNote) -> dict[str, Any]:
    return {"name": note.name, "last_group": note.last_group, "confirmed": note.confirmed}


def _first_format(stated: Mapping[str, Any], manifest: Manifest) -> dict[SlotId, SlotNote]:
    """The first release knew one recovery code a vault and no names."""
    codes = manifest.listed(SlotKind.RECOVERY_CODE)
    if len(codes) != 1:
        raise Tampered
    return {codes[0].slot_id: SlotNote("", stated["last_group"], stated["confirmed"])}
