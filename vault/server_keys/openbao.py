"""Keys in OpenBao's (or Vault's) Transit engine: they are made there, or put in once, and never come out.

Each key is three Transit keys ``<set>.<name>.<part>``; the signing one is made last, so a key without it isn't there
yet. Nothing of a key's versions is used: a new key is a new name. docs/specs/key-provider.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

import hvac
import requests
from hvac.exceptions import InvalidPath, InvalidRequest, VaultError

from vault.crypto.signatures import private_key_der
from vault.crypto.transport import wrap_for_import
from vault.errors import Tampered
from vault.keys.provider import KeysUnavailable, Purpose
from vault.server_keys.stores import KeyMaterial, KeysStay, ServerKey, fresh_key_id, parse_name

_VERSION: Final = "vault:v1:"
_TYPES: Final = {"wrap": "aes256-gcm96", "mac": "hmac", "sign": "ed25519"}
_SECONDS: Final = 10


class OpenBaoStore:
    """The keys called ``key_set`` in the Transit engine mounted at ``mount``; ``token`` may use them."""

    def __init__(self, address: str, token: str, mount: str = "transit", key_set: str = "healthvault") -> None:
        self.name = f"OpenBao at {address}, {mount}"
        self._client = hvac.Client(address, token=token, timeout=_SECONDS)
        self._mount = mount
        self._set = key_set

    def prepare(self) -> None:
        if not self.list_keys():
            for purpose in Purpose:
                self.make(purpose, 1)

    def list_keys(self) -> tuple[ServerKey, ...]:
        found = []
        for path in self._list():
            key_set, _, rest = path.partition(".")
            name, _, part = rest.rpartition(".")
            place = parse_name(name) if (key_set, part) == (self._set, "sign") else None
            if place is not None:
                stored = self._read(f"keys/{path}")
                found.append(ServerKey(*place, _bytes_of(stored["keys"]["1"]["public_key"])))
        return tuple(sorted(found))

    def make(self, purpose: Purpose, serial: int) -> None:
        key = ServerKey(purpose, serial, fresh_key_id(), b"")
        for part, kind in _TYPES.items():
            size = {"key_size": 32} if part == "mac" else {}
            self._write(f"keys/{self._named(key, part)}", type=kind, **size)

    def take(self, key: ServerKey, material: KeyMaterial) -> None:
        self.destroy(key)  # What an interrupted move left.
        wrapping_key = self._read("wrapping_key")["public_key"].encode()
        seed = private_key_der(material.signing_seed)
        for part, secret in (("wrap", material.wrapping), ("mac", material.mac), ("sign", seed)):
            sealed = _text_of(wrap_for_import(wrapping_key, secret))
            path = f"keys/{self._named(key, part)}/import"
            self._write(path, ciphertext=sealed, type=_TYPES[part], hash_function="SHA256")

    def give(self, key: ServerKey) -> KeyMaterial:
        raise KeysStay

    def destroy(self, key: ServerKey) -> None:
        there = set(self._list())
        for part in reversed(_TYPES):
            name = self._named(key, part)
            if name in there:
                self._write(f"keys/{name}/config", deletion_allowed=True)
                _asked(self._client.delete, f"{self._mount}/keys/{name}")

    def seal(self, key: ServerKey, context: bytes, data: bytes) -> bytes:
        path = f"encrypt/{self._named(key, 'wrap')}"
        answer = self._write(path, plaintext=_text_of(data), associated_data=_text_of(context))
        return _versioned(answer["ciphertext"])

    def open(self, key: ServerKey, context: bytes, sealed: bytes) -> bytes:
        path = f"decrypt/{self._named(key, 'wrap')}"
        given = {"ciphertext": _VERSION + _text_of(sealed), "associated_data": _text_of(context)}
        try:
            return _bytes_of(self._client.write_data(f"{self._mount}/{path}", data=given)["data"]["plaintext"])
        except InvalidRequest as refused:
            if any(word in str(refused) for word in ("authentication failed", "ciphertext")):
                raise Tampered from None
            raise KeysUnavailable from None
        except (VaultError, requests.RequestException):
            raise KeysUnavailable from None

    def mac(self, key: ServerKey, data: bytes) -> bytes:
        return _versioned(self._write(f"hmac/{self._named(key, 'mac')}/sha2-256", input=_text_of(data))["hmac"])

    def sign(self, key: ServerKey, data: bytes) -> bytes:
        return _versioned(self._write(f"sign/{self._named(key, 'sign')}", input=_text_of(data))["signature"])

    # -- the engine ------------------------------------------------------------------------------------------------

    def _named(self, key: ServerKey, part: str) -> str:
        return f"{self._set}.{key.name}.{part}"

    def _list(self) -> tuple[str, ...]:
        try:
            answer = self._client.list(f"{self._mount}/keys")
        except InvalidPath:
            return ()
        except (VaultError, requests.RequestException):
            raise KeysUnavailable from None
        return tuple(answer["data"]["keys"]) if answer else ()

    def _read(self, path: str) -> dict[str, Any]:
        answer = _asked(self._client.read, f"{self._mount}/{path}")
        if answer is None:
            raise KeysUnavailable
        return dict(answer["data"])

    def _write(self, path: str, **data: Any) -> dict[str, Any]:
        answer = _asked(self._client.write_data, f"{self._mount}/{path}", data=data)
        return dict(answer["data"] or {}) if isinstance(answer, dict) else {}


def _asked(ask: Callable[..., Any], *given: Any, **named: Any) -> Any:
    try:
        return ask(*given, **named)
    except (VaultError, requests.RequestException):
        raise KeysUnavailable from None


def _text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise KeysUnavailable from None


def _versioned(text: str) -> bytes:
    """What follows ``vault:v1:``; KeysUnavailable for another version, which somebody made behind our back."""
    if not text.startswith(_VERSION):
        raise KeysUnavailable
    return _bytes_of(text.removeprefix(_VERSION))
