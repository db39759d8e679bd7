"""The certificate of an erasure: what went, in counts, and when the last of it expires.

By docs/specs/erasure-certificate.md. It names nobody. It is signed, and checked without the vault that it was made by.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from vault.crypto.context import ctx
from vault.crypto.signatures import verify
from vault.errors import Invalid
from vault.ids import make_id, text_of
from vault.keys.provider import KeyProvider, Purpose

FORMAT: Final = "health-data-vault-erasure/1"
MOST_BYTES: Final = 65_536
_SCRUBS: Final = {
    "sqlite": "Freed pages were overwritten with zeros and the write-ahead log was cut to nothing.",
    "postgresql": "VACUUM was run on every table whose rows went.",
}
_NOT_CLAIMED: Final = {
    "sqlite": ("What a disk or file system keeps beneath the database file.",),
    "postgresql": (
        "What the write-ahead log, replicas and physical backups hold until they expire.",
        "Freed space inside table files, until it is used again.",
        "What a disk or file system keeps beneath the database.",
    ),
}
_ALWAYS: Final = "What others fetched by a link, or kept from it, before."


class NotACertificate(Invalid):
    code = "not-a-certificate"
    advice = "This is not a certificate of erasure."


@dataclass(frozen=True, slots=True)
class Told:
    """What the erasing transaction knew. ``last_entry``: leaf hash of the entry that tells of the erasure."""

    erased: Mapping[str, int]
    log_entries: int
    last_entry: bytes


def write_told(told: Told) -> bytes:
    """As it waits for its certificate."""
    value = {"erased": dict(told.erased), "log_entries": told.log_entries, "last_entry": told.last_entry.hex()}
    return json.dumps(value, sort_keys=True).encode()


def read_told(data: bytes) -> Told:
    value = json.loads(data)
    return Told(value["erased"], value["log_entries"], bytes.fromhex(value["last_entry"]))


def make_certificate(  # noqa: PLR0917  What a certificate says.
    provider: KeyProvider, told: Told, store: str, service: str, erased_at: datetime, gone_at: datetime, kept: timedelta
) -> bytes:
    """``{certificate, signature}`` as UTF-8 JSON. ``store``: sqlite or postgresql; ``kept``: of key backups."""
    certificate = {
        "format": FORMAT,
        "certificate_id": text_of(make_id()),
        "service": service,
        "erased_at": _moment(erased_at),
        "scrubbed_at": _moment(gone_at),
        "erased": dict(told.erased),
        "kept": {"log_entries": told.log_entries},
        "last_log_entry": told.last_entry.hex(),
        "store": store,
        "scrub": _SCRUBS[store],
        "last_residue_until": _moment(erased_at + kept),
        "residue": "Sealed copies in older backups. Their keys are in key backups only, until this moment.",
        "not_claimed": [*_NOT_CLAIMED[store], _ALWAYS],
    }
    signature = {
        "algorithm": "Ed25519",
        "key_id": provider.key_ids()[Purpose.CERTIFICATES],
        "public_key": _base64url(provider.public_key(Purpose.CERTIFICATES)),
        "value": _base64url(provider.sign(Purpose.CERTIFICATES, signed_bytes(certificate))),
    }
    whole = {"certificate": certificate, "signature": signature}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def read_certificate(data: bytes) -> dict[str, Any]:
    """What a certificate says, unchecked: for showing one that was just made. NotACertificate."""
    return dict(_parsed(data)["certificate"])


def check_certificate(data: bytes, public_key: bytes) -> dict[str, Any]:
    """What it says, if it is as signed by ``public_key`` (32 bytes). Tampered; NotACertificate for something else."""
    whole = _parsed(data)
    try:
        value = base64.b64decode(whole["signature"]["value"] + "==", altchars=b"-_", validate=True)
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise NotACertificate from None
    certificate = dict(whole["certificate"])
    verify(public_key, value, signed_bytes(certificate))
    return certificate


def signed_bytes(certificate: Mapping[str, Any]) -> bytes:
    """ctx("erasure-certificate/1") and the certificate by RFC 8785; it holds no fraction of a number."""
    text = json.dumps(certificate, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return ctx("erasure-certificate/1") + text.encode("utf-8", "replace")


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        whole = json.loads(data) if len(data) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict) or set(whole) != {"certificate", "signature"}:
        raise NotACertificate
    certificate = whole["certificate"]
    if not isinstance(certificate, dict) or certificate.get("format") != FORMAT:
        raise NotACertificate
    return whole


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
