"""Bearer tokens: ``hv1_`` and base64url of vault id, session id and a 32-byte secret that the server forgets."""

from __future__ import annotations

import base64
import binascii
import hashlib

from vault.crypto.context import ctx
from vault.crypto.secret import SessionSecret
from vault.errors import Unauthenticated
from vault.ids import SessionId, VaultId

PREFIX = "hv1_"
_BODY_BYTES = 64
_TOKEN_CHARACTERS = 90


def make_token(vault_id: VaultId, session_id: SessionId, secret: SessionSecret) -> str:
    """90 characters, safe in headers and cookies."""
    body = base64.urlsafe_b64encode(vault_id + session_id + secret.raw)
    return PREFIX + body.rstrip(b"=").decode()


def parse_token(token: str) -> tuple[VaultId, SessionId, SessionSecret]:
    """The three parts; Unauthenticated unless the token is one that ``make_token`` could have written."""
    if len(token) != _TOKEN_CHARACTERS or not token.isascii() or not token.startswith(PREFIX):
        raise Unauthenticated
    try:
        body = base64.b64decode(token[len(PREFIX) :] + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unauthenticated from None
    if len(body) != _BODY_BYTES:
        raise Unauthenticated
    parts = VaultId(body[:16]), SessionId(body[16:32]), SessionSecret(body[32:])
    if make_token(*parts) != token:  # base64 has several spellings of one value; we take one.
        raise Unauthenticated
    return parts


def digest(label: str, data: bytes) -> bytes:
    """SHA-256(ctx(label) ‖ data): a 32-byte name for a random secret. Never for anything guessable."""
    return hashlib.sha256(ctx(label) + data).digest()
