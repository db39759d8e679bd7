"""Freshness: one sealed sum per vault over every segment, directory page, paper, the key manifest and, while
a rotation is under way, the row of the keys before it.

Whoever writes the database can bring back an old row, with a valid seal; the sum then no longer agrees and
reading refuses. The sum moves by a delta in the same short transaction as the rows, by compare-and-swap on the
sequence, so two writers of one vault never both win. Rolling the whole vault back at once is found through the log,
whose entries carry (sequence, hash).
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, Table, func, insert, select, update

from vault.database import table_of
from vault.errors import Conflict, Tampered
from vault.ids import VaultId
from vault.keys.stored import read_manifest_header, read_previous_header
from vault.tables import DirectoryTable, FreshnessRow, PaperRow, SegmentTable

if TYPE_CHECKING:
    from vault.keys.keyring import Keyring

T = TypeVar("T")

MODULUS = 1 << 256
NONCE_BYTES = 12
ROUNDS = 8

_FRESHNESS = table_of(FreshnessRow)
_PAPER = table_of(PaperRow)
_SEGMENT = table_of(SegmentTable)
_DIRECTORY = table_of(DirectoryTable)

Term = tuple[bytes, int, bytes]
"""(object id, version, nonce) of one sealed row."""

Header = tuple[int, bytes, bytes]
"""(version, root id, nonce) of one stored segment or directory page."""


class StaleState(Conflict):
    """Another write of this vault came first; prepare again from the new state."""

    code = "vault-busy"
    advice = "Something else was being written to this vault. Please try again."


class Moves(Protocol):
    """Anything that says which terms go and which come; the manifest's own changes are such."""

    @property
    def removed(self) -> tuple[Term, ...]: ...

    @property
    def added(self) -> tuple[Term, ...]: ...


@dataclass(frozen=True, slots=True)
class Change:
    """Sealed rows that go and rows that come in one transaction."""

    removed: tuple[Term, ...] = ()
    added: tuple[Term, ...] = ()

    def __add__(self, other: Moves) -> Change:
        return Change(self.removed + other.removed, self.added + other.added)


@dataclass(frozen=True, slots=True)
class State:
    """What a preparation was based on."""

    sequence: int
    total: int

    def digest(self) -> bytes:
        """32 bytes for the log: commits to the sum without showing it."""
        return hashlib.sha256(b"fresh" + self.total.to_bytes(32, "big")).digest()

    def for_log(self) -> dict[str, str | int]:
        """What the subject part of a write's log entry carries."""
        return {"sequence": self.sequence, "digest": self.digest().hex()}


@dataclass(frozen=True, slots=True)
class Headers:
    """What the sum was checked against, per segment id and per directory page's number."""

    state: State
    segments: dict[bytes, Header]
    pages: dict[int, Header]


def retrying(attempt: Callable[[], T]) -> T:
    """Run ``attempt`` (prepare, then write) again while another writer of the vault comes first, up to 8 times."""
    for round_number in range(ROUNDS - 1):
        try:
            return attempt()
        except StaleState:
            time.sleep(random.uniform(0, 0.01) * (1 << min(round_number, 4)))  # noqa: S311  Spreads rivals, no secret.
    return attempt()


def begin(connection: Connection, keyring: Keyring, added: Iterable[Term]) -> State:
    """The first sum of a new vault."""
    state = State(1, _moved(keyring, 0, Change(added=tuple(added))))
    sealed = keyring.seal_freshness(state.sequence, state.total)
    connection.execute(insert(_FRESHNESS).values(vault_id=keyring.vault_id, sequence=state.sequence, sealed=sealed))
    return state


