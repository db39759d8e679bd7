"""A citizen with records of every sort, three ways in, a carer, and what an import still waits for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pytest

from tests.conftest import FixedClock
from tests.vault.records.vaults import FHIR, ORIGIN, PASSPHRASE, Vault, bundle, found_vault, observation
from vault import freshness
from vault.audit.events import Entry, Event, Outcome
from vault.audit.reading import CitizenLog, LogLine
from vault.audit.trails import trail_of
from vault.blobs import RowBlobs
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotKind
from vault.database import Database
from vault.health.typed import TypedResult
from vault.ids import SlotId, VaultId, make_id
from vault.keys.enrolment import Enrolment
from vault.keys.keyring import Keyring
from vault.keys.opening import open_with_seed
from vault.keys.slots import make_slot, seal_slot
from vault.keys.stored import read_keys
from vault.keys.unlocking import Unlocking
from vault.records.pins import Pins
from vault.records.profile import read_profile
from vault.records.records import Records
from vault.records.views import ResultQuery
from vault.rotating.next_keys import Wanted, store_next_keys
from vault.rotating.rotation import Rotation
from vault.server_keys.holder import ServerKeys

PASSKEY = b"k" * 32
WAITING = b"%PDF-1.7 a letter that waits"


@dataclass(frozen=True)
class Rotated:
    """A vault before, during and after its rotation. ``phone``: the slot of the passkey on the lost phone."""

    vault: Vault
    unlocking: Unlocking
    rotation: Rotation
    phone: SlotId
    carer: Seed
    carer_slot: SlotId

    @property
    def vault_id(self) -> VaultId:
        return self.vault.founded.vault_id

    @property
    def database(self) -> Database:
        return self.vault.database

    def start(self, keyring: Keyring | None = None, remove: Collection[SlotId] | None = None) -> Keyring:
        """The first transaction alone, as a process does that is killed right after it."""
        keys = self.rotation.prepare(keyring or self.vault.keyring, Wanted((self.phone,) if remove is None else remove))
        with self.database.write() as connection:
            state = store_next_keys(connection, keys)
            trail = trail_of(connection, self.vault_id)
            entry = Entry(Event.SIGN_IN, Outcome.DONE, "new-keys", subject=state.for_log())
            self.vault.log.append(connection, trail, entry, keys.keyring)
        return keys.keyring

    def rotate(self) -> Keyring:
        keyring = self.start()
        self.rotation.finish(keyring)
        return self.unlock()

    def unlock(self) -> Keyring:
        return self.unlocking.by_passphrase(self.vault_id, PASSPHRASE)

    def unlock_as_carer(self) -> Keyring:
        with self.database.read() as connection:
            stored = read_keys(connection, self.vault_id)
        assert stored is not None
        manifest = stored.open_manifest(self.vault.provider)
        slot = next(slot for slot in stored.slots_of(manifest, SlotKind.CARER) if slot.slot_id == self.carer_slot)
        return open_with_seed(stored, manifest, slot, self.carer)

    def records(self, keyring: Keyring) -> Records:
        with self.database.read() as connection:
            trail = trail_of(connection, self.vault_id)
        parts = (self.database, keyring, self.vault.log, trail, self.vault.clock, RowBlobs(), ORIGIN)
        return Records(*parts)

    def log_lines(self, keyring: Keyring) -> tuple[LogLine, ...]:
        return CitizenLog(self.database, self.vault.provider, keyring).page(200).items


def shown(rotated: Rotated, keyring: Keyring) -> dict[str, object]:
    """Everything that a citizen can see of a vault, opened."""
    records = rotated.records(keyring)
    rows = records.list(limit=200).items
    with rotated.database.read() as connection:
        profile = read_profile(connection, keyring)
        freshness.verify(connection, keyring)
    lines = rotated.log_lines(keyring)
    return {
        "profile": profile,
        "bodies": {row.record_id: records.read(row.record_id).body for row in rows},
        "earlier": {row.record_id: records.read(row.record_id, 1).body for row in rows if row.version > 1},
        "originals": {row.record_id: records.original(row.record_id).data for row in rows},
        "bin": [row.record_id for row in records.list(deleted=True).items],
        "results": list(records.results(ResultQuery(limit=200)).items),
        "waiting": [waiting.import_id for waiting in records.incoming.waiting()],
        "pins": Pins(rotated.database, keyring, rotated.vault.clock).all(),
        "log": all(line.erased == () for line in lines) and sum(line.subject is not None for line in lines) > 5,
    }


def add_ways(vault: Vault, enrolment: Enrolment) -> tuple[SlotId, Seed, SlotId]:
    """A passkey and a carer beside passphrase and recovery code."""
    carer, now = Seed.make(), vault.clock.now()
    phone = make_slot(vault.keyring, SlotKind.PASSKEY, PASSKEY, now)
    care = seal_slot(vault.keyring, SlotId(make_id()), SlotKind.CARER, public_key_of(carer), now, private=False)
    with vault.database.read() as connection:
        stored = enrolment.read_state(connection, vault.founded.vault_id)
        state = freshness.read(connection, vault.keyring)
    change = enrolment.prepare_change(vault.keyring, stored, add=(phone, care))
    with vault.database.write() as connection:
        freshness.advance(connection, vault.keyring, state, enrolment.store_change(connection, change))
    return phone.listed.slot_id, carer, care.listed.slot_id


def fill(vault: Vault, count: int = 40) -> None:
    """Observations with a correction, a document, a typed result, one in the bin, a pin, and a file that waits."""
    vault.records.add_file(bundle(*(observation(n, f"0.{n + 100}") for n in range(count))), "many.json", FHIR)
    vault.records.add_file(bundle(observation(1, "0.999", status="corrected")), "again.json", FHIR)
    vault.records.add_file(b"%PDF-1.7 a letter", "letter.pdf", "application/pdf")
    vault.records.add_result(TypedResult("magnesium", None, "0.83", "mmol/L", "2025-04-01"))
    vault.records.add_file(bundle(observation(900, "0.500", "2025-12-31")), "newest.json", FHIR)
    vault.records.delete(vault.records.list(limit=1).items[0].record_id)
    Pins(vault.database, vault.keyring, vault.clock).pin("magnesium")
    vault.records.incoming.stage(WAITING, "waits.pdf", "application/pdf")


def make_rotated(database: Database, provider: ServerKeys, clock: FixedClock) -> Rotated:
    vault = found_vault(database, provider, clock)
    enrolment = Enrolment(provider, Cost.TEST, clock)
    phone, carer, carer_slot = add_ways(vault, enrolment)
    unlocking = Unlocking(database, provider, Cost.TEST, clock)
    return Rotated(vault, unlocking, Rotation(database, provider), phone, carer, carer_slot)


@pytest.fixture
def rotated(database: Database, provider: ServerKeys, clock: FixedClock) -> Rotated:
    made = make_rotated(database, provider, clock)
    fill(made.vault)
    return made


@pytest.fixture
def rotated_on_sqlite(sqlite_database: Database, provider: ServerKeys, clock: FixedClock) -> Rotated:
    made = make_rotated(sqlite_database, provider, clock)
    fill(made.vault)
    return made
