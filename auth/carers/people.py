"""Those whom one person looks after, as a sealed paper of the carer's own vault."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from vault.clock import Clock
from vault.errors import NotFound
from vault.ids import PaperId, VaultId
from vault.keys.keyring import Keyring
from vault.papers import Papers, Prepared

PEOPLE: Final = PaperId(b"paper:lookafter\0")
PURPOSE: Final = "looked-after"
MOST_PEOPLE: Final = 20
REVIEW_AGES: Final = (11, 13, 16)


class Colour(StrEnum):
    """Of the banner on every page; beside the name, never instead of it."""

    TEAL = "teal"
    PLUM = "plum"
    AMBER = "amber"
    BLUE = "blue"
    ROSE = "rose"


@dataclass(frozen=True, slots=True)
class LookedAfter:
    """``name`` is empty until the vault was opened once. ``told_at_age``: of the last review that was settled.

    ``reminder_id``: under which reminders of this person wait; empty before their birth date is known.
    """

    vault_id: VaultId
    name: str
    birth_date: str
    colour: Colour
    holds: bool
    told_at_age: int = 0
    reminder_id: str = ""

    def review_due(self, today: date) -> int:
        """The age of 11, 13 or 16 that was reached since the last review was settled; 0 if none was."""
        if not self.birth_date:
            return 0
        reached = [age for age in REVIEW_AGES if age_at(self.birth_date, today) >= age > self.told_at_age]
        return max(reached, default=0)


@dataclass(frozen=True, slots=True)
class People:
    """``version`` is the paper's."""

    version: int = 0
    people: tuple[LookedAfter, ...] = ()

    def get(self, vault_id: VaultId) -> LookedAfter:
        """NotFound for somebody else's."""
        found = next((each for each in self.people if each.vault_id == vault_id), None)
        if found is None:
            raise NotFound
        return found

    def next_colour(self) -> Colour:
        """One that nobody has yet, while there is one."""
        used = {each.colour for each in self.people}
        return next((colour for colour in Colour if colour not in used), Colour.TEAL)


def age_at(birth_date: str, today: date) -> int:
    """Whole years."""
    born = date.fromisoformat(birth_date)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def read_people(connection: Connection, keyring: Keyring) -> People:
    """Nobody where the paper was never written. Tampered."""
    try:
        paper = Papers(keyring).read(connection, PEOPLE, PURPOSE)
    except NotFound:
        return People()
    people = tuple(
        LookedAfter(
            VaultId(bytes.fromhex(each["vault"])),
            each["name"],
            each["birth_date"],
            Colour(each["colour"]),
            each["holds"],
            each["told_at_age"],
            each.get("reminder_id", ""),
        )
        for each in json.loads(paper.data)["people"]
    )
    return People(paper.version, people)


def prepare_people(keyring: Keyring, people: People, clock: Clock) -> Prepared:
    """The paper's next version, to be exchanged for the stored one."""
    said = [
        {
            "vault": each.vault_id.hex(),
            "name": each.name,
            "birth_date": each.birth_date,
            "colour": each.colour,
            "holds": each.holds,
            "told_at_age": each.told_at_age,
            "reminder_id": each.reminder_id,
        }
        for each in people.people
    ]
    data = json.dumps({"people": said}).encode()
    return Papers(keyring).prepare(PURPOSE, data, clock.now(), PEOPLE, people.version + 1)
