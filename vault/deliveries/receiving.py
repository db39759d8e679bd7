"""Receiving while the vault is locked: check the key, seal at once or take what is sealed, keep it, sign a receipt.

What is plain is read once, to refuse what nobody could read later, and forgotten. Nothing here can open what it kept.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select

from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome, Role
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.database import Database, table_of
from vault.deliveries.format import Delivery, File, check_lab_signature, decode, encode, seal_delivery
from vault.deliveries.receipts import BY_SENDER, BY_SERVER, address_of, make_receipt
from vault.deliveries.senders import DeliveryRefused, check_key, note_use
from vault.deliveries.tables import DeliveryRow, KeyDelivery
from vault.errors import Conflict, Invalid, NotFound
from vault.ids import SenderId, VaultId, text_of
from vault.keys.delivery import PublishedKey, hold_epoch, publish_key
from vault.keys.provider import KeyProvider
from vault.records.intake import clean_content_type, clean_filename, read_file

MOST_WAITING: Final = 2000
MOST_BYTES_WAITING: Final = 512 * 1024 * 1024
WAITING: Final = "waiting"
ASKS: Final = "asks"
QUARANTINED: Final = "quarantined"
DONE: Final = "done"
RECEIVED: Final = "received"

_DELIVERY = table_of(DeliveryRow)
_SEALED_ROOT = table_of(KeyDelivery)

Tell = Callable[[Connection, VaultId], None]
"""Tells the citizen, in the transaction of what arrived, that something did."""


class WrongAddress(Invalid):
    code = "wrong-address"
    advice = "This delivery was sealed for another address. Nothing was kept."


class DeliveryReplayed(Conflict):
    code = "delivery-replayed"
    advice = "A delivery of this name arrived before, with other bytes or another key. Nothing was kept."


class TooManyDeliveries(Conflict):
    code = "too-many-deliveries"
    advice = "Too much waits in this vault already. Please try again when its owner has opened it."


@dataclass(frozen=True, slots=True)
class Received:
    """``receipt``: signed, as JSON values. ``is_new`` False: these very bytes had arrived before."""

    receipt: dict[str, Any]
    is_new: bool


class Receiving:
    """For anybody who shows a key. ``tell`` joins the transaction."""

    def __init__(
        self, database: Database, provider: KeyProvider, log: Log, clock: Clock, *, tell: Tell, service: str
    ) -> None:
        self._database = database
        self._provider = provider
        self._log = log
        self._clock = clock
        self._tell = tell
        self._service = service

    def published(self, vault_id: VaultId, key: str) -> PublishedKey:
        """What to seal to, with its proof. DeliveryRefused; Tampered if the stored key isn't the signed one."""
        with self._database.read() as connection:
            check_key(connection, vault_id, key)
            return self._published(connection, vault_id)

    def receive_file(  # noqa: PLR0917  What a request holds.
        self, vault_id: VaultId, key: str, data: bytes, filename: str, content_type: str, origin: Origin
    ) -> Received:
        """Seal one file. DeliveryRefused; TooLarge; MalformedJson, EmptyFile; TooManyDeliveries; Tampered."""
        published = self.published(vault_id, key)
        name, media = clean_filename(filename), clean_content_type(content_type)
        read_file(data, name, media)
        delivery = seal_delivery(published.address, [File(name, media, data)])
        return self._keep(delivery, key, origin, data, BY_SERVER)

    def receive_sealed(self, vault_id: VaultId, key: str, body: bytes, origin: Origin) -> Received:
        """Keep what its sender sealed.

        DeliveryRefused; TooLarge; MalformedDelivery, WrongAddress, BadLabSignature; DeliveryKeyChanged,
        DeliveryReplayed, TooManyDeliveries.
        """
        with self._database.read() as connection:
            check_key(connection, vault_id, key)
        delivery = decode(body)
        if delivery.vault_id != vault_id:
            raise WrongAddress
        check_lab_signature(delivery)
        return self._keep(delivery, key, origin, body, BY_SENDER)

    def _published(self, connection: Connection, vault_id: VaultId) -> PublishedKey:
        try:
            return publish_key(connection, self._provider, vault_id)
        except NotFound:
            raise DeliveryRefused from None

    def _keep(self, delivery: Delivery, key: str, origin: Origin, sent: bytes, sealed_by: str) -> Received:
        now = self._clock.now()
        digest = hashlib.sha256(encode(delivery)).digest()
        with self._database.write() as connection:
            sender_id = check_key(connection, delivery.vault_id, key)
            before = _find(connection, delivery)
            if before is not None:
                _check_same(before, sender_id, digest)
            else:
                self._store(connection, delivery, sender_id, digest, now)
                self._log_arrival(connection, delivery, sender_id, origin)
                self._tell(connection, delivery.vault_id)
        at = now if before is None else before.arrived_at
        address = address_of(self._service, delivery.vault_id)
        receipt = make_receipt(self._provider, address, delivery.root_id, sent, sealed_by=sealed_by, at=at)
        return Received(receipt, before is None)

    def _store(
        self, connection: Connection, delivery: Delivery, sender_id: SenderId, digest: bytes, now: datetime
    ) -> None:
        hold_epoch(connection, delivery.vault_id, delivery.epoch)
        note_use(connection, delivery.vault_id, sender_id, now)
        size = len(delivery.objects)
        _check_room(connection, delivery.vault_id, size)
        row = {
            "vault_id": delivery.vault_id,
            "delivery_id": delivery.root_id,
            "key_id": sender_id,
            "state": WAITING,
            "reason": "",
            "size": size,
            "arrived_at": now,
            "body_digest": digest,
            "lab_signature": delivery.lab_signature,
            "objects": delivery.objects,
        }
        root = {
            "vault_id": delivery.vault_id,
            "delivery_id": delivery.root_id,
            "epoch": delivery.epoch,
            "sealed_root": delivery.sealed_root,
        }
        connection.execute(insert(_DELIVERY), row)
        connection.execute(insert(_SEALED_ROOT), root)

    def _log_arrival(self, connection: Connection, delivery: Delivery, sender_id: SenderId, origin: Origin) -> None:
        entry = Entry(
            event=Event.DELIVERY,
            outcome=Outcome.DONE,
            reason=RECEIVED,
            count=int.from_bytes(delivery.objects[:2], "big"),
            accountability=origin.as_accountability(key=text_of(sender_id)),
        )
        self._log.append(connection, trail_of(connection, delivery.vault_id, NOBODY, Role.SENDER), entry)


