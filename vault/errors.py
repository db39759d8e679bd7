"""Every error a room raises on purpose.

    VaultError
    ├── NotFound              absent, another's, or malformed id: all the same
    ├── Unauthenticated       no valid session
    ├── Forbidden             signed in, wrong role
    ├── Invalid               the request is understood and wrong; names a field, never a value
    ├── Conflict              true a moment ago, not now
    ├── TooLarge              over a stated limit
    ├── UnsupportedMedia      a container we don't take
    ├── TooManyTries          slowed down; carries seconds to wait
    ├── LogUnavailable        no entry could be written, so nothing is disclosed
    └── Tampered              stored bytes contradict what sealed them

Each class has a stable kebab-case ``code``. Texts hold no contents, names, tokens or submitted values.
Rooms derive their own classes from these; ``app/problems.py`` maps class to HTTP status.
"""

from __future__ import annotations

from typing import ClassVar


class VaultError(Exception):
    """Base of all errors raised on purpose. ``advice`` is a plain sentence for the person who asked."""

    code: ClassVar[str] = "error"
    advice: str = "Something went wrong."

    def __init__(self, advice: str | None = None) -> None:
        self.advice = advice or type(self).advice
        super().__init__(type(self).code)


class NotFound(VaultError):
    code = "not-found"
    advice = "There is nothing here that you may see."


class Unauthenticated(VaultError):
    code = "unauthenticated"
    advice = "Please sign in."


class Forbidden(VaultError):
    code = "wrong-role"
    advice = "Your account may not do this."


class Invalid(VaultError):
    """``field`` is a name or path of names such as ``recipient.name``; it never holds what was sent."""

    code = "invalid"
    advice = "Please check what you entered."

    def __init__(self, advice: str | None = None, field: str | None = None) -> None:
        super().__init__(advice)
        self.field = field


class Conflict(VaultError):
    code = "conflict"
    advice = "Something changed in the meantime. Please try again."


class TooLarge(VaultError):
    code = "too-large"
    advice = "This is larger than the vault takes in one piece (10 MiB)."


class UnsupportedMedia(VaultError):
    code = "unsupported-media-type"
    advice = "Please send the file itself, not wrapped or compressed."


class TooManyTries(VaultError):
    code = "too-many-tries"
    advice = "Too many tries. Please wait a little."

    def __init__(self, retry_after_seconds: int, advice: str | None = None) -> None:
        super().__init__(advice)
        self.retry_after_seconds = retry_after_seconds


class LogUnavailable(VaultError):
    code = "log-unavailable"
    advice = "The access log can't be written just now, so nothing is shown."


class Tampered(VaultError):
    code = "tampered"
    advice = "Stored data doesn't match its seal. It was not opened."
