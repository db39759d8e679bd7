"""The carers of one vault, as a sealed paper of it: names, powers, open invitations. docs/specs/caring.md.

The slot opens, this paper permits: a slot without a line here may do nothing, and a line without a slot opens nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from vault.clock import Clock, from_microseconds, to_microseconds
from vault.crypto.secret import InvitationSecret
from vault.errors import NotFound
from vault.ids import InvitationId, PaperId, Pseudonym, SlotId, VaultId
from vault.keys.invitations import CARER, OWNER, Invitation
from vault.keys.keyring import Keyring
from vault.papers import Papers, Prepared

CARERS: Final = PaperId(b"paper:carers\0\0\0\0")
PURPOSE: Final = "carers"
MOST_INVITATIONS: Final = 5
KEPT_FORMER: Final = 50


class Power(StrEnum):
    """What a carer may do; each is ticked by itself."""

    VIEW = "view"
    UPLOAD = "upload"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Carer:
    """``holds``: holds the vault for somebody without an account, so may invite others and hand it over."""

    slot_id: SlotId
    vault_id: VaultId
    pseudonym: Pseudonym
    name: str
    powers: frozenset[Power]
    holds: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation that is open: whom it is for, in the inviter's words, and what it would let them do."""

    invitation: Invitation
    called: str
    powers: frozenset[Power]
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Carers:
    """``former`` are the names, by pseudonym, of those who were; the log still shows what they did.

    ``owner``: the open invitation of the person themself to take their vault over.
    """

    version: int = 0
    carers: tuple[Carer, ...] = ()
    invited: tuple[Invited, ...] = ()
    former: tuple[tuple[Pseudonym, str], ...] = ()
    owner: Invited | None = None

    def by_slot(self, slot_id: SlotId) -> Carer:
        """NotFound if nobody has this slot."""
        found = next((carer for carer in self.carers if carer.slot_id == slot_id), None)
        if found is None:
            raise NotFound
        return found

    def by_invitation(self, invitation_id: InvitationId) -> Invited:
        """NotFound if there is no such open invitation."""
        found = next((each for each in self.invited if each.invitation.invitation_id == invitation_id), None)
        if found is None:
            raise NotFound
        return found

    def without(self, carer: Carer) -> Carers:
        """The same after a carer has gone."""
        former = (*self.former, (carer.pseudonym, carer.name))[-KEPT_FORMER:]
        return replace(self, carers=tuple(each for each in self.carers if each != carer), former=former)

    def names(self) -> dict[Pseudonym, str]:
        """Who acted, by pseudonym."""
        return dict(self.former) | {carer.pseudonym: carer.name for carer in self.carers}


def read_carers(connection: Connection, keyring: Keyring) -> Carers:
    """Nobody where the paper was never written. Tampered."""
    try:
        paper = Papers(keyring).read(connection, CARERS, PURPOSE)
    except NotFound:
        return Carers()
    said = json.loads(paper.data)
    return Carers(
        paper.version,
        tuple(_carer(each) for each in said["carers"]),
        tuple(_invited(each, keyring.vault_id, CARER) for each in said["invited"]),
        tuple((Pseudonym(bytes.fromhex(who)), name) for who, name in said["former"]),
        _invited(said["owner"], keyring.vault_id, OWNER) if said.get("owner") else None,
    )


def prepare_carers(keyring: Keyring, carers: Carers, clock: Clock) -> Prepared:
    """The paper's next version, to be exchanged for the stored one."""
    said = {
        "carers": [_write_carer(each) for each in carers.carers],
        "invited": [_write_invited(each) for each in carers.invited],
        "former": [(who.hex(), name) for who, name in carers.former],
        "owner": _write_invited(carers.owner) if carers.owner else None,
    }
    return Papers(keyring).prepare(PURPOSE, json.dumps(said).encode(), clock.now(), CARERS, carers.version + 1)


def _carer(said: dict[str, Any]) -> Carer:
    return Carer(
        SlotId(bytes.fromhex(said["slot"])),
        VaultId(bytes.fromhex(said["vault"])),
        Pseudonym(bytes.fromhex(said["pseudonym"])),
        said["name"],
        frozenset(map(Power, said["powers"])),
        said["holds"],
        from_microseconds(said["since"]),
    )


def _write_carer(carer: Carer) -> dict[str, Any]:
    return {
        "slot": carer.slot_id.hex(),
        "vault": carer.vault_id.hex(),
        "pseudonym": carer.pseudonym.hex(),
        "name": carer.name,
        "powers": sorted(carer.powers),
        "holds": carer.holds,
        "since": to_microseconds(carer.since),
    }


def _invited(said: dict[str, Any], vault_id: VaultId, role: str) -> Invited:
    secret = InvitationSecret(bytes.fromhex(said["secret"]))
    invitation = Invitation(role, vault_id, InvitationId(bytes.fromhex(said["invitation"])), secret)
    return Invited(
        invitation, said["called"], frozenset(map(Power, said["powers"])), from_microseconds(said["ends_at"])
    )


def _write_invited(invited: Invited) -> dict[str, Any]:
    return {
        "invitation": invited.invitation.invitation_id.hex(),
        "secret": invited.invitation.secret.raw.hex(),
        "called": invited.called,
        "powers": sorted(invited.powers),
        "ends_at": to_microseconds(invited.ends_at),
    }
