"""``healthvault deliver``: files sealed here, with the key that the vault publishes, and sent to its address.

Nothing is sealed before the signed manifest names the key. A server's signing key that was seen before can be given,
and then no other is believed. The API key comes from a file or the environment, never from the command line.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from vault.deliveries.format import MEDIA_TYPE, File, encode, seal_delivery
from vault.deliveries.receipts import check_receipt
from vault.errors import NotFound, Tampered
from vault.ids import VaultId, parse_id
from vault.keys.delivery import DeliveryAddress, PublishedKey, check_published

KEY_VARIABLE = "HEALTHVAULT_DELIVERY_KEY"
_TIMEOUT_SECONDS = 30.0


class NotDelivered(Exception):
    """Why not, in one sentence for whoever ran the command."""


def deliver(
    address: str,
    files: list[Path],
    *,
    key_file: Path | None = None,
    lab_key_file: Path | None = None,
    server_key: str = "",
    client: httpx2.Client | None = None,
) -> dict[str, Any]:
    """The signed receipt of one delivery that holds all ``files``. NotDelivered; Tampered; OSError; TooLarge."""
    vault_id, key = _vault_of(address), _read_key(key_file)
    contents = [File(path.name, mimetypes.guess_type(path.name)[0] or "", path.read_bytes()) for path in files]
    seed = _seed(lab_key_file)
    with client or httpx2.Client(timeout=_TIMEOUT_SECONDS) as http:
        published = _published(_json(http.get(address, headers=_headers(key))), vault_id)
        check_published(published, vault_id, _bytes(server_key) if server_key else None)
        body = encode(seal_delivery(published.address, contents, seed))
        receipt = _json(http.post(address, content=body, headers=_headers(key) | {"Content-Type": MEDIA_TYPE}))
    _check(receipt, body)
    return receipt


def _check(signed: dict[str, Any], body: bytes) -> None:
    """The receipt must be of these bytes; its key is the one that the receipt names."""
    try:
        check_receipt(signed, _bytes(signed["signature"]["public_key"]))
        same = signed["receipt"]["sha256"] == hashlib.sha256(body).hexdigest()
    except (KeyError, TypeError):
        same = False
    if not same:
        raise Tampered


def _published(told: dict[str, Any], vault_id: VaultId) -> PublishedKey:
    try:
        address = DeliveryAddress(vault_id, int(told["epoch"]), _bytes(told["public_key"]))
        manifest, signature, server_key = (_bytes(told[name]) for name in ("manifest", "signature", "server_key"))
    except (KeyError, TypeError, ValueError):
        raise Tampered from None
    return PublishedKey(address, manifest, signature, server_key)


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise NotDelivered("The address doesn't answer as a vault does.")
    if answer.status_code >= 400:
        raise NotDelivered(str(told.get("detail") or "Not delivered."))
    return told


def _vault_of(address: str) -> VaultId:
    parts = urlsplit(address)
    loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise NotDelivered("The address must begin with https://.")
    try:
        return VaultId(parse_id(parts.path.rpartition("/")[2]))
    except NotFound:
        raise NotDelivered("This is no address of a vault.") from None


def _read_key(path: Path | None) -> str:
    key = path.read_text() if path else os.environ.get(KEY_VARIABLE, "")
    if not key.strip() and not path and not sys.stdin.isatty():
        key = sys.stdin.readline()
    if not key.strip():
        raise NotDelivered(f"Please give the API key in {KEY_VARIABLE}, in a file, or on standard input.")
    return key.strip()


def _seed(path: Path | None) -> bytes | None:
    if path is None:
        return None
    seed = _bytes(path.read_text().strip())
    if len(seed) != 32:
        raise NotDelivered("The lab's signing key must be 32 bytes as base64url.")
    return seed


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (TypeError, ValueError):
        raise Tampered from None