def read(connection: Connection, keyring: Keyring) -> State:
    """The stored sum, unchecked against the rows. Tampered if the row is missing or forged."""
    query = select(_FRESHNESS.c.sequence, _FRESHNESS.c.sealed).where(_FRESHNESS.c.vault_id == keyring.vault_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Tampered
    return State(row.sequence, keyring.open_freshness(row.sequence, row.sealed))


def advance(connection: Connection, keyring: Keyring, state: State, change: Moves) -> State:
    """Move the sum by ``change``, if nothing moved it since ``state`` was read; StaleState otherwise."""
    after = State(state.sequence + 1, _moved(keyring, state.total, change))
    _swap(connection, keyring, state, after)
    return after


def _swap(connection: Connection, keyring: Keyring, state: State, after: State) -> None:
    statement = (
        update(_FRESHNESS)
        .where(_FRESHNESS.c.vault_id == keyring.vault_id, _FRESHNESS.c.sequence == state.sequence)
        .values(sequence=after.sequence, sealed=keyring.seal_freshness(after.sequence, after.total))
    )
    if connection.execute(statement).rowcount != 1:
        raise StaleState


def verify(connection: Connection, keyring: Keyring) -> Headers:
    """Sum the headers of every stored row again; Tampered unless the sealed sum agrees. Needs ``Database.read()``."""
    state = read(connection, keyring)
    stored = _stored(connection, keyring.vault_id)
    if _moved(keyring, 0, Change(added=stored.terms)) != state.total:
        raise Tampered
    return Headers(state, stored.segments, stored.pages)


@dataclass(frozen=True, slots=True)
class Remade:
    """The sum of the same rows under a vault's next keys."""

    before: State
    after: State


def remake(connection: Connection, old: Keyring, new: Keyring, change: Moves) -> Remade:
    """The sum under other keys, moved by ``change``. Tampered unless the old one agrees. Needs ``Database.read()``."""
    state = verify(connection, old).state
    everything = Change(added=_stored(connection, old.vault_id).terms) + change
    return Remade(state, State(state.sequence + 1, _moved(new, 0, everything)))


def replace(connection: Connection, new: Keyring, remade: Remade) -> State:
    """Store a remade sum, if nothing moved it since; StaleState otherwise."""
    _swap(connection, new, remade.before, remade.after)
    return remade.after


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is there now, as the rows themselves say."""

    segments: dict[bytes, Header]
    pages: dict[int, Header]
    terms: tuple[Term, ...]


def _stored(connection: Connection, vault_id: VaultId) -> _Stored:
    segments = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.execute(_headers(_SEGMENT, _SEGMENT.c.segment_id, vault_id))
    }
    pages = {
        row[0]: (row[1], row[2], row[3])
        for row in connection.execute(_headers(_DIRECTORY, _DIRECTORY.c.page, vault_id))
    }
    papers = connection.execute(_headers(_PAPER, _PAPER.c.paper_id, vault_id))
    terms = [(key, version, nonce) for key, (version, _, nonce) in segments.items()]
    terms += [(page_object_id(page), version, nonce) for page, (version, _, nonce) in pages.items()]
    terms += [(row[0], row[1], row[3]) for row in papers]
    manifest, previous = read_manifest_header(connection, vault_id), read_previous_header(connection, vault_id)
    if manifest is None:
        raise Tampered
    terms += [manifest] if previous is None else [manifest, previous]
    return _Stored(segments, pages, tuple(terms))


def page_object_id(page: int) -> bytes:
    """The object id of a directory page: no uuid4, so it meets no segment's."""
    return b"directory\0\0\0" + page.to_bytes(4, "big")


def _headers(table: Table, key: ColumnElement[Any], vault_id: VaultId) -> Select[Any]:
    nonce = func.substr(table.c.sealed, 1, NONCE_BYTES, type_=LargeBinary)
    return select(key, table.c.version, table.c.root_id, nonce).where(table.c.vault_id == vault_id)


def _moved(keyring: Keyring, total: int, change: Moves) -> int:
    total -= sum(keyring.fresh_term(*term) for term in change.removed)
    total += sum(keyring.fresh_term(*term) for term in change.added)
    return total % MODULUS
