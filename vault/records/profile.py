"""Whose records they are: name and birth date, as a sealed paper of the vault."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection

from vault.clock import Clock
from vault.errors import NotFound
from vault.ids import PaperId
from vault.keys.keyring import Keyring
from vault.papers import Papers, Prepared

PROFILE: Final = PaperId(b"paper:profile\0\0\0")
PURPOSE: Final = "profile"


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the vault's citizen is: display name, and birth date as ``YYYY-MM-DD``."""

    name: str
    birth_date: str


def prepare_profile(keyring: Keyring, profile: Profile, clock: Clock, version: int = 1) -> Prepared:
    """Seal the profile as version ``version`` of its paper."""
    data = json.dumps(asdict(profile), separators=(",", ":")).encode()
    return Papers(keyring).prepare(PURPOSE, data, clock.now(), PROFILE, version)


def read_profile(connection: Connection, keyring: Keyring) -> Profile:
    """NotFound where the vault has none (admins); Tampered."""
    return Profile(**json.loads(Papers(keyring).read(connection, PROFILE, PURPOSE).data))


def find_profile(connection: Connection, keyring: Keyring) -> Profile | None:
    """The profile, or None where the vault has none."""
    try:
        return read_profile(connection, keyring)
    except NotFound:
        return None
