"""Makes ``caring.json`` and ``trusted-person.json``: ``python -m tests.vectors.make_caring``. Each fault stands alone.

What the product seals to public keys differs each time it is made; everything else is fixed here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from vault.crypto.boxes import seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_mac
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import public_key_of, seal_to
from vault.crypto.secret import InvitationSecret, PrivateKeyVK, Seed, VaultKey
from vault.crypto.slots import SlotBinding, SlotKind, wrap_seed
from vault.ids import InvitationId, Pseudonym, SlotId, VaultId
from vault.keys.invitations import CARER, OWNER, TRUSTED, Answer, Invitation, Person, make_answer
from vault.keys.keyring import Keyring
from vault.keys.recovery_code import format_recovery_code
from vault.keys.slots import PassphraseParameters
from vault.keys.taking_over import Offer, OfferedSlot, prove_offer, seal_offer
from vault.keys.trusted import _ask_seed, check_digits, hand_half

FOLDER = Path(__file__).parent
VAULT, OTHER, INVITATION = (bytes(range(start, start + 16)) for start in (0, 16, 32))
SECRET, VK, SEED, ASKED = (bytes(range(start, start + 32)) for start in (64, 96, 128, 160))
SLOT, CODE = bytes(range(48, 64)), bytes(range(200, 220))
PERSON_HALF, SERVER_HALF = bytes(range(192, 224)), bytes(range(224, 256))
PSEUDONYM = bytes(range(80, 96))

Json = dict[str, Any]


def make_caring_vectors() -> Json:
    """``opens`` and, per fault, what differs from it; every fault has its ``class``."""
    invitation = invited(CARER)
    answer = make_answer(
        invitation, VaultId(OTHER), public_key_of(Seed(SEED)), Person("Ben Example", Pseudonym(PSEUDONYM))
    )
    return {
        "note": "docs/specs/caring.md; byte strings in hexadecimal",
        "vault_id": VAULT.hex(),
        "invitation_id": INVITATION.hex(),
        "secret": SECRET.hex(),
        "texts": {"opens": invitation.text(), "faults": list(_text_faults(invitation.text()))},
        "answer": {
            "role": CARER,
            "opens": _stored(answer) | {"name": "Ben Example", "pseudonym": PSEUDONYM.hex()},
            "faults": list(_answer_faults(invitation, answer)),
        },
        "offer": _offer(),
        "carer_key": _carer_key(),
    }


def make_trusted_vectors() -> Json:
    """The same for the way back in two halves."""
    seed, vault_id, slot_id = Seed(SEED), VaultId(VAULT), SlotId(SLOT)
    ask_key = _ask_key(CODE)
    sealed = seal_to(public_key_of(seed), ctx("trusted-half/1", VAULT, SLOT), PERSON_HALF)
    handed = hand_half(seed, vault_id, slot_id, sealed, ask_key)
    return {
        "note": "docs/specs/trusted-person.md; byte strings in hexadecimal",
        "vault_id": VAULT.hex(),
        "slot_id": SLOT.hex(),
        "trusted_seed": SEED.hex(),
        "person_half": PERSON_HALF.hex(),
        "server_half": SERVER_HALF.hex(),
        "slot_secret": derive_mac(SERVER_HALF, ctx("trusted-secret/1", VAULT, SLOT, PERSON_HALF)).hex(),
        "sealed_half": {
            "opens": sealed.hex(),
            "faults": [
                _fault("tampered", "a bit differs", sealed=_flipped(sealed).hex()),
                _fault("tampered", "a byte is missing", sealed=sealed[:-1].hex()),
                _fault("tampered", "of another slot", slot_id=OTHER.hex()),
                _fault("tampered", "of another vault", vault_id=OTHER.hex()),
                _fault("tampered", "sealed as a handed half", sealed=handed.hex()),
            ],
        },
        "ask": {
            "code": format_recovery_code(CODE),
            "public_key": ask_key.hex(),
            "digits": check_digits(vault_id, slot_id, ask_key),
            "faults": [
                _fault("other-ask", "a group differs", code=format_recovery_code(CODE[:-1] + b"\0")),
                _fault("other-ask", "too short", code=format_recovery_code(CODE)[:-5]),
                _fault("other-ask", "a letter that no code has", code="U" + format_recovery_code(CODE)[1:]),
                _fault("other-ask", "of another vault", vault_id=OTHER.hex()),
            ],
        },
        "handed_half": {
            "opens": handed.hex(),
            "faults": [
                _fault("tampered", "a bit differs", handed=_flipped(handed).hex()),
                _fault("tampered", "a byte too many", handed=(handed + b"\0").hex()),
                _fault("tampered", "handed to another ask", handed=_handed_to_another(seed, sealed).hex()),
                _fault("tampered", "of another slot", slot_id=OTHER.hex()),
                _fault("tampered", "a half of 31 bytes", handed=_short_half(ask_key).hex()),
            ],
        },
    }


def invited(role: str) -> Invitation:
    return Invitation(role, VaultId(VAULT), InvitationId(INVITATION), InvitationSecret(SECRET))


def _text_faults(text: str) -> list[Json]:
    other_spelling = text[:-1] + ("B" if text[-1] == "A" else chr(ord(text[-1]) + 1))
    return [
        _fault("bad-invitation", "a character is missing", text=text[:-1]),
        _fault("bad-invitation", "a character too many", text=text + "A"),
        _fault("bad-invitation", "another prefix", text=text.replace("hvi1", "hvi2")),
        _fault("bad-invitation", "spare bits are set", text=other_spelling),
        _fault("bad-invitation", "standard base64", text=text[:-2] + "+/"),
        _fault("bad-invitation", "a space within", text=text[:40] + " " + text[41:]),
        _fault("bad-invitation", "padding written out", text=text[:-2] + "=="),
    ]


def _answer_faults(invitation: Invitation, answer: Answer) -> list[Json]:
    other_key = public_key_of(Seed(ASKED))
    other = make_answer(replace(invitation, role=TRUSTED), answer.vault_id, answer.public_key, Person("Ben", _nobody()))
    again = make_answer(
        replace(invitation, invitation_id=InvitationId(OTHER)),
        answer.vault_id,
        answer.public_key,
        Person("B", _nobody()),
    )
    return [
        _fault("tampered", "another public key", public_key=other_key.hex()),
        _fault("tampered", "another invited vault", invited_vault_id=VAULT.hex()),
        _fault("tampered", "a bit of the proof differs", proof=_flipped(answer.proof).hex()),
        _fault("tampered", "a bit of what is sealed differs", sealed=_flipped(answer.sealed).hex()),
        _fault("tampered", "answered in another role", sealed=other.sealed.hex(), proof=other.proof.hex()),
        _fault("tampered", "answered to another invitation", sealed=again.sealed.hex(), proof=again.proof.hex()),
        _fault("tampered", "proven under another secret", secret=ASKED.hex()),
    ]


def _offer() -> Json:
    invitation = invited(OWNER)
    parameters = PassphraseParameters(Cost.STANDARD, bytes(16), bytes(8)).encode()
    offer = Offer(
        "sam@example.org",
        "ZZZZ",
        _offered(SLOT, SlotKind.PASSPHRASE, parameters),
        _offered(OTHER, SlotKind.RECOVERY_CODE, b""),
    )
    answer = prove_offer(invitation, seal_offer(invitation, offer))
    dear = PassphraseParameters(Cost(2_097_152, 3, 4), bytes(16), bytes(8)).encode()
    costly = _sealed_offer(offer, replace(offer.passphrase, parameters=dear))
    short = _sealed_offer(offer, replace(offer.passphrase, wrapped_seed=offer.passphrase.wrapped_seed[:-1]))
    as_carer = replace(invitation, role=CARER)
    said = b'{"email": "sam@example.org", "last_group": "ZZZZ", "slots": []}'
    empty = seal_box(invitation.derive("invitation-seal/1"), ctx("invitation-seal/1", OWNER, VAULT, INVITATION), said)
    return {
        "role": OWNER,
        "opens": _stored(answer)
        | {"email": offer.email, "last_group": offer.last_group, "slot_ids": [SLOT.hex(), OTHER.hex()]},
        "faults": [
            _fault("tampered", "a bit of the proof differs", proof=_flipped(answer.proof).hex()),
            _fault("tampered", "another public key than the passphrase's", public_key=offer.code.public_key.hex()),
            _fault("tampered", "for another vault", invited_vault_id=OTHER.hex()),
            _fault("tampered", "a stretching that costs gigabytes", **_proven(costly)),
            _fault("tampered", "a wrapped seed that is too short", **_proven(short)),
            _fault("tampered", "no slots", **_proven(empty)),
            _fault("tampered", "sealed as a carer's answer", **_proven(seal_offer(as_carer, offer))),
        ],
    }


def _proven(sealed: bytes) -> Json:
    """What is stored of an offer that no honest server would prove: its proof is right."""
    public_key = public_key_of(Seed(SEED))
    said = ctx("invitation-answer/1", VAULT, public_key, sealed)
    return {"sealed": sealed.hex(), "proof": derive_mac(invited(OWNER).derive("invitation-proof/1"), said).hex()}


def _sealed_offer(offer: Offer, passphrase: OfferedSlot) -> bytes:
    return seal_offer(invited(OWNER), replace(offer, passphrase=passphrase))


def _offered(slot_id: bytes, kind: SlotKind, parameters: bytes) -> OfferedSlot:
    seed = Seed(SEED if kind is SlotKind.PASSPHRASE else ASKED)
    pepper = bytes(8) if kind is SlotKind.PASSPHRASE else b""
    wrapped = wrap_seed(SECRET, SlotBinding(kind, VAULT, slot_id, parameters, pepper), seed)
    return OfferedSlot(SlotId(slot_id), kind, parameters, public_key_of(seed), wrapped)


def _carer_key() -> Json:
    keyring = Keyring(VaultId(VAULT), 1, Pseudonym(PSEUDONYM), VaultKey(VK), PrivateKeyVK(SECRET))
    number = (1).to_bytes(8, "big")
    wrapped = keyring.wrap("carer/1", number, SEED)
    return {
        "vault_key": VK.hex(),
        "generation": 1,
        "opens": {"wrapped": wrapped.hex(), "public_key": public_key_of(Seed(SEED)).hex(), "seed": SEED.hex()},
        "faults": [
            _fault("tampered", "another public key", public_key=public_key_of(Seed(ASKED)).hex()),
            _fault("tampered", "a bit differs", wrapped=_flipped(wrapped).hex()),
            _fault("tampered", "another label", wrapped=keyring.wrap("delivery/1", number, SEED).hex()),
            _fault("tampered", "another number", wrapped=keyring.wrap("carer/1", bytes(8), SEED).hex()),
        ],
    }


def _ask_key(code: bytes) -> bytes:
    """Of an ask whose code is known; ``make_ask`` makes a fresh one."""
    return public_key_of(_ask_seed(VaultId(VAULT), SlotId(SLOT), code))


def _handed_to_another(seed: Seed, sealed: bytes) -> bytes:
    return hand_half(seed, VaultId(VAULT), SlotId(SLOT), sealed, _ask_key(CODE[::-1]))


def _short_half(ask_key: bytes) -> bytes:
    return seal_to(ask_key, ctx("handed-half/1", VAULT, SLOT), PERSON_HALF[:-1])


def _stored(answer: Answer) -> Json:
    return {
        "invited_vault_id": answer.vault_id.hex(),
        "public_key": answer.public_key.hex(),
        "sealed": answer.sealed.hex(),
        "proof": answer.proof.hex(),
    }


def _fault(kind: str, name: str, **differs: Any) -> Json:
    return {"class": kind, "name": name} | differs


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


def _nobody() -> Pseudonym:
    return Pseudonym(bytes(16))


def main() -> None:
    for name, made in (("caring", make_caring_vectors()), ("trusted-person", make_trusted_vectors())):
        (FOLDER / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
