"""Passphrases: slow stretching, one at a time in a process, and a plain judgement of weak ones.

Argon2id runs outside every transaction: 64 MiB and a fifth of a second under a write lock would queue everybody.
Text is compared as NFC, so that a keyboard's way of writing "ü" doesn't lock anyone out.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final, Self

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from xkcdpass import xkcd_password
from zxcvbn import zxcvbn

from vault.errors import Invalid

MIN_CHARACTERS: Final = 12
MAX_CHARACTERS: Final = 256
JUDGED_CHARACTERS: Final = 72  # zxcvbn raises above that.
# zxcvbn tries every way to read signs as letters: three seconds for a text that is full of them.
READ_AS_LETTERS: Final = frozenset("4@8({[<3691!|70$5+%2")
MANY_SIGNS: Final = 8
JUDGED_OF_SIGNS: Final = 24
STRONG_ENOUGH: Final = 3  # Of 4: "safely unguessable" against a slow hash.
# OpenSSL's Argon2 takes its lanes from one pool of threads: two runs at once can each hold half of it and wait for ever
# (seen with OpenSSL in cryptography 50.0.2 on two cores). One run uses every core anyway.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stretching costs: memory in KiB, passes, lanes."""

    memory_kib: int
    passes: int
    lanes: int

    STANDARD: ClassVar[Self]
    TEST: ClassVar[Self]


Cost.STANDARD = Cost(memory_kib=65_536, passes=3, lanes=4)
Cost.TEST = Cost(memory_kib=8, passes=1, lanes=1)


class PassphraseLength(Invalid):
    code = "passphrase-length"
    advice = f"A passphrase has {MIN_CHARACTERS} to {MAX_CHARACTERS} characters."


class WeakPassphrase(Invalid):
    """``suggestion``: four random words to take instead, or as an example."""

    code = "weak-passphrase"
    advice = "This passphrase is easy to guess."

    def __init__(self, advice: str, suggestion: str) -> None:
        super().__init__(advice, field="passphrase")
        self.suggestion = suggestion


_FAULTS = {
    "user_inputs": "It is made of your own name, address or birth date.",
    "dictionary": "It leans on a common word, name or password.",
    "spatial": "It follows a row of keys.",
    "repeat": "It repeats itself.",
    "sequence": "It counts or spells in order.",
    "regex": "It leans on a year.",
    "date": "It leans on a date.",
}


def stretch(passphrase: str, salt: bytes, cost: Cost | None = None) -> bytes:
    """Argon2id of NFC(passphrase) with a 16-byte salt: 32 bytes, about 0.2 s; waits while another runs."""
    cost = cost or Cost.STANDARD
    kdf = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    with _ONE_AT_A_TIME:
        # A lone surrogate can't come from a keyboard; it must still cost the same and fail the same.
        return kdf.derive(_normal(passphrase).encode("utf-8", "surrogatepass"))


def check_length(passphrase: str) -> None:
    """PassphraseLength unless it has 12 to 256 code points (NFC)."""
    # Normalising is not free: what is far too long is refused before.
    if len(passphrase) > 4 * MAX_CHARACTERS or not MIN_CHARACTERS <= len(_normal(passphrase)) <= MAX_CHARACTERS:
        raise PassphraseLength(field="passphrase")


def judge(passphrase: str, words: Sequence[str]) -> None:
    """Return if it is good enough; PassphraseLength or WeakPassphrase otherwise.

    ``words`` are the person's own (name, e-mail, birth date): guessers know them, so they count for nothing.
    """
    check_length(passphrase)
    typed = _normal(passphrase).casefold()
    rest = _without(typed, words)
    for text, fault in ((_normal(passphrase), None), (rest, _FAULTS["user_inputs"])):
        verdict: dict[str, Any] = zxcvbn(_judged(text)) if text else {"score": 0, "sequence": []}
        if verdict["score"] < STRONG_ENOUGH:
            raise WeakPassphrase(_advice(fault or _fault(verdict["sequence"])), make_suggestion())
        if rest == typed:
            return


def make_suggestion() -> str:
    """Four random words of the EFF's long list, 51 bits, joined by spaces."""
    return " ".join(secrets.choice(_words()) for _ in range(4))


def _judged(text: str) -> str:
    """As much of the beginning as can be judged in a fraction of a second."""
    start = text[:JUDGED_CHARACTERS]
    return start[:JUDGED_OF_SIGNS] if len(READ_AS_LETTERS.intersection(start)) > MANY_SIGNS else start


def _without(typed: str, words: Sequence[str]) -> str:
    """What remains of a passphrase without a person's own words and their parts."""
    own = {part for word in words for part in re.split(r"\W|_", _normal(word).casefold()) if len(part) > 2}
    for part in sorted(own, key=len, reverse=True):
        typed = typed.replace(part, "")
    return typed


def _fault(sequence: Sequence[dict[str, Any]]) -> str:
    longest = max(sequence, key=lambda match: len(match["token"]))
    return _FAULTS.get(longest["pattern"], "It is short or predictable.")


def _advice(fault: str) -> str:
    return f"This passphrase is easy to guess. {fault} Four unusual words in a row make a good one."


def _normal(passphrase: str) -> str:
    return unicodedata.normalize("NFC", passphrase)


@cache
def _words() -> tuple[str, ...]:
    found = xkcd_password.generate_wordlist(
        wordfile=xkcd_password.locate_wordfile("eff-long"), min_length=3, max_length=9, valid_chars="[a-z]"
    )
    return tuple(found)
