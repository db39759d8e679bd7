"""The operator's keys, behind one protocol: one key per purpose, never the citizen's.

Whoever steals the database without these gets no guess at a passphrase and no e-mail address; whoever has both
still opens no vault. Kept as files today; PKCS#11 and OpenBao fit the same protocol.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from vault.errors import VaultError


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

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256, 32 bytes."""
        ...

    def sign(self, purpose: str, data: bytes) -> bytes:
        """Ed25519, 64 bytes."""
        ...

    def public_key(self, purpose: str) -> bytes:
        """The 32-byte Ed25519 key that verifies ``sign``."""
        ...

    def public_keys(self, purpose: str) -> dict[str, bytes]:
        """Key id to public key, of every key this purpose has had here: by which older signatures verify."""
        ...

    def key_ids(self) -> dict[str, str]:
        """Purpose to the id of the key now in use, 16 hex digits that say nothing about the key."""
        ...

    def health(self) -> None:
        """Return if every purpose can be used; KeysUnavailable otherwise."""
        ...
