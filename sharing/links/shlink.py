"""What a SMART Health Link looks like from outside: its id, its text, its manifest. Shapes only; no storage, no rules.

Spec: docs/specs/link.md, after the HL7 IG STU1, manifest mode. A link's text carries the key; the server keeps a
digest of the id and can't rebuild the text without the citizen.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vault.crypto.secret import LinkKey
from vault.crypto.tokens import digest

LABEL = "Shared records"
LINK_ID_CHARACTERS = 43
LONGEST_URL = 128
LONGEST_BASE_URL = LONGEST_URL - len("/shl/") - LINK_ID_CHARACTERS
_LONGEST_LOOKED_AT = 64


@dataclass(frozen=True, slots=True, repr=False)
class ShareLink:
    """``shlink``: ``shlink:/…`` for any reader. ``link``: the same behind this server's viewer, key after the ``#``."""

    link: str
    shlink: str


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a manifest: a compact JWE inside, or a place to fetch it."""

    content_type: str
    embedded: str | None
    location: str | None


def make_link_id() -> str:
    """43 random base64url characters, 256 bits."""
    return secrets.token_urlsafe(32)


def link_digest(link_id: str) -> bytes:
    """The 32 bytes under which a link is found. Any text has one; only a link's own finds something."""
    return digest("link/1", link_id[:_LONGEST_LOOKED_AT].encode("utf-8", "surrogatepass"))


def share_link(base_url: str, link_id: str, key: LinkKey, ends_at: datetime, with_passcode: bool) -> ShareLink:
    """The link in both forms. ValueError where the server's base URL is too long for the standard's 128 characters."""
    url = f"{base_url}/shl/{link_id}"
    if len(url) > LONGEST_URL:
        raise ValueError("base URL too long for a SMART Health Link")
    payload: dict[str, Any] = {"url": url, "key": _base64url(key.raw), "exp": int(ends_at.timestamp())}
    if with_passcode:
        payload["flag"] = "P"
    payload |= {"label": LABEL, "v": 1}
    shlink = "shlink:/" + _base64url(json.dumps(payload, separators=(",", ":")).encode())
    return ShareLink(f"{base_url}/view#{shlink}", shlink)


def manifest(files: Iterable[ManifestFile]) -> Mapping[str, Any]:
    """The manifest of a frozen share: its files never change, so it says ``finalized``."""
    return {"status": "finalized", "files": [_file(each) for each in files]}


def _file(each: ManifestFile) -> dict[str, str]:
    place = {"embedded": each.embedded} if each.embedded is not None else {"location": each.location}
    return {"contentType": each.content_type, **{name: value for name, value in place.items() if value is not None}}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
