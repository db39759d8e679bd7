"""The signed receipt of a delivery: which bytes arrived at which address, and when. docs/specs/delivery.md.

It says that the vault has them and will show them; not that anybody has read them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from vault.crypto.context import ctx
from vault.crypto.signatures import verify
from vault.errors import Tampered
from vault.ids import VaultId, text_of
from vault.keys.provider import KeyProvider, Purpose

FORMAT: Final = "health-data-vault-delivery-receipt/1"
BY_SENDER: Final = "sender"
BY_SERVER: Final = "server"


def address_of(service: str, vault_id: VaultId) -> str:
    """What a citizen gives to a sender: the URL to deliver to."""
    return f"{service}/api/deliveries/{text_of(vault_id)}"


def make_receipt(
    provider: KeyProvider, address: str, delivery_id: bytes, body: bytes, *, sealed_by: str, at: datetime
) -> dict[str, Any]:
    """``{receipt, signature}`` as JSON values; the same again for the same delivery."""
    receipt = {
        "format": FORMAT,
        "address": address,
        "delivery_id": text_of(delivery_id),
        "sha256": hashlib.sha256(body).hexdigest(),
        "size": len(body),
        "sealed_by": sealed_by,
        "received_at": at.isoformat().replace("+00:00", "Z"),
    }
    signature = {
        "algorithm": "Ed25519",
        "key_id": provider.key_ids()[Purpose.RECEIPTS],
        "public_key": _base64url(provider.public_key(Purpose.RECEIPTS)),
        "value": _base64url(provider.sign(Purpose.RECEIPTS, signed_bytes(receipt))),
    }
    return {"receipt": receipt, "signature": signature}


def check_receipt(signed: Mapping[str, Any], public_key: bytes) -> None:
    """Return if the receipt is as signed by ``public_key`` (32 bytes); Tampered otherwise."""
    try:
        value = base64.urlsafe_b64decode(signed["signature"]["value"] + "==")
        data = signed_bytes(signed["receipt"])
    except (KeyError, TypeError, ValueError):
        raise Tampered from None
    verify(public_key, value, data)


def signed_bytes(receipt: Mapping[str, Any]) -> bytes:
    """ctx("delivery-receipt/1") and the receipt by RFC 8785; it holds no fraction of a number."""
    told = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return ctx("delivery-receipt/1") + told


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
