"""What a reader of a link may send, and the errors it gets: one answer for every link that is not open to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault.errors import Forbidden, Invalid, NotFound, VaultError

LONGEST_RECIPIENT = 200
EMBEDDED_BY_DEFAULT = 65_536


class LinkGone(NotFound):
    """Unknown, expired, withdrawn, used up or locked: outside all are the same."""

    code = "link-gone"
    advice = "This link no longer works. Ask the patient for a new one."


class PasscodeWrong(VaultError):
    """Wrong, or not given. ``remaining``: tries left in the link's life."""

    code = "passcode-wrong"
    advice = "This passcode isn't right."

    def __init__(self, remaining: int) -> None:
        super().__init__()
        self.remaining = remaining


class SignInNeeded(Forbidden):
    """The link is for one person, who signs in at ``issuer`` first."""

    code = "sign-in-needed"
    advice = "The patient shared this with one person, who signs in first."

    def __init__(self, issuer: str) -> None:
        super().__init__()
        self.issuer = issuer


class NotTheReader(Forbidden):
    """Somebody signed in, and isn't the one whom the patient named."""

    code = "not-the-reader"
    advice = "The patient shared this with somebody else. Nothing was opened."


class BadManifestRequest(Invalid):
    code = "bad-manifest-request"
    advice = "Send a JSON object with recipient, and where wanted passcode and embeddedLengthMax."


class RecipientMissing(BadManifestRequest):
    code = "recipient-missing"
    advice = "Say who is asking: the field recipient is needed."


@dataclass(frozen=True, slots=True, repr=False)
class ManifestRequest:
    """``recipient`` is a claim, capped, never an identity. ``passcode`` empty or blank: none was given."""

    recipient: str
    passcode: str
    embedded_max: int


def parse_manifest_request(body: Any) -> ManifestRequest:
    """Read the body of a manifest request; fields that the standard doesn't know are ignored, as it wants."""
    if not isinstance(body, Mapping):
        raise BadManifestRequest
    embedded_max = body.get("embeddedLengthMax")
    if embedded_max is None:
        embedded_max = EMBEDDED_BY_DEFAULT
    if type(embedded_max) is not int or embedded_max < 0:
        raise BadManifestRequest(field="embeddedLengthMax")
    passcode = body.get("passcode")
    if passcode is not None and not isinstance(passcode, str):
        raise BadManifestRequest(field="passcode")
    return ManifestRequest(
        recipient=read_recipient(body.get("recipient")),
        passcode=(passcode or "").strip(),
        embedded_max=embedded_max,
    )


def read_recipient(value: Any) -> str:
    """A stated name on one line of at most 200 characters; RecipientMissing."""
    if not isinstance(value, str):
        raise RecipientMissing(field="recipient")
    shown = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in value[: LONGEST_RECIPIENT * 4])
    line = " ".join(unicodedata.normalize("NFC", shown).split())[:LONGEST_RECIPIENT].rstrip()
    if not line:
        raise RecipientMissing(field="recipient")
    return line
