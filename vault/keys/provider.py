"""The operator's keys, behind one protocol: keys of its own for each purpose, never the citizen's.

Whoever steals the database without these gets no guess at a passphrase and no e-mail address; whoever has both
still opens no vault. Where they lie: ``vault/server_keys``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from vault.crypto.signatures import verify
from vault.errors import Tampered, VaultError


class Purpose(StrEnum):
    """Each has a key of its own."""

    PEPPER = "pepper"
    E_MAIL = "e-mail"
    VAULT_KEYS = "vault-keys"
    LOG = "log"
    RECEIPTS = "receipts"
    CERTIFICATES = "certificates"
    ACCOUNTABILITY = "accountability"
    LINKS = "links"
    SECOND_FACTOR = "second-factor"


FIRST_PURPOSES = frozenset(Purpose) - {Purpose.SECOND_FACTOR}
"""Those of the first release: an installation of then has keys for these and no others yet."""


class KeysUnavailable(VaultError):
    """The operator's keys can't be used: absent, readable by others, or the device doesn't answer."""

    code = "keys-unavailable"
    advice = "The server's own keys can't be used just now. Nothing was read or changed."


class KeyProvider(Protocol):
    """``purpose`` is a member or value of ``Purpose``; all methods raise KeysUnavailable if the key can't be used."""

    def wrap(self, purpose: str, data: bytes, context: bytes) -> bytes:
        """``data`` sealed under the purpose's key and bound to ``context``."""
        ...

    def unwrap(self, purpose: str, data: bytes, context: bytes) -> bytes:
        """What ``wrap`` sealed; Tampered for another purpose, context or key."""
        ...

    def mac(self, purpose: str, data: bytes, key_id: str | None = None) -> bytes:
        """HMAC-SHA256, 32 bytes: by the key of this id, or by the purpose's first, which things are found by."""
        ...

    def sign(self, purpose: str, data: bytes) -> bytes:
        """Ed25519, 64 bytes, by the purpose's newest key."""
        ...

    def public_key(self, purpose: str) -> bytes:
        """The 32-byte Ed25519 key that verifies ``sign``."""
        ...

    def public_keys(self, purpose: str) -> dict[str, bytes]:
        """Key id to public key, oldest first, of every key that this purpose still has: older signatures verify too."""
        ...

    def key_ids(self) -> dict[str, str]:
        """Purpose to the id of its newest key, 16 hex digits that say nothing about the key."""
        ...

    def reload(self) -> None:
        """Look again which keys there are: another process may have made one."""
        ...

    def health(self) -> None:
        """Return if every purpose can be used; KeysUnavailable otherwise."""
        ...


def verify_any(provider: KeyProvider, purpose: str, signature: bytes, data: bytes) -> bytes:
    """The public key of this purpose that signed ``data``; Tampered if none did."""
    found = _signer(provider, purpose, signature, data)
    if found is None:
        provider.reload()
        found = _signer(provider, purpose, signature, data)
    if found is None:
        raise Tampered
    return found


def _signer(provider: KeyProvider, purpose: str, signature: bytes, data: bytes) -> bytes | None:
    for public_key in reversed(provider.public_keys(purpose).values()):
        try:
            verify(public_key, signature, data)
        except Tampered:
            continue
        return public_key
    return None
