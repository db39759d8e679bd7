"""Keys as types: 32 bytes that never print, format, pickle or compare in variable time.

``repr`` is the class name and nothing else; ``str()``, f-strings and pickling raise TypeError. The bytes are
reached by ``.raw`` alone, so that every use can be found by search.
"""

from __future__ import annotations

import hmac
import os
from typing import Any, Final, NoReturn, Self

KEY_BYTES: Final = 32


class Secret:
    """32 secret bytes. ``Secret(raw)`` raises ValueError for any other length."""

    __slots__ = ("_raw",)
    _raw: bytes

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError("a secret is 32 bytes")
        object.__setattr__(self, "_raw", bytes(raw))

    @classmethod
    def make(cls) -> Self:
        """A fresh random one."""
        return cls(os.urandom(KEY_BYTES))

    @property
    def raw(self) -> bytes:
        return self._raw

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a secret does not change")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __str__(self) -> NoReturn:
        raise TypeError("a secret has no text form")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a secret has no text form")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and hmac.compare_digest(self._raw, other._raw)

    __hash__ = None  # type: ignore[assignment]


class VaultKey(Secret):
    """VK: opens everything in one vault that isn't kept from carers."""

    __slots__ = ()


class PrivateKeyVK(Secret):
    """VK-private: a second one, for what the citizen keeps from carers."""

    __slots__ = ()


class Root(Secret):
    """From which object keys derive."""

    __slots__ = ()


class LogKey(Secret):
    """Seals the subject parts of a vault's log entries."""

    __slots__ = ()


class AccountKey(Secret):
    """Seals the accountability parts of a vault's log entries."""

    __slots__ = ()


class LinkKey(Secret):
    """Travels in a link; opens its files."""

    __slots__ = ()


class ServingKey(Secret):
    """Seals a link's files once more on the server, and dies with the link."""

    __slots__ = ()


class SessionSecret(Secret):
    """The secret half of a bearer token."""

    __slots__ = ()


class Seed(Secret):
    """From which an X-Wing key pair derives."""

    __slots__ = ()


class InvitationSecret(Secret):
    """Travels in an invitation; proves that a key answers it."""

    __slots__ = ()
