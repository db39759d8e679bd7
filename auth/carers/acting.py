"""Acting for somebody: the vault that a carer's session works in, and what it may do there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from auth.carers.people import Colour, read_people
from auth.carers.powers import Power, read_carers
from vault import freshness
from vault.audit.events import Role as LogRole
from vault.audit.events import Trail
from vault.errors import NotFound, Tampered
from vault.founding import read_profile
from vault.ids import VaultId
from vault.keys.caring import open_as_carer
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider


@dataclass(frozen=True, slots=True)
class Acting:
    """For whom a carer acts. ``carer_vault_id`` is the carer's own vault, where their session lives."""

    carer_vault_id: VaultId
    name: str
    colour: Colour
    powers: frozenset[Power]
    holds: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody else's vault, unlocked for one request of a carer."""

    keyring: Keyring
    trail: Trail
    acting: Acting


def open_for_carer(connection: Connection, provider: KeyProvider, own: Keyring, vault_id: VaultId) -> Opened:
    """The vault, the trail "P for S", and what may be done. NotFound once they look after this person no more.

    Needs ``Database.read()``. Tampered where rows were brought back: a removed carer's slot with all that goes with it.
    """
    keyring = open_as_carer(connection, provider, own, vault_id)
    if keyring.opened_by is None:
        raise Tampered
    freshness.verify(connection, keyring)
    carer = read_carers(connection, keyring).by_slot(keyring.opened_by)
    if carer.vault_id != own.vault_id:
        raise NotFound
    person = read_people(connection, own).get(vault_id)
    trail = Trail(vault_id, keyring.pseudonym, own.pseudonym, LogRole.CARER)
    name = person.name or read_profile(connection, keyring).name
    acting = Acting(own.vault_id, name, person.colour, carer.powers, carer.holds)
    return Opened(keyring, trail, acting)
