"""What one attempt to sign in is bound to: a random token in the browser, and from it state, nonce and PKCE verifier.

The server keeps a digest of the token and none of the rest, so that whoever reads its tables can finish no attempt.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass

from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key

TOKEN_CHARACTERS = 43
_KINDS = ("state", "nonce", "verifier")


@dataclass(frozen=True, slots=True, repr=False)
class Codes:
    """``state`` comes back in the address, ``nonce`` in the ID token; ``verifier`` is sent with the code."""

    state: str
    nonce: str
    verifier: str
    sealing: bytes


def make_token() -> str:
    """43 random characters for the browser's cookie."""
    return secrets.token_urlsafe(32)


def derive_codes(token: str) -> Codes:
    """The codes of a token of ``make_token``, or of any other text: then they fit no attempt."""
    shown = token[: TOKEN_CHARACTERS + 1].encode("utf-8", "surrogatepass")
    secret = hashlib.sha256(ctx("sign-in-token/1", shown)).digest()
    state, nonce, verifier = (_text(derive_key(secret, ctx(f"sign-in-{each}/1"))) for each in _KINDS)
    return Codes(state, nonce, verifier, derive_key(secret, ctx("sign-in-sealing/1")))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
