"""A phone is lost: with new keys everything opens as before, and the phone opens nothing. Killed, it goes on."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select
from sqlmodel import SQLModel

from sharing.grants.grants import Issued
from sharing.grants.issuing import LINKS
from tests.conftest import FixedClock
from tests.security.test_kill_nine import bundle as results_of
from tests.security.test_kill_nine import kill
from tests.servers import PASSPHRASE as SERVER_PASSPHRASE
from tests.servers import Server, sign_up
from tests.sharing.shares import Citizen, contents, make_citizen, make_grants, visit
from tests.vault.records.vaults import FHIR, PASSPHRASE, bundle, observation
from vault import freshness
from vault.audit.reading import CitizenLog
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Root, Seed
from vault.crypto.slots import SlotKind
from vault.database import Database
from vault.ids import RootId, SlotId, VaultId, make_id
from vault.keys.delivery import open_delivered_root, read_address, seal_root
from vault.keys.enrolment import Enrolment
from vault.keys.generations import head_of
from vault.keys.keyring import Keyring
from vault.keys.opening import open_with_seed
from vault.keys.slots import make_slot, seal_slot
from vault.keys.stored import read_keys
from vault.keys.unlocking import Unlocking, WrongSecret
from vault.records.bodies import open_bodies
from vault.records.index import load_index
from vault.rotating.next_keys import Wanted, store_next_keys
from vault.rotating.rotation import Rotation
from vault.server_keys.holder import ServerKeys

PHONE = b"p" * 32
LINK_COUNT, CARER_COUNT, DELIVERY_COUNT = 20, 2, 5


@dataclass
class Household:
    """A citizen with shares, a phone, two carers and deliveries that nobody has taken in yet."""

    citizen: Citizen
    unlocking: Unlocking
    rotation: Rotation
    phone: SlotId
    carers: list[Seed]
    shares: list[Issued]
    pending: list[tuple[int, RootId, Root, bytes]]

    @property
    def vault_id(self) -> VaultId:
        return self.citizen.vault.founded.vault_id

    @property
    def database(self) -> Database:
        return self.citizen.vault.database

    def unlock(self) -> Keyring:
        return self.unlocking.by_passphrase(self.vault_id, PASSPHRASE)

    def rotate(self) -> None:
        keys = self.rotation.prepare(self.unlock(), Wanted([self.phone]))
        with self.database.write() as connection:
            store_next_keys(connection, keys)
        self.rotation.finish(keys.keyring)


def make_household(database: Database, provider: ServerKeys, clock: FixedClock, records: int) -> Household:
    citizen = make_citizen(database, provider, clock)
    vault = citizen.vault
    shares = [citizen.share(include=[{"analyte": "sodium"}]) for _ in range(LINK_COUNT)]
    for start in range(0, records, 2_500):
        batch = (observation(n, f"0.{n}") for n in range(start, min(records, start + 2_500)))
        vault.records.add_file(bundle(*batch), f"{start}.json", FHIR)
    carers = [Seed.make() for _ in range(CARER_COUNT)]
    return Household(
        citizen,
        Unlocking(database, provider, Cost.TEST, clock),
        Rotation(database, provider, (LINKS,)),
        add_ways_in(citizen, carers),
        carers,
        shares,
        [deliver(citizen) for _ in range(DELIVERY_COUNT)],
    )


def add_ways_in(citizen: Citizen, carers: list[Seed]) -> SlotId:
    vault, enrolment = citizen.vault, Enrolment(citizen.vault.provider, Cost.TEST, citizen.clock)
    keyring, now = vault.keyring, citizen.clock.now()
    phone = make_slot(keyring, SlotKind.PASSKEY, PHONE, now)
    keys = (public_key_of(seed) for seed in carers)
    theirs = [seal_slot(keyring, SlotId(make_id()), SlotKind.CARER, key, now, private=False) for key in keys]
    with vault.database.read() as connection:
        stored, state = enrolment.read_state(connection, keyring.vault_id), freshness.read(connection, keyring)
    change = enrolment.prepare_change(keyring, stored, add=(phone, *theirs))
    with vault.database.write() as connection:
        freshness.advance(connection, keyring, state, enrolment.store_change(connection, change))
    return phone.listed.slot_id


def deliver(citizen: Citizen) -> tuple[int, RootId, Root, bytes]:
    with citizen.vault.database.read() as connection:
        address = read_address(connection, citizen.vault.provider, citizen.vault.keyring.vault_id)
    root_id, root = RootId(make_id()), Root.make()
    return address.epoch, root_id, root, seal_root(address, root_id, root)


def bodies(database: Database, keyring: Keyring) -> list[bytes]:
    """Every record, opened."""
    with database.read() as connection:
        index = load_index(connection, keyring)
        cards = [card for _, rows in index.all_rows(connection) for card in rows]
        return sorted(open_bodies(connection, keyring, cards))


def check_everything_opens(house: Household, before: list[bytes]) -> None:
    keyring = house.unlock()
    assert (keyring.generation, keyring.previous) == (2, None)
    assert house.unlocking.by_recovery_code(house.vault_id, house.citizen.vault.founded.recovery_code).opens_private
    assert bodies(house.database, keyring) == before
    with house.database.read() as connection:
        stored = read_keys(connection, house.vault_id)
        assert stored is not None
        manifest = stored.open_manifest(house.citizen.vault.provider)
        slots = stored.slots_of(manifest, SlotKind.CARER)
        theirs = {public_key_of(seed): seed for seed in house.carers}
        opened = [open_with_seed(stored, manifest, slot, theirs[slot.public_key]) for slot in slots]
        for epoch, root_id, root, sealed in house.pending:
            assert open_delivered_root(connection, keyring, epoch, root_id, sealed) == root
    assert [carer.opens_private for carer in opened] == [False] * CARER_COUNT
    assert bodies(house.database, opened[0]) == before
    check_shares(house, keyring)
    lines = CitizenLog(house.database, house.citizen.vault.provider, keyring).page(200).items
    assert all(line.erased == () for line in lines)


def check_shares(house: Household, keyring: Keyring) -> None:
    """Links open for who has them, and the citizen still sees terms and links."""
    founded = replace(house.citizen.vault.founded, keyring=keyring)
    grants = make_grants(replace(house.citizen.vault, founded=founded))
    assert {each.grant_id for each in grants.list().items} == {each.grant_id for each in house.shares}
    for issued in house.shares:
        assert contents(house.citizen, issued, visit(house.citizen, issued))
        assert grants.get(issued.grant_id).shlink == issued.shlink


def check_phone_is_out(house: Household) -> None:
    with pytest.raises(WrongSecret):
        house.unlocking.by_passkey(house.vault_id, house.phone, PHONE)


def wraps_left(database: Database, vault_id: VaultId, generation: int) -> set[str]:
    """Every column of every table in which anything of this vault begins as a wrap of this generation."""
    head, found = head_of(generation), set()
    with database.read() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if "vault_id" not in table.c:
                continue
            for column in table.columns:
                if isinstance(column.type, LargeBinary):
                    values = connection.execute(select(column).where(table.c.vault_id == vault_id)).scalars()
                    if any(value is not None and value.startswith(head) for value in values):
                        found.add(f"{table.name}.{column.name}")
    return found


def test_everything_opens_afterwards_and_the_removed_device_does_not(
    database: Database, provider: ServerKeys, clock: FixedClock
) -> None:
    house = make_household(database, provider, clock, 300)
    before = bodies(database, house.unlock())
    assert {"key_link.link", "key_root.wrapped", "key_ring.wrapped"} <= wraps_left(database, house.vault_id, 1)
    house.rotate()
    check_everything_opens(house, before)
    check_phone_is_out(house)
    assert wraps_left(database, house.vault_id, 1) == set()


def test_ten_thousand_records_three_ways_in_two_carers_twenty_links_and_five_deliveries(
    sqlite_database: Database, provider: ServerKeys, clock: FixedClock
) -> None:
    house = make_household(sqlite_database, provider, clock, 10_000)
    before = bodies(sqlite_database, house.unlock())
    assert len(before) > 10_000
    house.rotate()
    check_everything_opens(house, before)
    check_phone_is_out(house)


def change_keys(server: Server, token: str) -> threading.Thread:
    """Asks for new keys; whether an answer comes is chance."""

    def ask() -> None:
        try:
            server.post("/api/keys", {}, token)
        except (OSError, HTTPException):
            return

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def wait_until_under_way(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for _ in range(30_000):
            if connection.execute("SELECT count(*) FROM key_previous").fetchone()[0]:
                return
            time.sleep(0.0005)
    raise AssertionError("no change of keys began")


def sign_in(server: Server) -> str:
    answer = server.post("/api/sessions", {"email": "ana@example.org", "passphrase": SERVER_PASSPHRASE})
    assert answer.status == 201, answer.body
    return str(answer.json["token"])


def test_killed_while_the_keys_change_it_goes_on_at_the_next_sign_in(tmp_path: Path) -> None:
    server = Server(tmp_path).start()
    path = server.data / "vault.sqlite3"
    try:
        token = sign_up(server)["token"]
        for place in range(2):
            sent = server.call("POST", "/api/imports?filename=many.json", results_of(0, place, 2_000), token)
            assert sent.json["added"] == 2_000
        cut = 0
        for delay in (0, 0.01, 0.03, 0.06):
            thread = change_keys(server, token)
            wait_until_under_way(path)
            time.sleep(delay)
            kill(server)
            thread.join(30)
            with closing(sqlite3.connect(path)) as connection:
                cut += connection.execute("SELECT count(*) FROM key_previous").fetchone()[0]
            server.start()
            token = sign_in(server)
            with closing(sqlite3.connect(path)) as connection:
                assert connection.execute("SELECT count(*) FROM key_previous").fetchone()[0] == 0
            latest = server.get("/api/results?limit=200", token)
            assert (latest.status, len(latest.json["items"])) == (200, 200)
        assert cut >= 2, "kills fell into changes of keys"
        again = server.call("POST", "/api/imports?filename=again.json", results_of(0, 1, 2_000), token)
        assert (again.json["added"], again.json["duplicates"]) == (0, 2_000)
    finally:
        server.stop()
