"""Invitations: how another person's public key becomes one that this vault may seal to. docs/specs/caring.md.

A key in the database proves no person. So the invited vault proves, under a secret that only the invitation carried,
which key is its own; the inviting vault checks that while it is unlocked, before anything is sealed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from typing import Final

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key, derive_mac
from vault.crypto.secret import InvitationSecret
from vault.errors import Invalid, Tampered
from vault.ids import InvitationId, Pseudonym, VaultId, make_id

CARER: Final = "carer"
TRUSTED: Final = "trusted"
OWNER: Final = "owner"
_PREFIX: Final = "hvi1_"
_CHARACTERS: Final = len(_PREFIX) + 86
_MOST_ANSWER_BYTES: Final = 2048


class BadInvitation(Invalid):
    """Malformed, unknown, answered, withdrawn or over: the same answer to all."""

    code = "bad-invitation"
    advice = "This invitation doesn't work. It may have been used already, or it is over. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Invitation:
    """``role``: what the invited person is to be, ``carer``, ``trusted``, or ``owner`` of a vault held for them."""

    role: str
    vault_id: VaultId
    invitation_id: InvitationId
    secret: InvitationSecret

    def derive(self, label: str) -> bytes:
        """A key of this invitation for one use."""
        return derive_key(self.secret.raw, ctx(label, self.role, self.vault_id, self.invitation_id))

    def text(self) -> str:
        """What is sent to the invited person; 91 characters."""
        body = base64.urlsafe_b64encode(self.vault_id + self.invitation_id + self.secret.raw)
        return _PREFIX + body.rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Person:
    """Who answers: the name they go by, and their pseudonym in the log."""

    name: str
    pseudonym: Pseudonym


@dataclass(frozen=True, slots=True)
class Answer:
    """An invitation answered: the invited vault, its key for this, and the proof. ``sealed`` tells who they are."""

    vault_id: VaultId
    public_key: bytes
    sealed: bytes
    proof: bytes


def make_invitation(role: str, vault_id: VaultId) -> Invitation:
    """A fresh one."""
    return Invitation(role, vault_id, InvitationId(make_id()), InvitationSecret.make())


def parse_invitation(role: str, text: str) -> Invitation:
    """BadInvitation unless it is one that ``Invitation.text`` could have written."""
    typed = text.strip()
    try:
        body = base64.b64decode(typed[len(_PREFIX) :] + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadInvitation(field="invitation") from None
    if len(typed) != _CHARACTERS or not typed.startswith(_PREFIX) or len(body) != 64:
        raise BadInvitation(field="invitation")
    invitation = Invitation(role, VaultId(body[:16]), InvitationId(body[16:32]), InvitationSecret(body[32:]))
    if invitation.text() != typed:
        raise BadInvitation(field="invitation")
    return invitation


def make_answer(invitation: Invitation, vault_id: VaultId, public_key: bytes, person: Person) -> Answer:
    """What the invited person's vault says to it."""
    said = json.dumps({"name": person.name, "pseudonym": person.pseudonym.hex()}).encode()
    sealed = seal_box(invitation.derive("invitation-seal/1"), _seal_context(invitation), said)
    return Answer(vault_id, public_key, sealed, _proof(invitation, vault_id, public_key, sealed))


def check_answer(invitation: Invitation, answer: Answer) -> Person:
    """Who answered, if the proof is of this invitation over exactly this key; Tampered otherwise."""
    expected = _proof(invitation, answer.vault_id, answer.public_key, answer.sealed)
    if len(answer.sealed) > _MOST_ANSWER_BYTES or not hmac.compare_digest(expected, answer.proof):
        raise Tampered
    said = json.loads(open_box(invitation.derive("invitation-seal/1"), _seal_context(invitation), answer.sealed))
    return Person(str(said["name"]), Pseudonym(bytes.fromhex(said["pseudonym"])))


def _seal_context(invitation: Invitation) -> bytes:
    return ctx("invitation-seal/1", invitation.role, invitation.vault_id, invitation.invitation_id)


def _proof(invitation: Invitation, vault_id: VaultId, public_key: bytes, sealed: bytes) -> bytes:
    said = ctx("invitation-answer/1", vault_id, public_key, sealed)
    return derive_mac(invitation.derive("invitation-proof/1"), said)
