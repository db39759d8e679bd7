"""Opening what arrived while the vault was locked: each delivery whole, or set apart and told to the citizen.

One public-key operation a delivery, none a record. Files that are one resource each become one import a sender, whose
records are the files; any other file is an import of its own. A delivery is emptied in the transaction that publishes
its last file: a crash leaves it waiting, and what it brought before is noticed by its tag.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, update

from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.log import Log
from vault.database import Database, table_of
from vault.deliveries.format import Delivery, File, check_lab_signature, open_files
from vault.deliveries.receiving import ASKS, DONE, QUARANTINED, WAITING
from vault.deliveries.senders import list_senders
from vault.deliveries.tables import DeliveryRow, KeyDelivery
from vault.errors import Conflict, Invalid, NotFound, Tampered
from vault.health.observation import Resource
from vault.ids import DeliveryId, RootId, VaultId, text_of
from vault.keys.delivery import open_seeds, open_with_seeds
from vault.keys.keyring import Keyring
from vault.records.incoming import APART, MINE, Incoming, UnknownAnswer, WhoseIsIt
from vault.records.views import SentBy

AT_ONCE: Final = 500
BYTES_AT_ONCE: Final = 32 * 1024 * 1024
UNREADABLE: Final = "unreadable"
NOT_AS_SEALED: Final = "not-as-sealed"

_DELIVERY = table_of(DeliveryRow)
_SEALED_ROOT = table_of(KeyDelivery)


class NotThere(NotFound):
    code = "no-such-delivery"
    advice = "This delivery is not waiting for you any more."


@dataclass(frozen=True, slots=True)
class Kept:
    """One delivery that the citizen has to answer. ``state``: ``asks`` whose it is, or ``quarantined``."""

    delivery_id: DeliveryId
    state: str
    reason: str
    size: int
    arrived_at: datetime
    sent_by: SentBy
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """What one opening led to, in numbers."""

    deliveries: int
    added: int
    asks: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class _Opened:
    """A delivery, open. ``singles``: its files, each as the one resource that it is, or None if one is more."""

    row: Row[Any]
    sent_by: SentBy
    files: tuple[File, ...]
    singles: tuple[Resource, ...] | None


class DeliveryTaken(Conflict):
    """Another sign-in opened it in the meantime."""

    code = "delivery-taken"
    advice = "This delivery was opened in the meantime."


class DeliveryOpening:
    """Bound to one unlocked vault and one actor. ``labs``: lab key (32 bytes) → name, of the operator's list."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        incoming: Incoming,
        log: Log,
        *,
        trail: Trail,
        origin: Origin,
        labs: Mapping[bytes, str],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._incoming = incoming
        self._log = log
        self._trail = trail
        self._origin = origin
        self._labs = labs

    def open_all(self) -> Brought:
        """Bring in everything that waits. StaleState if the vault stays busy; what is left then waits."""
        deliveries = added = asks = quarantined = 0
        after = b""
        while rows := self._waiting(after):
            after = rows[-1].delivery_id
            opened: list[_Opened] = []
            for row, found in self._open(rows):
                if isinstance(found, str):
                    quarantined += self._set_apart(row, QUARANTINED, found, "delivery-quarantined")
                else:
                    opened.append(found)
            for each in self._join(opened):
                deliveries += each.deliveries
                added += each.added
                asks += each.asks
                quarantined += each.quarantined
        return Brought(deliveries, added, asks, quarantined)

    def kept(self) -> tuple[Kept, ...]:
        """What asks whose it is, or could not be read; the newest first."""
        states = _DELIVERY.c.state.in_((ASKS, QUARANTINED))
        mine = select(_DELIVERY).where(_DELIVERY.c.vault_id == self._keyring.vault_id, states)
        with self._database.read() as connection:
            rows = connection.execute(mine.order_by(_DELIVERY.c.arrived_at.desc(), _DELIVERY.c.delivery_id)).all()
            names = self._names(connection)
        found = dict(self._open_rows(rows)) if rows else {}
        return tuple(
            Kept(
                DeliveryId(row.delivery_id),
                row.state,
                row.reason,
                row.size,
                row.arrived_at,
                self._sent_by(row, names),
                tuple(file.name for file in files) if (files := found.get(row.delivery_id)) else (),
            )
            for row in rows
        )

    def answer(self, delivery_id: DeliveryId, whose: str) -> None:
        """Bring in one that asks: ``mine`` joins, ``apart`` keeps its files as documents. NotThere; UnknownAnswer."""
        if whose not in {MINE, APART}:
            raise UnknownAnswer(field="whose")
        row = self._one(delivery_id, (ASKS,))
        ((_, found),) = self._open([row])
        if isinstance(found, str):
            self._set_apart(row, QUARANTINED, found, "delivery-quarantined")
            raise Tampered
        self._add_files(found, whose)

    def discard(self, delivery_id: DeliveryId) -> None:
        """Throw one away that asks or could not be read. NotThere."""
        row = self._one(delivery_id, (ASKS, QUARANTINED))
        self._set_apart(row, DONE, "", "delivery-discarded")

    def _waiting(self, after: bytes) -> Sequence[Row[Any]]:
        """The next of those that wait, by id, with their sealed roots; few enough to hold at once."""
        with self._database.read() as connection:
            ids = connection.execute(
                select(_DELIVERY.c.delivery_id, _DELIVERY.c.size)
                .where(_DELIVERY.c.vault_id == self._keyring.vault_id, _DELIVERY.c.state == WAITING)
                .where(_DELIVERY.c.delivery_id > after)
                .order_by(_DELIVERY.c.delivery_id)
                .limit(AT_ONCE)
            ).all()
            chosen: list[bytes] = []
            size = 0
            for each in ids:
                size += each.size
                if chosen and size > BYTES_AT_ONCE:
                    break
                chosen.append(each.delivery_id)
            return self._rows(connection, chosen) if chosen else []

    def _rows(self, connection: Connection, ids: list[bytes]) -> Sequence[Row[Any]]:
        mine = (_DELIVERY.c.vault_id == self._keyring.vault_id, _DELIVERY.c.delivery_id.in_(ids))
        return connection.execute(select(_DELIVERY).where(*mine).order_by(_DELIVERY.c.delivery_id)).all()

    def _one(self, delivery_id: DeliveryId, states: tuple[str, ...]) -> Row[Any]:
        with self._database.read() as connection:
            rows = [row for row in self._rows(connection, [delivery_id]) if row.state in states]
        if not rows:
            raise NotThere
        return rows[0]

    def _open(self, rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], _Opened | str]]:
        """Each row open, or the reason why it doesn't open."""
        with self._database.read() as connection:
            names = self._names(connection)
        found, owner = dict(self._open_rows(rows)), self._incoming.owner()
        for row in rows:
            files = found[row.delivery_id]
            if files is None:
                yield row, NOT_AS_SEALED
                continue
            try:
                singles = [self._incoming.one_resource(file, owner) for file in files]
            except Invalid:
                yield row, UNREADABLE
                continue
            whole = tuple(each for each in singles if each is not None)
            yield row, _Opened(row, self._sent_by(row, names), files, whole if len(whole) == len(files) else None)

    def _open_rows(self, rows: Sequence[Row[Any]]) -> Iterator[tuple[bytes, tuple[File, ...] | None]]:
        ids = [row.delivery_id for row in rows]
        columns = (_SEALED_ROOT.c.delivery_id, _SEALED_ROOT.c.epoch, _SEALED_ROOT.c.sealed_root)
        mine = (_SEALED_ROOT.c.vault_id == self._keyring.vault_id, _SEALED_ROOT.c.delivery_id.in_(ids))
        with self._database.read() as connection:
            roots = {each.delivery_id: each for each in connection.execute(select(*columns).where(*mine)).all()}
            seeds = open_seeds(connection, self._keyring, {each.epoch for each in roots.values()})
        for row in rows:
            sealed = roots.get(row.delivery_id)
            try:
                if sealed is None:
                    raise Tampered
                delivery = Delivery(
                    self._keyring.vault_id,
                    sealed.epoch,
                    RootId(row.delivery_id),
                    sealed.sealed_root,
                    row.lab_signature,
                    row.objects,
                )
                check_lab_signature(delivery)
                root = open_with_seeds(delivery.vault_id, seeds, delivery.epoch, delivery.root_id, sealed.sealed_root)
                yield row.delivery_id, open_files(delivery, root)
            except (Tampered, Invalid):
                yield row.delivery_id, None

    def _names(self, connection: Connection) -> dict[bytes, tuple[str, bytes]]:
        return {each.sender_id: (each.name, each.lab_key) for each in list_senders(connection, self._keyring)}

    def _sent_by(self, row: Row[Any], names: Mapping[bytes, tuple[str, bytes]]) -> SentBy:
        """A lab is proven by its signature, under the key pinned to this sender or on the operator's list."""
        name, pinned = names.get(row.key_id, ("", b""))
        signed_by = row.lab_signature[:32]
        if signed_by and signed_by == pinned:
            return SentBy(name, True)
        if signed_by and signed_by in self._labs:
            return SentBy(self._labs[signed_by], True)
        return SentBy(name, False)

    def _join(self, opened: list[_Opened]) -> Iterator[Brought]:
        alike: dict[SentBy, list[_Opened]] = defaultdict(list)
        for each in opened:
            if each.singles is not None:
                alike[each.sent_by].append(each)
        for sent_by, those in alike.items():
            yield self._add_singles(sent_by, those)
        for each in opened:
            if each.singles is None:
                yield self._add_one(each)

    def _add_singles(self, sent_by: SentBy, those: list[_Opened]) -> Brought:
        resources = [resource for each in those for resource in each.singles or ()]
        name = those[0].files[0].name if len(resources) == 1 else ""
        settle = self._emptying([each.row.delivery_id for each in those])
        try:
            outcome = self._incoming.add_resources(resources, name, sent_by, settle)
        except DeliveryTaken:
            return Brought(0, 0, 0, 0)
        return Brought(len(those), outcome.added, 0, 0)

    def _add_one(self, opened: _Opened) -> Brought:
        """One that is more than single resources; none of its files joins before all were looked at."""
        try:
            if len(opened.files) > 1 and any(self._incoming.names_another(file) for file in opened.files):
                raise WhoseIsIt
            return Brought(1, self._add_files(opened, ""), 0, 0)
        except WhoseIsIt:
            return Brought(0, 0, self._set_apart(opened.row, ASKS, "whose-is-it", ""), 0)
        except DeliveryTaken:
            return Brought(0, 0, 0, 0)
        except Invalid:
            gone = self._set_apart(opened.row, QUARANTINED, UNREADABLE, "delivery-quarantined")
            return Brought(0, 0, 0, gone)

    def _add_files(self, opened: _Opened, whose: str) -> int:
        settle, added = self._emptying([opened.row.delivery_id]), 0
        for number, file in enumerate(opened.files, start=1):
            last = number == len(opened.files)
            outcome = self._incoming.add_delivered(file, opened.sent_by, settle if last else None, whose)
            added += outcome.added
        return added

    def _emptying(self, ids: list[bytes]) -> Callable[[Connection], None]:
        def settle(connection: Connection) -> None:
            if empty(connection, self._keyring.vault_id, ids, (WAITING, ASKS)) != len(ids):
                raise DeliveryTaken

        return settle

    def _set_apart(self, row: Row[Any], state: str, reason: str, told: str) -> int:
        """Give one another state, with its entry; 1, or 0 if another sign-in did something with it first."""
        mine = (_DELIVERY.c.vault_id == self._keyring.vault_id, _DELIVERY.c.delivery_id == row.delivery_id)
        with self._database.write() as connection:
            if state == DONE:
                changed = empty(connection, self._keyring.vault_id, [row.delivery_id], (row.state,))
            else:
                moved = update(_DELIVERY).where(*mine, _DELIVERY.c.state == row.state)
                changed = connection.execute(moved.values(state=state, reason=reason)).rowcount
            if changed and told:
                self._append(connection, told, row)
        return changed

    def _append(self, connection: Connection, reason: str, row: Row[Any]) -> None:
        entry = Entry(
            event=Event.DELIVERY,
            outcome=Outcome.DONE,
            reason=reason,
            subject={"delivery": text_of(row.delivery_id)},
            accountability=self._origin.as_accountability(),
        )
        self._log.append(connection, self._trail, entry, self._keyring)


def empty(connection: Connection, vault_id: VaultId, ids: list[bytes], states: tuple[str, ...]) -> int:
    """Their roots and objects go; the rows stay, so that nothing arrives twice. How many were in these states."""
    mine = (_DELIVERY.c.vault_id == vault_id, _DELIVERY.c.delivery_id.in_(ids))
    emptied = {"state": DONE, "reason": "", "objects": b"", "lab_signature": b"", "size": 0}
    changed = connection.execute(update(_DELIVERY).where(*mine, _DELIVERY.c.state.in_(states)).values(emptied)).rowcount
    roots = (_SEALED_ROOT.c.vault_id == vault_id, _SEALED_ROOT.c.delivery_id.in_(ids))
    connection.execute(delete(_SEALED_ROOT).where(*roots))
    return changed
