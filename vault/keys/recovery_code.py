"""Recovery codes: 160 random bits as eight groups of four in Crockford's base32, kind to handwriting."""

from __future__ import annotations

import os
import unicodedata
from typing import Final

from vault.crypto.slots import WrongSecret

GROUPS: Final = 8
GROUP_CHARACTERS: Final = 4
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_IGNORED: Final = {"Zs", "Cc", "Pd"}  # Spaces, line breaks, every kind of dash.
_MAX_TYPED_CHARACTERS: Final = 200


def make_recovery_code() -> tuple[str, bytes]:
    """The code, ``XXXX-XXXX-…`` (39 characters), and the 20 secret bytes it stands for."""
    secret = os.urandom(20)
    return format_recovery_code(secret), secret


def format_recovery_code(secret: bytes) -> str:
    """The one spelling that we print."""
    number = int.from_bytes(secret, "big")
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(155, -1, -5))
    return "-".join(letters[at : at + GROUP_CHARACTERS] for at in range(0, len(letters), GROUP_CHARACTERS))


def parse_recovery_code(text: str) -> bytes:
    """20 bytes of what a person typed: case, spaces, hyphens, O for 0, I and L for 1 don't matter; WrongSecret else."""
    letters = clean(text)
    if len(letters) != GROUPS * GROUP_CHARACTERS:
        raise WrongSecret
    number = 0
    for letter in letters:
        number = number << 5 | _VALUES[letter]
    return number.to_bytes(20, "big")


def clean(text: str) -> str:
    """Typed letters in our alphabet, or "" if any is not; also good for comparing a single group."""
    if len(text) > _MAX_TYPED_CHARACTERS:
        return ""
    letters = [character for character in text.upper() if unicodedata.category(character) not in _IGNORED]
    if any(character not in _VALUES for character in letters):
        return ""
    return "".join(_ALPHABET[_VALUES[character]] for character in letters)


def last_group(code: str) -> str:
    """The group that people type to confirm that they wrote the code down."""
    return clean(code)[-GROUP_CHARACTERS:]
