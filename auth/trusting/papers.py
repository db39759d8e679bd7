"""Whom a citizen trusts, and who trusts them: a sealed paper each, in their own vaults."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from vault.clock import Clock, from_microseconds, to_microseconds
from vault.crypto.secret import InvitationSecret
from vault.errors import NotFound
from vault.ids import InvitationId, PaperId, SlotId, VaultId
from vault.keys.invitations import TRUSTED, Invitation
from vault.keys.keyring import Keyring
from vault.papers import Papers, Prepared

MY_PERSON: Final = PaperId(b"paper:trusted\0\0\0")
MY_PURPOSE: Final = "trusted-person"
TRUSTED_BY: Final = PaperId(b"paper:trustedby\0")
BY_PURPOSE: Final = "trusted-by"


@dataclass(frozen=True, slots=True)
class TrustedPerson:
    """Who holds the one half, and how many days the server waits with the other."""

    slot_id: SlotId
    vault_id: VaultId
    name: str
    wait_days: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Invited:
    """An open invitation; ``called`` in the citizen's own words."""

    invitation: Invitation
    called: str
    wait_days: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class MyPerson:
    """There is one at most, and one invitation at most."""

    version: int = 0
    person: TrustedPerson | None = None
    invited: Invited | None = None


@dataclass(frozen=True, slots=True)
class TrustedBy:
    """Vaults whose trusted person this one's owner is, each with the name they gave it."""

    version: int = 0
    people: tuple[tuple[VaultId, str], ...] = ()


def read_my_person(connection: Connection, keyring: Keyring) -> MyPerson:
    """Nobody where the paper was never written. Tampered."""
    try:
        paper = Papers(keyring).read(connection, MY_PERSON, MY_PURPOSE)
    except NotFound:
        return MyPerson()
    said = json.loads(paper.data)
    person = _person(said["person"]) if said["person"] else None
    return MyPerson(paper.version, person, _invited(said["invited"], keyring.vault_id) if said["invited"] else None)


def prepare_my_person(keyring: Keyring, mine: MyPerson, clock: Clock) -> Prepared:
    """The paper's next version, to be exchanged for the stored one."""
    said: dict[str, Any] = {"person": None, "invited": None}
    if mine.person:
        each = mine.person
        said["person"] = {
            "slot": each.slot_id.hex(),
            "vault": each.vault_id.hex(),
            "name": each.name,
            "wait_days": each.wait_days,
            "since": to_microseconds(each.since),
        }
    if mine.invited:
        said["invited"] = {
            "invitation": mine.invited.invitation.invitation_id.hex(),
            "secret": mine.invited.invitation.secret.raw.hex(),
            "called": mine.invited.called,
            "wait_days": mine.invited.wait_days,
            "ends_at": to_microseconds(mine.invited.ends_at),
        }
    data = json.dumps(said).encode()
    return Papers(keyring).prepare(MY_PURPOSE, data, clock.now(), MY_PERSON, mine.version + 1)


def read_trusted_by(connection: Connection, keyring: Keyring) -> TrustedBy:
    """Nobody where the paper was never written. Tampered."""
    try:
        paper = Papers(keyring).read(connection, TRUSTED_BY, BY_PURPOSE)
    except NotFound:
        return TrustedBy()
    people = json.loads(paper.data)["people"]
    return TrustedBy(paper.version, tuple((VaultId(bytes.fromhex(who)), name) for who, name in people))


def prepare_trusted_by(keyring: Keyring, by: TrustedBy, clock: Clock) -> Prepared:
    """The paper's next version, to be exchanged for the stored one."""
    data = json.dumps({"people": [(who.hex(), name) for who, name in by.people]}).encode()
    return Papers(keyring).prepare(BY_PURPOSE, data, clock.now(), TRUSTED_BY, by.version + 1)


def _person(said: dict[str, Any]) -> TrustedPerson:
    return TrustedPerson(
        SlotId(bytes.fromhex(said["slot"])),
        VaultId(bytes.fromhex(said["vault"])),
        said["name"],
        said["wait_days"],
        from_microseconds(said["since"]),
    )


def _invited(said: dict[str, Any], vault_id: VaultId) -> Invited:
    secret = InvitationSecret(bytes.fromhex(said["secret"]))
    invitation = Invitation(TRUSTED, vault_id, InvitationId(bytes.fromhex(said["invitation"])), secret)
    return Invited(invitation, said["called"], said["wait_days"], from_microseconds(said["ends_at"]))
