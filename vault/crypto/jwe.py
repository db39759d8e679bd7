"""Compact JWE for SMART Health Links: ``alg: dir``, ``enc: A256GCM``, ``cty``, no ``zip``, a fresh IV each time."""

from __future__ import annotations

from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from vault.crypto.secret import LinkKey
from vault.errors import Tampered

MAX_FILE_BYTES: Final = 32 * 1024 * 1024
_ALGORITHMS: Final = ["dir", "A256GCM"]


class _Registry(jwe.JWERegistry):
    max_ciphertext_length = MAX_FILE_BYTES


_REGISTRY: Final = _Registry(algorithms=_ALGORITHMS)


def seal_jwe(key: LinkKey, plaintext: bytes, content_type: str) -> str:
    """``plaintext`` (at most 32 MiB in base64) as a compact JWE whose ``cty`` is ``content_type``."""
    header = {"alg": "dir", "enc": "A256GCM", "cty": content_type}
    return jwe.encrypt_compact(header, plaintext, OctKey.import_key(key.raw), registry=_REGISTRY)


def open_jwe(key: LinkKey, sealed: str) -> tuple[bytes, str]:
    """Plaintext and content type; Tampered for another key, a changed byte or another algorithm."""
    try:
        opened = jwe.decrypt_compact(sealed, OctKey.import_key(key.raw), registry=_REGISTRY)
    except (JoseError, ValueError):
        raise Tampered from None
    if opened.plaintext is None or "zip" in opened.protected:
        raise Tampered
    return opened.plaintext, str(opened.protected.get("cty", ""))
