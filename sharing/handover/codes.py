"""The code on the other screen: eight characters that can't be mistaken for one another, read in two groups.

No vowels, so that it spells no word; none of 0, 1, 2, 5, 6, 8, which look like O, I, Z, S, G, B. What is typed is
taken kindly: small letters, spaces, and a look-alike for its letter.
"""

from __future__ import annotations

import secrets
from typing import Final

from vault.crypto.context import ctx
from vault.keys.provider import KeyProvider, Purpose

ALPHABET: Final = "3479BCDFGHJKMNPQRTVWXYZS"
CODE_CHARACTERS: Final = 8
LONGEST_TYPED: Final = 64
_LOOK_ALIKES = str.maketrans({"2": "Z", "5": "S", "6": "G", "8": "B", " ": "", "-": "", "\u2011": "", "\u2013": ""})


def make_code() -> str:
    """Eight random characters, 36 bits: enough for five minutes and the tries that are allowed."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARACTERS))


def read_code(typed: str) -> str | None:
    """The code as it was made; None for what can't be one."""
    code = typed[:LONGEST_TYPED].strip().upper().translate(_LOOK_ALIKES)
    return code if len(code) == CODE_CHARACTERS and set(code) <= set(ALPHABET) else None


def grouped(code: str) -> str:
    """``ABCD EFGH``."""
    return f"{code[:4]} {code[4:]}"


def code_digest(provider: KeyProvider, code: str) -> bytes:
    """Under what a waiting code is stored: 32 bytes that can't be guessed without the key provider."""
    return provider.mac(Purpose.LINKS, ctx("handover-code/1", code))
