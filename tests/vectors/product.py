"""What the product says of a vector: ``opens`` and its bytes, or the class of its refusal."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from vault.archive.format import Archive, NotAnArchive
from vault.audit.leaf import MalformedLeaf, decode_leaf, derive_leaf_hash
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key, derive_mac
from vault.crypto.objects import RecordHeader, open_record, open_segment
from vault.crypto.sealing import open_sealed, public_key_of
from vault.crypto.secret import InvitationSecret, PrivateKeyVK, Root, Seed, VaultKey
from vault.crypto.signatures import verify
from vault.crypto.slots import SlotBinding, SlotKind, WrongSecret, unwrap_seed
from vault.crypto.streams import StreamHeader, open_stream
from vault.crypto.tokens import parse_token
from vault.deliveries.format import BadLabSignature, MalformedDelivery, check_lab_signature, decode, open_files
from vault.errors import Tampered, Unauthenticated
from vault.ids import InvitationId, Pseudonym, VaultId
from vault.keys import manifest as manifests
from vault.keys.delivery import open_with_seeds
from vault.keys.invitations import Answer, BadInvitation, Invitation, check_answer, parse_invitation
from vault.keys.keyring import Keyring
from vault.keys.recovery_code import parse_recovery_code

TEXTS = {"text", "prefix", "code", "role", "label", "kind", "stream_kind", "aead"}
V = dict[str, Any]


def outcome(kind: str, fields: V) -> tuple[str, str | None]:
    values = {
        key: bytes.fromhex(value) if isinstance(value, str) and key not in TEXTS else value
        for key, value in fields.items()
    }
    try:
        return "opens", KINDS[kind](values).hex()
    except MalformedLeaf as error:
        return error.fault, None
    except WrongSecret:
        return "wrong-secret", None
    except (MalformedDelivery, NotAnArchive, BadInvitation, Unauthenticated):
        return "malformed", None
    except (Tampered, BadLabSignature):
        return "tampered", None


def _context(v: V) -> bytes:
    return ctx(v["label"], *[bytes.fromhex(part["bytes"]) if isinstance(part, dict) else part for part in v["parts"]])


def _slot(v: V) -> bytes:
    ids = v["vault_id"], v["slot_id"], v["parameters"], v["pepper_id"]
    seed = unwrap_seed(v["secret"], SlotBinding(SlotKind(v["type"]), *ids), v["wrapped"])
    if public_key_of(seed) != v["public_key"]:
        raise Tampered
    return seed.raw


def _record(v: V) -> bytes:
    ids = v["vault_id"], v["object_id"], v["version"], v["root_id"]
    if v["label"] == "segment/1":
        return open_segment(Root(v["root"]), *ids, v["sealed"])
    return open_record(Root(v["root"]), RecordHeader(*ids, v["kind"], v["source"]), v["sealed"])


def _wrap(v: V) -> bytes:
    keyring = Keyring(
        VaultId(v["vault_id"]), v["generation"], Pseudonym(bytes(16)), VaultKey(v["vault_key"]), PrivateKeyVK.make()
    )
    return keyring.unwrap(v["label"], v["object_id"], v["wrapped"])


def _manifest(v: V) -> bytes:
    verify(v["server_key"], v["signature"], v["body"])
    manifest = manifests.decode(v["body"])
    key = derive_key(v["vault_key"], ctx("vault-keys/1", v["vault_id"], manifest.generation))
    if manifest.vault_id != v["vault_id"] or not hmac.compare_digest(derive_mac(key, v["body"]), v["mac"]):
        raise Tampered
    return manifests.header_of(manifest.vault_id, manifest.serial, v["body"])[2]


def _leaf(v: V) -> bytes:
    decode_leaf(v["leaf"])
    return derive_leaf_hash(v["leaf"])


def _stream(v: V) -> bytes:
    source, target = io.BytesIO(bytes.fromhex("".join(v["pieces"][place] for place in v["order"]))), io.BytesIO()
    open_stream(v["key"], StreamHeader(v["stream_kind"], v["source"]), source, target)
    return hashlib.sha256(target.getvalue()).digest()


def _delivery(v: V) -> bytes:
    made = decode(v["body"])
    check_lab_signature(made)
    seeds = {made.epoch: Seed(v["seed"])}
    root = open_with_seeds(made.vault_id, seeds, made.epoch, made.root_id, made.sealed_root)
    plain = b"".join(
        b"".join(len(text.encode()).to_bytes(2, "big") + text.encode() for text in (file.name, file.content_type))
        + file.data
        for file in open_files(made, root)
    )
    return hashlib.sha256(plain).digest()


def _archive(v: V) -> bytes:
    found = Archive(io.BytesIO(v["file"]), v["code"])
    for place in range(len(found.parts)):
        found.copy(place, io.BytesIO())
    parts = [asdict(part) for part in found.parts]
    told = {"format": "health-data-vault-archive/1", "made_at": found.made_at, "parts": parts, "service": found.service}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).digest()


def _answer(v: V) -> bytes:
    invitation = Invitation(
        v["role"], VaultId(v["vault_id"]), InvitationId(v["invitation_id"]), InvitationSecret(v["secret"])
    )
    person = check_answer(invitation, Answer(VaultId(v["invited_vault_id"]), v["public_key"], v["sealed"], v["proof"]))
    return json.dumps({"name": person.name, "pseudonym": person.pseudonym.hex()}).encode()


def _text(v: V) -> bytes:
    if v["prefix"] == "hv1_":
        vault_id, session_id, secret = parse_token(v["text"])
        return vault_id + session_id + secret.raw
    found = parse_invitation("carer", v["text"])
    return found.vault_id + found.invitation_id + found.secret.raw


KINDS: dict[str, Callable[[V], bytes]] = {
    "context": _context,
    "slot": _slot,
    "record": _record,
    "wrap": _wrap,
    "manifest": _manifest,
    "leaf": _leaf,
    "stream": _stream,
    "delivery": _delivery,
    "archive": _archive,
    "answer": _answer,
    "text": _text,
    "recovery_code": lambda v: parse_recovery_code(v["code"]),
    "derived": lambda v: derive_key(v["key"], v["info"]),
    "keyed": lambda v: derive_mac(v["key"], v["data"]),
    "x_wing": lambda v: public_key_of(Seed(v["seed"])),
    "sealed": lambda v: open_sealed(Seed(v["seed"]), v["info"], v["sealed"]),
}
