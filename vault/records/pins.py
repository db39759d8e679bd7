"""Tests that a citizen keeps at the top of the list, as a sealed paper of the vault. docs/specs/pins.md.

A pin is a preference: setting one shows no record and changes none, so it leaves no line in the log. Only the newest
version of the paper is kept.
"""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import Connection

from vault import freshness
from vault.clock import Clock
from vault.database import Database
from vault.errors import Invalid, NotFound, Tampered
from vault.health import catalogue
from vault.ids import PaperId
from vault.keys.keyring import Keyring
from vault.papers import Paper, Papers
from vault.records.queries import BY_NAME

PINS: Final = PaperId(b"paper:pins\0\0\0\0\0\0")
PURPOSE: Final = "pins"
MAX_PINS: Final = 50
MAX_TEST_CHARACTERS: Final = 400
_FORMAT: Final = 1


class TooManyPins(Invalid):
    code = "too-many-pins"
    advice = f"You can pin {MAX_PINS} tests. Unpin one that you need less."


class Pins:
    """The pins of one unlocked vault."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    def all(self) -> tuple[str, ...]:
        """The pinned tests (``LatestRow.test``), in the order they were pinned. Tampered."""
        with self._database.read() as connection:
            paper = self._paper(connection)
        return decode_pins(paper.data) if paper else ()

    def pin(self, test: str) -> None:
        """Keep a test at the top; twice is once. UnknownAnalyte; TooManyPins."""
        if len(test) > MAX_TEST_CHARACTERS or (catalogue.find(test) is None and not _is_named(test)):
            raise catalogue.UnknownAnalyte(field="test")
        freshness.retrying(lambda: self._set(test, is_pinned=True))

    def unpin(self, test: str) -> None:
        """Back to its place; one that isn't pinned stays so."""
        freshness.retrying(lambda: self._set(test, is_pinned=False))

    def _set(self, test: str, *, is_pinned: bool) -> None:
        with self._database.read() as connection:
            state = freshness.read(connection, self._keyring)
            paper = self._paper(connection)
        pinned = decode_pins(paper.data) if paper else ()
        if (test in pinned) is is_pinned:
            return
        if is_pinned and len(pinned) >= MAX_PINS:
            raise TooManyPins(field="test")
        wanted = (*pinned, test) if is_pinned else tuple(each for each in pinned if each != test)
        papers, version = Papers(self._keyring), paper.version + 1 if paper else 1
        prepared = papers.prepare(PURPOSE, encode_pins(wanted), self._clock.now(), PINS, version)
        with self._database.write() as connection:
            papers.exchange(connection, state, prepared)

    def _paper(self, connection: Connection) -> Paper | None:
        try:
            return Papers(self._keyring).read(connection, PINS, PURPOSE)
        except NotFound:
            return None


def encode_pins(tests: tuple[str, ...]) -> bytes:
    """The paper's plaintext."""
    return json.dumps({"format": _FORMAT, "tests": tests}, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def decode_pins(data: bytes) -> tuple[str, ...]:
    """What ``encode_pins`` wrote; Tampered for another shape."""
    found = json.loads(data)
    if not isinstance(found, dict) or found.get("format") != _FORMAT or not isinstance(found.get("tests"), list):
        raise Tampered
    return tuple(str(test) for test in found["tests"])


def _is_named(test: str) -> bool:
    name = test.removeprefix(BY_NAME)
    return name != test and bool(name.strip()) and name == name.casefold() and name.isprintable()
