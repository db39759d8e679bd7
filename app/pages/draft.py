"""What a visitor has answered so far while creating a vault: in a cookie of their browser, for an hour, nowhere else.

A cookie, so that *Back* and *Reload* work and nothing stands in an address. It goes back only to the browser that sent
it, and each answer is checked again at the end, so it is neither sealed nor signed. The passphrase is never in it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from fastapi import Request, Response

COOKIE = "__Host-sign-up"
SECONDS = 3600
ANSWERS = ("name", "birth_date", "email")
_LONGEST = 300


def read_draft(request: Request) -> dict[str, str]:
    """The answers so far; empty for none, and for a cookie that isn't ours."""
    written = request.cookies.get(COOKIE, "")
    try:
        found = json.loads(base64.urlsafe_b64decode(written.encode("ascii", "replace")))
        json.dumps(found, ensure_ascii=False).encode()  # Half a character can't be shown again.
    except (binascii.Error, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: str(found[name])[:_LONGEST] for name in ANSWERS if isinstance(found.get(name), str)}


def keep_draft(response: Response, answers: Mapping[str, str]) -> None:
    """Answers longer than any that could be right are cut: they were refused before."""
    kept = {name: answers[name][:_LONGEST] for name in ANSWERS if answers.get(name)}
    written = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    response.set_cookie(COOKIE, written, max_age=SECONDS, secure=True, httponly=True, samesite="lax", path="/")


def drop_draft(response: Response) -> None:
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="lax", path="/")