def awaited_epochs(connection: Connection, vault_id: VaultId) -> frozenset[int]:
    """Delivery epochs whose seeds are still needed, for a change of keys."""
    query = select(_SEALED_ROOT.c.epoch).where(_SEALED_ROOT.c.vault_id == vault_id).distinct()
    return frozenset(connection.execute(query).scalars())


def _find(connection: Connection, delivery: Delivery) -> Row[bytes, bytes, datetime] | None:
    columns = (_DELIVERY.c.key_id, _DELIVERY.c.body_digest, _DELIVERY.c.arrived_at)
    mine = (_DELIVERY.c.vault_id == delivery.vault_id, _DELIVERY.c.delivery_id == delivery.root_id)
    return connection.execute(select(*columns).where(*mine)).one_or_none()


def _check_same(before: Row[bytes, bytes, datetime], sender_id: SenderId, digest: bytes) -> None:
    if before.key_id != sender_id or not hmac.compare_digest(before.body_digest, digest):
        raise DeliveryReplayed


def _check_room(connection: Connection, vault_id: VaultId, size: int) -> None:
    counts = select(func.count(), func.coalesce(func.sum(_DELIVERY.c.size), 0))
    waiting = (_DELIVERY.c.vault_id == vault_id, _DELIVERY.c.state.in_((WAITING, ASKS, QUARANTINED)))
    count, held = connection.execute(counts.where(*waiting)).one()
    if count >= MOST_WAITING or int(held) + size > MOST_BYTES_WAITING:
        raise TooManyDeliveries
