"""Makes tests/vectors/cases: ``python -m tests.vectors.make``. The same bytes each time; each fault stands alone.

A group is one thing that opens and, per fault, only the fields that differ from it, with the class of the refusal.
``docs/specs/read_vectors.py`` reads them without the product; ``test_cases.py`` with it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

from tests.vectors.fixed import fixed_chance
from vault.archive.format import ArchiveSlot, describe, write_archive
from vault.audit.leaf import Leaf, derive_leaf_hash, encode_leaf
from vault.crypto.boxes import seal_box
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key, derive_mac
from vault.crypto.objects import RecordHeader, derive_object_key, seal_record, seal_segment
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import public_key_of, seal_to
from vault.crypto.secret import InvitationSecret, PrivateKeyVK, Root, Seed, SessionSecret, VaultKey
from vault.crypto.signatures import sign, signing_public_key
from vault.crypto.slots import SlotBinding, SlotKind, wrap_seed
from vault.crypto.streams import CHUNK_BYTES, StreamHeader, seal_stream
from vault.crypto.tokens import make_token
from vault.deliveries.format import File, encode, seal_delivery
from vault.ids import EntryId, InvitationId, Pseudonym, SessionId, SlotId, VaultId
from vault.keys import manifest as manifests
from vault.keys.delivery import DeliveryAddress
from vault.keys.invitations import CARER, OWNER, TRUSTED, Invitation, Person, make_answer
from vault.keys.keyring import Keyring
from vault.keys.manifest import ListedSlot, Manifest
from vault.keys.recovery_code import format_recovery_code, parse_recovery_code
from vault.keys.slots import PassphraseParameters

FOLDER = Path(__file__).parent / "cases"
VAULT, OTHER, THING, SLOT = (bytes(range(at, at + 16)) for at in (0, 16, 32, 48))
ROOT, SECRET, VK, PRIVATE, SEED, LAB = (bytes(range(at, at + 32)) for at in (64, 96, 128, 160, 192, 224))
CODE = bytes(range(200, 220))
AGE_SEED = bytes.fromhex("31bda90fbf9fccdde5cfc0ed5a0378c5ea67ea193d7938b03b8c5dabb9a67de3")

Json = dict[str, Any]


def make_all() -> dict[str, list[Json]]:
    """The groups of every file, by its name."""
    made = {}
    for name, make in (
        ("envelope", _envelope),
        ("root", _roots),
        ("slot", _slots),
        ("key-manifest", _manifest),
        ("index-segment", _segment),
        ("document-stream", _stream),
        ("delivery", _delivery),
        ("leaf", _leaf),
        ("archive", _archive),
        ("caring", _caring),
        ("trusted-person", _trusted),
        ("slot-notes", _notes),
        ("document-pass", _pass),
    ):
        with fixed_chance(name):
            made[name] = make()
    return made


def text_of(groups: list[Json]) -> str:
    """One file."""
    return json.dumps(groups, indent=1) + "\n"


def _group(name: str, kind: str, opens: Json, gives: bytes, *faults: Json) -> Json:
    told = {key: value.hex() if isinstance(value, bytes) else value for key, value in opens.items()}
    return {"name": name, "kind": kind, "opens": told, "gives": gives.hex(), "faults": list(faults)}


def _fault(name: str, failure: str = "tampered", **differs: Any) -> Json:
    told = {key: value.hex() if isinstance(value, bytes) else value for key, value in differs.items()}
    return {"name": name, "class": failure, "differs": told}


def _flip(data: bytes, at: int = -1, bit: int = 1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= bit
    return bytes(changed)


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _keyring(generation: int = 3) -> Keyring:
    return Keyring(VaultId(VAULT), generation, Pseudonym(OTHER), VaultKey(VK), PrivateKeyVK(PRIVATE))


def _envelope() -> list[Json]:
    header = RecordHeader(VAULT, THING, 2, OTHER, "observation", b"typed")
    sealed = seal_record(Root(ROOT), header, b'{"resourceType":"Observation"}')
    key = derive_object_key(Root(ROOT), VAULT, THING, 2)
    opens = {
        "label": "record/1",
        "root": ROOT,
        "vault_id": VAULT,
        "object_id": THING,
        "version": 2,
        "root_id": OTHER,
        "kind": "observation",
        "source": b"typed",
        "sealed": sealed,
    }
    parts: list[Any] = ["ü", 2**64 - 1, {"bytes": "00"}, ""]
    info = ctx("obj/1", VAULT, THING, 2)
    wraps = [
        ("root/1", OTHER, ROOT),
        ("delivery/1", bytes(8), SEED),
        ("link/1", THING, SECRET),
        ("carer/1", SLOT, SEED),
    ]
    return [
        _group(
            "a context of text, number and bytes",
            "context",
            {"label": "a/1", "parts": parts},
            ctx("a/1", "ü", 2**64 - 1, b"\0", ""),
        ),
        _group("a context without parts", "context", {"label": "record/1", "parts": []}, ctx("record/1")),
        _group("an object key", "derived", {"key": ROOT, "info": info}, key),
        _group(
            "the key of duplicate tags",
            "derived",
            {"key": VK, "info": ctx("dedup/1", VAULT, 3)},
            derive_key(VK, ctx("dedup/1", VAULT, 3)),
        ),
        _group(
            "the key of freshness terms",
            "derived",
            {"key": VK, "info": ctx("fresh/1", VAULT, 3)},
            derive_key(VK, ctx("fresh/1", VAULT, 3)),
        ),
        _group(
            "the key of wraps",
            "derived",
            {"key": VK, "info": ctx("wrap/1", VAULT, 3, "root/1")},
            derive_key(VK, ctx("wrap/1", VAULT, 3, "root/1")),
        ),
        _group(
            "the key of private wraps",
            "derived",
            {"key": PRIVATE, "info": ctx("wrap-private/1", VAULT, 3, "root/1")},
            derive_key(PRIVATE, ctx("wrap-private/1", VAULT, 3, "root/1")),
        ),
        _group(
            "a record",
            "record",
            opens,
            b'{"resourceType":"Observation"}',
            _fault("empty", sealed=b""),
            _fault("28 bytes", sealed=sealed[:28]),
            _fault("cut by one byte", sealed=sealed[:-1]),
            _fault("a byte too many", sealed=sealed + b"\0"),
            _fault("a bit of the tag", sealed=_flip(sealed)),
            _fault("a bit of the nonce", sealed=_flip(sealed, 0)),
            _fault("a bit of what is sealed", sealed=_flip(sealed, 100)),
            _fault("of another vault", vault_id=OTHER),
            _fault("of another record", object_id=SLOT),
            _fault("an earlier version", version=1),
            _fault("under another root id", root_id=SLOT),
            _fault("under another root", root=SECRET),
            _fault("of another kind", kind="condition"),
            _fault("of another source", source=b"typed2"),
            _fault("no padding", sealed=_unpadded(key, header.context(), b"x")),
            _fault("padding of zeros alone", sealed=_unpadded(key, header.context(), bytes(1024))),
        ),
        *(_wrap_group(*each) for each in wraps),
    ]


def _unpadded(key: bytes, context: bytes, data: bytes) -> bytes:
    return seal_box(key, context, data)


def _wrap_group(label: str, object_id: bytes, secret: bytes) -> Json:
    wrapped = _keyring().wrap(label, object_id, secret)
    opens = {
        "vault_key": VK,
        "vault_id": VAULT,
        "generation": 3,
        "label": label,
        "object_id": object_id,
        "wrapped": wrapped,
    }
    return _group(
        f"a wrap, {label}",
        "wrap",
        opens,
        secret,
        _fault("cut", wrapped=wrapped[:36]),
        _fault("another suite", wrapped=b"\2" + wrapped[1:]),
        _fault("another generation", wrapped=_flip(wrapped, 8)),
        _fault("a bit", wrapped=_flip(wrapped)),
        _fault("another label", label="previous/1"),
        _fault("another object", object_id=b"another"),
        _fault("another vault", vault_id=OTHER),
        _fault("another vault key", vault_key=SECRET),
    )


def _sealed_group(name: str, info: bytes, data: bytes, other_info: bytes) -> Json:
    sealed = seal_to(public_key_of(Seed(SEED)), info, data)
    opens = {"seed": SEED, "info": info, "aead": "AES_256_GCM", "sealed": sealed}
    return _group(
        name,
        "sealed",
        opens,
        data,
        _fault("another suite", sealed=b"\2" + sealed[1:]),
        _fault("1,136 bytes", sealed=sealed[:1136]),
        _fault("cut", sealed=sealed[:-1]),
        _fault("a byte too many", sealed=sealed + b"\0"),
        _fault("a bit of the ML-KEM part", sealed=_flip(sealed, 5)),
        _fault("a bit of the X25519 part", sealed=_flip(sealed, 1100)),
        _fault("a bit of the tag", sealed=_flip(sealed)),
        _fault("sealed to another key", seed=SECRET),
        _fault("another meaning", info=other_info),
    )


def _roots() -> list[Json]:
    info = ctx("root/1", VAULT, THING, 4)
    return [
        _group(
            "X-Wing expansion, the age specification's recipient",
            "x_wing",
            {"seed": AGE_SEED},
            public_key_of(Seed(AGE_SEED)),
        ),
        _group("X-Wing expansion of zeros", "x_wing", {"seed": bytes(32)}, public_key_of(Seed(bytes(32)))),
        _sealed_group("a delivery's root", info, ROOT, ctx("root/1", VAULT, THING, 5)),
        _sealed_group("a vault key", ctx("vk/1", VAULT, SLOT, 3), VK, ctx("vk-private/1", VAULT, SLOT, 3)),
        _sealed_group("VK-private", ctx("vk-private/1", VAULT, SLOT, 3), PRIVATE, ctx("vk-private/1", OTHER, SLOT, 3)),
    ]


def _slots() -> list[Json]:
    passphrase = PassphraseParameters(Cost.STANDARD, bytes(16), b"pepperid").encode()
    kinds = (
        (SlotKind.PASSPHRASE, passphrase, SECRET),
        (SlotKind.RECOVERY_CODE, b"", CODE),
        (SlotKind.PASSKEY, b"\1" + _sha(b"credential"), SECRET),
        (SlotKind.TRUSTED, b"\1" + _sha(public_key_of(Seed(LAB))), SECRET),
    )
    token = make_token(VaultId(VAULT), SessionId(SLOT), SessionSecret(SECRET))
    code = format_recovery_code(CODE)
    return [
        *(_slot_group(*each) for each in kinds),
        _text_group("a session's token", "hv1_", token),
        _group(
            "a recovery code",
            "recovery_code",
            {"code": code},
            CODE,
            _fault("too short", "wrong-secret", code=code[:-1]),
            _fault("too long", "wrong-secret", code=code + "0"),
            _fault("a letter that no code has", "wrong-secret", code="U" + code[1:]),
            _fault("nothing", "wrong-secret", code=""),
        ),
        _group(
            "a recovery code, typed O for 0, l and i for 1",
            "recovery_code",
            {"code": "oOlLi1" + " " + "0" * 26},
            _of_code("001111" + "0" * 26),
        ),
    ]


def _of_code(letters: str) -> bytes:
    return parse_recovery_code(letters)


def _slot_group(kind: SlotKind, parameters: bytes, secret: bytes) -> Json:
    pepper = b"pepperid" if kind is SlotKind.PASSPHRASE else b""
    wrapped = wrap_seed(secret, SlotBinding(kind, VAULT, SLOT, parameters, pepper), Seed(SEED))
    opens = {
        "type": int(kind),
        "secret": secret,
        "vault_id": VAULT,
        "slot_id": SLOT,
        "parameters": parameters,
        "pepper_id": pepper,
        "wrapped": wrapped,
        "public_key": public_key_of(Seed(SEED)),
    }
    another = SlotKind.PASSKEY if kind is not SlotKind.PASSKEY else SlotKind.RECOVERY_CODE
    return _group(
        f"a slot of type {kind:02}",
        "slot",
        opens,
        SEED,
        _fault("a byte missing", wrapped=wrapped[:-1]),
        _fault("a byte too many", wrapped=wrapped + b"\0"),
        _fault("another suite", wrapped=b"\2" + wrapped[1:]),
        _fault("its type byte says another", wrapped=_flip(wrapped, 1, kind ^ another)),
        _fault("asked for as another type", type=int(another)),
        _fault("offered as another type", "wrong-secret", type=int(another), wrapped=_flip(wrapped, 1, kind ^ another)),
        _fault("another secret", "wrong-secret", secret=bytes(len(secret))),
        _fault("a bit of the salt", "wrong-secret", wrapped=_flip(wrapped, 2)),
        _fault("a bit of the commitment", "wrong-secret", wrapped=_flip(wrapped, 34)),
        _fault("a bit of the seed", wrapped=_flip(wrapped, 66)),
        _fault("a bit of the tag", wrapped=_flip(wrapped)),
        _fault("of another vault", "wrong-secret", vault_id=OTHER),
        _fault("of another slot", "wrong-secret", slot_id=OTHER),
        _fault("other parameters", "wrong-secret", parameters=parameters + b"\0"),
        _fault("another pepper", "wrong-secret", pepper_id=b"another."),
        _fault("another public key", public_key=public_key_of(Seed(LAB))),
    )


def _text_group(name: str, prefix: str, text: str) -> Json:
    body = text[len(prefix) :]
    raw = _base64url(body)
    return _group(
        name,
        "text",
        {"prefix": prefix, "bytes": len(raw), "text": text},
        raw,
        _fault("a character missing", "malformed", text=text[:-1]),
        _fault("a character too many", "malformed", text=text + "A"),
        _fault("another prefix", "malformed", text="hv0_" + body),
        _fault("standard base64", "malformed", text=text[:-2] + "+/"),
        _fault("padding written out", "malformed", text=text + "=="),
        _fault("a space within", "malformed", text=text[:20] + " " + text[21:]),
        *([_fault("spare bits set", "malformed", text=text[:-1] + chr(ord(text[-1]) + 1))] if len(raw) % 3 else []),
    )


def _base64url(body: str) -> bytes:
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))


def _manifest() -> list[Json]:
    lines = [
        ListedSlot(SlotId(bytes((at,)) * 16), kind, _sha(b"public"), _sha(b"vault"), _sha(b"private"))
        for at, kind in enumerate((SlotKind.PASSPHRASE, SlotKind.RECOVERY_CODE, SlotKind.PASSKEY, SlotKind.TRUSTED), 1)
    ]
    body = manifests.encode(Manifest(VaultId(VAULT), 5, 3, 2, _sha(b"delivery"), Pseudonym(OTHER), tuple(lines)))
    key = derive_key(VK, ctx("vault-keys/1", VAULT, 3))
    at, carer = len(ctx("vault-keys/1")) + 90, 4

    def again(name: str, changed: bytes) -> Json:
        return _fault(name, body=changed, signature=sign(SECRET, changed), mac=derive_mac(key, changed))

    slots = [body[at + 113 * i : at + 113 * (i + 1)] for i in range(4)]

    def listed(*given: bytes) -> bytes:
        return body[: at - 2] + len(given).to_bytes(2, "big") + b"".join(given)

    carers = [bytes((9, i)) * 8 + bytes((carer,)) + slots[0][17:] for i in range(4)]
    opens = {
        "vault_id": VAULT,
        "vault_key": VK,
        "server_key": signing_public_key(SECRET),
        "body": body,
        "signature": sign(SECRET, body),
        "mac": derive_mac(key, body),
    }
    return [
        _group(
            "a manifest",
            "manifest",
            opens,
            _sha(body)[:12],
            _fault("a bit of the body", body=_flip(body, 40)),
            _fault("a bit of the signature", signature=_flip(sign(SECRET, body))),
            _fault("signed by another key", signature=sign(LAB, body)),
            _fault("another server's key", server_key=signing_public_key(LAB)),
            _fault("a bit of the MAC", mac=_flip(derive_mac(key, body))),
            _fault("another vault key", vault_key=SECRET),
            _fault("of another vault", vault_id=OTHER),
            again("another magic", _flip(body, 0)),
            again("a byte missing", body[:-1]),
            again("a byte too many", body + b"\0"),
            again("only a head", body[: at - 2]),
            again("no slot", listed()),
            again("one slot", listed(slots[1])),
            again("no recovery code", listed(slots[0], slots[2])),
            again("a slot twice", listed(slots[1], slots[1])),
            again("in another order", listed(slots[1], slots[0])),
            again("an unknown type", listed(slots[0][:16] + b"\x06" + slots[0][17:], slots[1])),
            again("four carers", listed(slots[1], *carers)),
            again("65 slots", listed(*(i.to_bytes(16, "big") + b"\2" + slots[0][17:] for i in range(65)))),
            again("a count that is not the slots'", body[: at - 2] + b"\0\3" + body[at:]),
        )
    ]


def _segment() -> list[Json]:
    data = json.dumps([1, [["00" * 16, "1", "", *[""] * 17, []]]], separators=(",", ":")).encode()
    sealed = seal_segment(Root(ROOT), VAULT, THING, 7, OTHER, data)
    opens = {
        "label": "segment/1",
        "root": ROOT,
        "vault_id": VAULT,
        "object_id": THING,
        "version": 7,
        "root_id": OTHER,
        "sealed": sealed,
    }
    page = b"directory\0\0\0" + (0).to_bytes(4, "big")
    return [
        _group(
            "a segment",
            "record",
            opens,
            data,
            _fault("cut", sealed=sealed[:-1]),
            _fault("a bit", sealed=_flip(sealed, 5000)),
            _fault("an earlier version", version=6),
            _fault("another segment", object_id=SLOT),
            _fault("a directory page in its place", object_id=page),
            _fault("another root id", root_id=SLOT),
            _fault("another vault", vault_id=OTHER),
        ),
        _group(
            "a directory page",
            "record",
            {**opens, "object_id": page, "sealed": seal_segment(Root(ROOT), VAULT, page, 7, OTHER, b"[1,[]]")},
            b"[1,[]]",
        ),
    ]


def _stream() -> list[Json]:
    return [_stream_group(length) for length in (0, 1, CHUNK_BYTES, CHUNK_BYTES + 5)]


def _stream_group(length: int) -> Json:
    plain = (bytes(range(256)) * (length // 256 + 1))[:length]

    def sealed_of(kind: str = "archive-part", key: bytes = ROOT) -> list[bytes]:
        target = io.BytesIO()
        seal_stream(key, StreamHeader(kind, OTHER), io.BytesIO(plain), target)
        raw = target.getvalue()
        return [raw[:64], *(raw[at : at + CHUNK_BYTES + 16] for at in range(64, len(raw), CHUNK_BYTES + 16))]

    good, foreign = sealed_of(), sealed_of()
    pieces: list[bytes] = [*good]

    def chunks(*given: bytes) -> list[int]:
        """Where each stands in ``pieces``, so that a fault tells no byte twice."""
        pieces.extend(each for each in given if each not in pieces)
        return [pieces.index(each) for each in given]

    opens = {"key": ROOT, "stream_kind": "archive-part", "source": OTHER, "order": chunks(*good)}
    faults = [
        _fault("another key", key=SECRET),
        _fault("another kind", stream_kind="archive-index"),
        _fault("another source", source=THING),
    ]
    if length <= 1:  # Long ones would make a long file.
        faults += [
            _fault("no chunk", order=chunks(good[0])),
            _fault("79 bytes", order=chunks(*good[:1], bytes(15))),
            _fault("a bit of the salt", order=chunks(_flip(good[0], 0), *good[1:])),
            _fault("a bit of the commitment", order=chunks(_flip(good[0]), *good[1:])),
            _fault("a bit of the chunk", order=chunks(good[0], _flip(good[1]))),
            _fault("a byte missing", order=chunks(good[0], good[1][:-1])),
            _fault("a byte too many", order=chunks(*good, b"\0")),
            _fault("a chunk of another stream", order=chunks(good[0], foreign[1])),
            _fault("the chunk twice", order=chunks(*good, good[1])),
        ]
    elif length > CHUNK_BYTES:
        faults += [
            _fault("the last chunk missing", order=chunks(*good[:2])),
            _fault("the first chunk missing", order=chunks(good[0], good[2])),
            _fault("in another order", order=chunks(good[0], good[2], good[1])),
            _fault("a first chunk of another stream", order=chunks(good[0], foreign[1], good[2])),
        ]
    else:
        faults.append(_fault("an empty last chunk", order=chunks(*good, good[1][-16:])))
    return _group(
        f"a stream of {length} bytes",
        "stream",
        {**opens, "pieces": [each.hex() for each in pieces]},
        _sha(plain),
        *faults,
    )


def _delivery() -> list[Json]:
    address = DeliveryAddress(VaultId(VAULT), 4, public_key_of(Seed(SEED)))
    files = [File("a.json", "application/fhir+json", b"{}"), File("b.txt", "text/plain", b"words")]
    made = seal_delivery(address, files, LAB)
    plain = _sha(b"\0\6a.json\0\x15application/fhir+json{}" + b"\0\5b.txt\0\ntext/plainwords")
    body, head = encode(made), len(ctx("delivery/1"))
    objects, before = made.objects, len(body) - len(made.objects)
    one = 2 + 20 + 1052
    unsigned = seal_delivery(address, files)

    def malformed(name: str, changed: bytes) -> Json:
        return _fault(name, "malformed", body=changed)

    def holding(changed: bytes) -> bytes:
        return body[:before] + changed

    return [
        _group(
            "a delivery that a lab signed",
            "delivery",
            {"seed": SEED, "body": body},
            plain,
            malformed("nothing", b""),
            malformed("only a head", body[:before]),
            malformed("another magic", _flip(body, 0)),
            malformed("a vault id of zeros", body[:head] + bytes(16) + body[head + 16 :]),
            malformed("a root id of zeros", body[: head + 24] + bytes(16) + body[head + 40 :]),
            malformed("neither signed nor not", body[: head + 1209] + b"\2" + body[head + 1210 :]),
            malformed("a byte missing", body[:-1]),
            malformed("a byte too many", body + b"\0"),
            malformed("no object", holding(b"\0\0")),
            malformed("65 objects", holding(b"\0\x41" + objects[2:])),
            malformed("an object id of zeros", holding(objects[:2] + bytes(16) + objects[18:])),
            malformed("an object twice", holding(objects[:2] + objects[2:one] * 2)),
            malformed("a length of nothing", holding(objects[:18] + bytes(4) + objects[22:])),
            malformed("a length between steps", holding(objects[:18] + (1053).to_bytes(4, "big") + objects[22:])),
            _fault("a bit of the signature", body=_flip(body, before - 1)),
            _fault("another lab's key", body=body[: head + 1210] + signing_public_key(SEED) + body[head + 1242 :]),
            _fault("another epoch", body=_flip(body, head + 23)),
            _fault("another vault", body=_flip(body, head)),
            _fault("a bit of the sealed root", body=_flip(body, head + 100)),
            _fault("a bit of an object", body=_flip(body)),
            _fault("in another order", body=holding(objects[:2] + objects[one:] + objects[2:one])),
            _fault("another delivery key", seed=SECRET),
        ),
        _group(
            "a delivery that nobody signed",
            "delivery",
            {"seed": SEED, "body": encode(unsigned)},
            plain,
            _fault("a bit of an object", body=_flip(encode(unsigned))),
            _fault(
                "in another order",
                body=encode(unsigned)[: -len(objects)]
                + unsigned.objects[:2]
                + unsigned.objects[one:]
                + unsigned.objects[2:one],
            ),
            _fault("the objects of another delivery", body=encode(unsigned)[: -len(objects)] + objects),
        ),
    ]


def _leaf() -> list[Json]:
    raw = encode_leaf(
        Leaf(
            EntryId(THING),
            1_795_426_200_000_000,
            Pseudonym(VAULT),
            Pseudonym(OTHER),
            "citizen",
            "view",
            "done",
            count=1,
        )
    )
    long = raw[:185] + b"\x20" + b"a" * 32 + raw[193:]
    return [
        _group(
            "a leaf",
            "leaf",
            {"leaf": raw},
            derive_leaf_hash(raw),
            _fault("empty", "length", leaf=b""),
            _fault("only a version", "length", leaf=b"\1"),
            _fault("no codes", "length", leaf=raw[:185]),
            _fault("a byte missing", "length", leaf=raw[:-1]),
            _fault("a byte too many", "length", leaf=raw + b"\0"),
            _fault("318 bytes", "length", leaf=raw.ljust(318, b"a")),
            _fault("another version", "version", leaf=b"\2" + raw[1:]),
            _fault("an entry id of zeros", "id", leaf=raw[:1] + bytes(16) + raw[17:]),
            _fault("a subject of zeros", "id", leaf=raw[:25] + bytes(16) + raw[41:]),
            _fault("a version of no grant", "id", leaf=_flip(raw, 80)),
            _fault("a time of 2^63", "number", leaf=_flip(raw, 17, 128)),
            _fault("a count of 2^63", "number", leaf=_flip(raw, 81, 128)),
            _fault("an upper-case code", "code", leaf=_flip(raw, 186, 32)),
            _fault("an empty event", "code", leaf=raw[:193] + b"\0" + raw[198:]),
            _fault("a code that begins with a dash", "code", leaf=raw[:186] + b"-" + raw[187:]),
        ),
        _group(
            "a leaf with a code of 32",
            "leaf",
            {"leaf": long},
            derive_leaf_hash(long),
            _fault("of 33", "code", leaf=raw[:185] + b"\x21" + b"a" * 33 + raw[193:]),
        ),
    ]


def _archive() -> list[Json]:
    slots = [_archive_slot(CODE[::-1], OTHER), _archive_slot(CODE, SLOT)]
    records, scan = b"[]", bytes(5)
    target = io.BytesIO()
    parts = [
        (describe("records.json", "", "application/json", records), lambda: records),
        (describe("files/1.pdf", "Scan März.pdf", "application/pdf", scan), lambda: scan),
    ]
    write_archive(
        target, (VAULT, THING), slots, parts, made_at="2026-11-23T10:00:00Z", service="https://vault.example.org"
    )
    file, head, slot = target.getvalue(), len(ctx("archive/1")) + 33, 1302
    told = {
        "format": "health-data-vault-archive/1",
        "made_at": "2026-11-23T10:00:00Z",
        "parts": [
            {"name": p.name, "sha256": p.sha256, "size": p.size, "title": p.title, "type": p.type} for p, _ in parts
        ],
        "service": "https://vault.example.org",
    }
    index = _sha(json.dumps(told, sort_keys=True, separators=(",", ":")).encode())
    code = format_recovery_code(CODE)

    def malformed(name: str, changed: bytes) -> Json:
        return _fault(name, "malformed", file=changed)

    return [
        _group(
            "an archive with two recovery codes",
            "archive",
            {"file": file, "code": code},
            index,
            malformed("nothing", b""),
            malformed("another magic", _flip(file, 0)),
            malformed("no slot", file[: head - 1] + b"\0" + file[head:]),
            malformed("nine slots", file[: head - 1] + b"\x09" + file[head:]),
            malformed("a carer's slot", file[:head] + b"\4" + file[head + 1 :]),
            malformed("parameters that no code has", file[: head + 17] + b"\0\1" + file[head + 19 :]),
            malformed("cut within a slot", file[: head + 500]),
            _fault("cut within the index", file=file[: head + 2 * slot + 100]),
            _fault("another code", "wrong-secret", code=format_recovery_code(bytes(20))),
            _fault("no code", "wrong-secret", code="no code"),
            _fault("of another vault", "wrong-secret", file=_flip(file, len(ctx("archive/1")))),
            _fault("another archive id", file=_flip(file, len(ctx("archive/1")) + 16)),
            _fault("a bit of the sealed root", file=_flip(file, head + slot + 700)),
            _fault("a bit of the other slot", file=_flip(file, head + 50)),
            _fault("a slot taken out", file=file[: head - 1] + b"\1" + file[head + slot :]),
            _fault("a bit of the index", file=_flip(file, head + 2 * slot + 100)),
            _fault("a bit of a part", file=_flip(file)),
            _fault("a byte missing", file=file[:-1]),
            _fault("a byte too many", file=file + b"\0"),
        )
    ]


def _archive_slot(code: bytes, slot_id: bytes) -> ArchiveSlot:
    binding = SlotBinding(SlotKind.RECOVERY_CODE, VAULT, slot_id)
    return ArchiveSlot(
        SlotKind.RECOVERY_CODE, slot_id, b"", wrap_seed(code, binding, Seed(SEED)), public_key_of(Seed(SEED))
    )


def _invited(role: str) -> Invitation:
    return Invitation(role, VaultId(VAULT), InvitationId(THING), InvitationSecret(SECRET))


def _caring() -> list[Json]:
    groups = [_text_group("an invitation", "hvi1_", _invited(CARER).text())]
    for role in (CARER, TRUSTED):
        person = Person("Ben Example", Pseudonym(OTHER))
        made = make_answer(_invited(role), VaultId(OTHER), public_key_of(Seed(SEED)), person)
        opens = {
            "role": role,
            "vault_id": VAULT,
            "invitation_id": THING,
            "secret": SECRET,
            "invited_vault_id": OTHER,
            "public_key": made.public_key,
            "sealed": made.sealed,
            "proof": made.proof,
        }
        plain = json.dumps({"name": person.name, "pseudonym": OTHER.hex()}).encode()
        groups.append(
            _group(
                f"an answer, {role}",
                "answer",
                opens,
                plain,
                _fault("a planted key", public_key=public_key_of(Seed(LAB))),
                _fault("another invited vault", invited_vault_id=SLOT),
                _fault("to another invitation", invitation_id=SLOT),
                _fault("another role", role=OWNER),
                _fault("another secret", secret=LAB),
                _fault("a bit of the proof", proof=_flip(made.proof)),
                _fault("a bit of what is sealed", sealed=_flip(made.sealed)),
            )
        )
    return groups


def _trusted() -> list[Json]:
    data = ctx("trusted-secret/1", VAULT, SLOT, SEED)
    return [
        _group("the slot's secret", "keyed", {"key": LAB, "data": data}, derive_mac(LAB, data)),
        _sealed_group("a person's half", ctx("trusted-half/1", VAULT, SLOT), LAB, ctx("handed-half/1", VAULT, SLOT)),
        _sealed_group("a handed half", ctx("handed-half/1", VAULT, SLOT), LAB, ctx("trusted-half/1", VAULT, SLOT)),
    ]


def _paper(name: str, paper_id: bytes, purpose: bytes, content: Json) -> Json:
    data = json.dumps(content).encode()
    sealed = seal_record(Root(ROOT), RecordHeader(VAULT, paper_id, 1, OTHER, "paper", purpose), data)
    opens = {
        "label": "record/1",
        "root": ROOT,
        "vault_id": VAULT,
        "object_id": paper_id,
        "version": 1,
        "root_id": OTHER,
        "kind": "paper",
        "source": purpose,
        "sealed": sealed,
    }
    return _group(
        name,
        "record",
        opens,
        data,
        _fault("as another paper", object_id=THING),
        _fault("for another purpose", source=b"carers"),
        _fault("an earlier version", version=0),
        _fault("a bit", sealed=_flip(sealed)),
    )


def _notes() -> list[Json]:
    notes = {"slots": {SLOT.hex(): {"name": "Kitchen drawer", "last_group": "0A1B", "confirmed": True}}}
    return [_paper("slot notes", b"paper:recovery\0\0", b"recovery-check", notes)]


def _pass() -> list[Json]:
    until = (1_795_426_200_000_000).to_bytes(8, "big")
    return [
        _wrap_group("document-look/1", THING, until),
        _wrap_group("share-look/1", THING, until),
        _wrap_group("document-password/1", THING, until + b"secret"),
    ]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, groups in make_all().items():
        (FOLDER / f"{name}.json").write_text(text_of(groups), "utf-8")


if __name__ == "__main__":
    main()
