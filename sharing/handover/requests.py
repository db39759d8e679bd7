"""What a screen and a phone may send, and the errors they get: one for every hand-over that isn't open to them."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from typing import Any

from vault.errors import Conflict, Invalid, NotFound


class State(StrEnum):
    """``waiting`` for a code, ``claimed`` by a citizen, ``comparing`` digits, ``sealed`` for one fetch; or over."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    COMPARING = "comparing"
    SEALED = "sealed"
    FETCHED = "fetched"
    REFUSED = "refused"


class HandoverGone(NotFound):
    """Unknown, another's, expired, refused or fetched: outside all are the same."""

    code = "handover-gone"
    advice = "This hand-over is over. Start again on the other screen for a new code."


class WrongCode(Invalid):
    """Unknown, mistyped, used or expired: all the same."""

    code = "wrong-handover-code"
    advice = "This code isn't right, or its five minutes are over. Please look at the other screen again."


class NotReady(Conflict):
    """The other side has not done its part yet."""

    code = "handover-not-ready"
    advice = "The other screen isn't ready yet. Please wait a moment and try again."


class OnlySignedIn(Conflict):
    """The share is for one person, who signs in on a screen of their own."""

    code = "only-signed-in"
    advice = "Only the person you named can open this share, and they sign in first. Send them the link instead."


class ShareNotActive(Conflict):
    """Ended, stopped, used up or locked since it was chosen."""

    code = "share-not-active"
    advice = "This share doesn't work any more, so nothing was handed over."


class BrokenPromise(Invalid):
    """The number shown isn't the one that was committed to."""

    code = "broken-commitment"
    advice = "The two screens don't fit together. Nothing was handed over. Please start again."


class BadBytes(Invalid):
    code = "bad-bytes"
    advice = "This is not base64url of the right length."


def read_bytes(value: Any, length: int, field: str) -> bytes:
    """Exactly ``length`` bytes from unpadded base64url; BadBytes."""
    if not isinstance(value, str) or len(value) != -(-length * 4 // 3):
        raise BadBytes(field=field)
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadBytes(field=field) from None
    if write_bytes(raw) != value:
        raise BadBytes(field=field)
    return raw


def write_bytes(raw: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
