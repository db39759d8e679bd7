"""Ways in made for a vault before it is one's own: slots with nothing sealed to them yet. docs/specs/caring.md.

Who takes a vault over chooses a passphrase and keeps a recovery code while somebody else still holds the vault. Both
give key pairs whose seeds only they can open; whoever holds the vault, unlocked, checks the invitation's proof over
them and seals new vault keys to them.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vault.crypto.boxes import open_box, seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_mac
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotKind, wrap_seed
from vault.errors import Tampered
from vault.ids import SlotId, VaultId, make_id
from vault.keys.invitations import Answer, Invitation
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.recovery_code import last_group, make_recovery_code
from vault.keys.slots import (
    NewSlot,
    PassphraseParameters,
    bind_slot,
    derive_passphrase_secret,
    fresh_parameters,
    seal_slot,
)

_MOST_OFFER_BYTES: Final = 8192
_KINDS: Final = (SlotKind.PASSPHRASE, SlotKind.RECOVERY_CODE)


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """A slot but for the vault keys: its key pair's seed is wrapped under a secret that only its maker knows."""

    slot_id: SlotId
    kind: SlotKind
    parameters: bytes
    public_key: bytes
    wrapped_seed: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Offer:
    """What the person whose vault it is answers: their address, a passphrase's slot, a recovery code's and its end."""

    email: str
    last_group: str
    passphrase: OfferedSlot
    code: OfferedSlot


def make_offer(provider: KeyProvider, cost: Cost, vault_id: VaultId, email: str, passphrase: str) -> tuple[str, Offer]:
    """A fresh recovery code and the offer with its slot; slow. PassphraseLength."""
    parameters = fresh_parameters(provider, cost)
    secret = derive_passphrase_secret(provider, parameters, passphrase)
    code, code_secret = make_recovery_code()
    passphrase_slot = _offered(vault_id, SlotKind.PASSPHRASE, secret, parameters.encode())
    code_slot = _offered(vault_id, SlotKind.RECOVERY_CODE, code_secret, b"")
    return code, Offer(email, last_group(code), passphrase_slot, code_slot)


def seal_offered(keyring: Keyring, offered: OfferedSlot, created_at: datetime) -> NewSlot:
    """The whole slot: the vault keys sealed to its public key. Tampered if it is no key."""
    return seal_slot(
        keyring,
        offered.slot_id,
        offered.kind,
        offered.public_key,
        created_at,
        parameters=offered.parameters,
        wrapped=offered.wrapped_seed,
    )


def seal_offer(invitation: Invitation, offer: Offer) -> bytes:
    """The offer as it travels and is stored; at most 8,192 bytes."""
    slots = [_stated(each) for each in (offer.passphrase, offer.code)]
    said = json.dumps({"email": offer.email, "last_group": offer.last_group, "slots": slots}).encode()
    return seal_box(invitation.derive("invitation-seal/1"), _context(invitation), said)


def open_offer(invitation: Invitation, sealed: bytes) -> Offer:
    """What was sealed under this invitation; Tampered for anything else."""
    if len(sealed) > _MOST_OFFER_BYTES:
        raise Tampered
    said = open_box(invitation.derive("invitation-seal/1"), _context(invitation), sealed)
    try:
        stated = json.loads(said)
        passphrase, code = (_read(each, kind) for each, kind in zip(stated["slots"], _KINDS, strict=True))
        email, group = stated["email"], stated["last_group"]
    except (ValueError, KeyError, TypeError):
        raise Tampered from None
    if not isinstance(email, str) or not isinstance(group, str):
        raise Tampered
    return Offer(email, group, passphrase, code)


def prove_offer(invitation: Invitation, sealed: bytes) -> Answer:
    """The answer as it is stored: it proves that whoever made the offer had the invitation."""
    offer = open_offer(invitation, sealed)
    public_key = offer.passphrase.public_key
    return Answer(invitation.vault_id, public_key, sealed, _proof(invitation, public_key, sealed))


def check_offer(invitation: Invitation, answer: Answer) -> Offer:
    """The offer, if the proof is of this invitation over exactly it; Tampered otherwise."""
    expected = _proof(invitation, answer.public_key, answer.sealed)
    if answer.vault_id != invitation.vault_id or not hmac.compare_digest(expected, answer.proof):
        raise Tampered
    offer = open_offer(invitation, answer.sealed)
    if not hmac.compare_digest(offer.passphrase.public_key, answer.public_key):
        raise Tampered
    return offer


def offer_digits(provider: KeyProvider, invitation: Invitation, sealed: bytes) -> str:
    """Six digits that both compare; a keyed digest, so that nobody makes another offer with the same ones."""
    said = ctx("offer-digits/1", invitation.vault_id, invitation.invitation_id, sealed)
    return f"{int.from_bytes(provider.mac(Purpose.E_MAIL, said)[:8], 'big') % 1_000_000:06d}"


def _offered(vault_id: VaultId, kind: SlotKind, secret: bytes, parameters: bytes) -> OfferedSlot:
    slot_id, seed = SlotId(make_id()), Seed.make()
    wrapped = wrap_seed(secret, bind_slot(kind, vault_id, slot_id, parameters), seed)
    return OfferedSlot(slot_id, kind, parameters, public_key_of(seed), wrapped)


def _stated(slot: OfferedSlot) -> dict[str, str]:
    return {name: getattr(slot, name).hex() for name in ("slot_id", "parameters", "public_key", "wrapped_seed")}


def _read(stated: dict[str, Any], kind: SlotKind) -> OfferedSlot:
    slot_id, parameters, public_key, wrapped = (
        bytes.fromhex(stated[name]) for name in ("slot_id", "parameters", "public_key", "wrapped_seed")
    )
    if kind is SlotKind.PASSPHRASE:
        PassphraseParameters.decode(parameters)
    elif parameters:
        raise Tampered
    if len(slot_id) != 16 or len(public_key) != 1216 or len(wrapped) != 114:
        raise Tampered
    return OfferedSlot(SlotId(slot_id), kind, parameters, public_key, wrapped)


def _context(invitation: Invitation) -> bytes:
    return ctx("invitation-seal/1", invitation.role, invitation.vault_id, invitation.invitation_id)


def _proof(invitation: Invitation, public_key: bytes, sealed: bytes) -> bytes:
    said = ctx("invitation-answer/1", invitation.vault_id, public_key, sealed)
    return derive_mac(invitation.derive("invitation-proof/1"), said)
