"""The look that a page of a share gives its pictures: for an hour it stands for the entry that the page made.

Wrapped under the vault key for one grant, so nobody else can make one, and one share's opens no other's.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from typing import Final

from vault.clock import to_microseconds
from vault.errors import Tampered
from vault.ids import GrantId
from vault.keys.keyring import Keyring

LASTS: Final = timedelta(hours=1)
_LABEL: Final = "share-look/1"


def make_look(keyring: Keyring, grant_id: GrantId, now: datetime) -> str:
    """For the pictures of a page that was logged now."""
    until = to_microseconds(now + LASTS).to_bytes(8, "big")
    return base64.urlsafe_b64encode(keyring.wrap(_LABEL, grant_id, until)).decode().rstrip("=")


def is_look(keyring: Keyring, grant_id: GrantId, text: str, now: datetime) -> bool:
    """Whether a page of this share was logged within the hour."""
    try:
        wrapped = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        until = keyring.unwrap(_LABEL, grant_id, wrapped)
    except (Tampered, binascii.Error, ValueError):
        return False
    return to_microseconds(now) < int.from_bytes(until, "big")
