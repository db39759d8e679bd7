"""A vault gets new keys: everything opens as before for who stays, and nothing for what was lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert, select, update

from tests.vault.records.vaults import FHIR, bundle, observation
from tests.vault.rotating.conftest import PASSKEY, WAITING, Rotated, shown
from vault import freshness
from vault.blobs import RowBlobs
from vault.crypto.secret import Root
from vault.crypto.slots import SlotKind
from vault.database import Database, table_of
from vault.errors import Tampered
from vault.health.typed import TypedResult
from vault.ids import RootId, SlotId
from vault.keys.delivery import open_delivered_root, read_address, seal_root
from vault.keys.generations import KeysChanged
from vault.keys.keyring import Keyring
from vault.keys.manifest import TooFewSlots
from vault.keys.slots import NewSlot, make_slot
from vault.keys.stored import read_keys
from vault.keys.tables import KeyLog, KeyManifest, KeyPrevious, KeyRing, KeyRoot, KeySlot
from vault.keys.unlocking import WrongSecret
from vault.records.originals import facts_of_file
from vault.records.privacy import Privacy
from vault.records.tables import RecordTag
from vault.records.views import ResultQuery
from vault.records.waiting import Brought, stage
from vault.rotating.next_keys import Wanted, store_next_keys
from vault.rotating.rewrapping import SEEDS, Name, rewrap_some
from vault.rotating.rotation import Rotation

_PREVIOUS = table_of(KeyPrevious)
KEYS = [table_of(each) for each in (KeyManifest, KeySlot, KeyRing, KeyRoot, KeyLog)]


def rows(database: Database, table: Table) -> list[dict[str, Any]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def test_everything_opens_after_a_rotation(rotated: Rotated) -> None:
    before = shown(rotated, rotated.unlock())
    after = rotated.rotate()
    assert (after.generation, after.previous) == (2, None)
    assert shown(rotated, after) == before
    assert rotated.unlocking.by_recovery_code(rotated.vault_id, rotated.vault.founded.recovery_code).generation == 2
    carer = rotated.unlock_as_carer()
    assert (carer.opens_private, carer.generation) == (False, 2)
    assert len(rotated.records(carer).list(limit=200).items) == len(before["bodies"])  # type: ignore[arg-type]


def test_no_row_is_left_under_the_old_keys(rotated: Rotated) -> None:
    rotated.rotate()
    assert rows(rotated.database, _PREVIOUS) == []
    for table, column in ((KeyRoot, "wrapped"), (KeyRing, "wrapped"), (KeyLog, "log_key")):
        wraps = [row[column] for row in rows(rotated.database, table_of(table))]
        assert {int.from_bytes(wrap[1:9], "big") for wrap in wraps} == {2}, table


def test_the_lost_device_opens_nothing_even_when_its_slot_is_put_back(rotated: Rotated) -> None:
    old = rows(rotated.database, table_of(KeySlot))
    rotated.rotate()
    with pytest.raises(WrongSecret):
        rotated.unlocking.by_passkey(rotated.vault_id, rotated.phone, PASSKEY)
    with rotated.database.write() as connection:
        connection.execute(insert(table_of(KeySlot)), next(row for row in old if row["slot_id"] == rotated.phone))
    with pytest.raises(WrongSecret):
        rotated.unlocking.by_passkey(rotated.vault_id, rotated.phone, PASSKEY)


def test_a_whole_manifest_that_is_put_back_contradicts_the_sum(rotated: Rotated) -> None:
    old = {table.name: rows(rotated.database, table) for table in KEYS}
    rotated.rotate()
    with rotated.database.write() as connection:
        for table in (table_of(KeyManifest), table_of(KeySlot)):
            connection.execute(table.delete())
            connection.execute(insert(table), old[table.name])
    keyring = rotated.unlocking.by_passkey(rotated.vault_id, rotated.phone, PASSKEY)
    with pytest.raises(KeysChanged), rotated.database.read() as connection:
        freshness.verify(connection, keyring)


def test_the_old_keys_open_nothing_that_is_stored_afterwards(rotated: Rotated) -> None:
    thief = rotated.unlocking.by_passkey(rotated.vault_id, rotated.phone, PASSKEY)
    rotated.rotate()
    seen = rotated.records(rotated.unlock())
    record_id = seen.add_result(TypedResult("magnesium", None, "0.91", "mmol/L", "2026-04-01"))
    lost = rotated.records(thief)
    for look in (lambda: lost.read(record_id), lost.list, lambda: lost.results(ResultQuery())):
        with pytest.raises(KeysChanged):
            look()
    with rotated.database.read() as connection:
        wraps = [(row["root_id"], row["wrapped"]) for row in rows(rotated.database, table_of(KeyRoot))]
        for root_id, wrapped in wraps:
            # Even one that lies about its generation, so that the old keys are tried on it.
            with pytest.raises(Tampered):
                thief.unwrap("root/1", root_id, wrapped[:1] + (1).to_bytes(8, "big") + wrapped[9:])
        with pytest.raises(KeysChanged):
            thief.log_key(connection, thief.pseudonym)


def test_segments_written_on_hang_under_roots_that_the_old_keys_never_wrapped(rotated: Rotated) -> None:
    def segment_roots() -> set[bytes]:
        roots = rows(rotated.database, table_of(KeyRoot))
        return {row["root_id"] for row in roots if row["purpose"] == "segment"}

    before = segment_roots()
    rotated.rotate()
    after = segment_roots()
    assert len(before) == len(after) >= 2
    assert not before & after


def test_a_rotation_that_stops_anywhere_loses_nothing_and_goes_on_at_the_next_unlock(rotated: Rotated) -> None:
    before = shown(rotated, rotated.unlock())
    rotated.start()
    done = []
    while (keyring := rotated.unlock()).previous is not None:
        assert shown(rotated, keyring) == before, done
        assert rotated.unlock_as_carer().previous == 1
        done += list(islice(rotated.rotation.steps(keyring), 1))
    assert {"segment", "key_ring", "key_log", "key_root", "end"} <= set(done)
    assert shown(rotated, keyring) == before
    assert list(rotated.rotation.steps(keyring)) == []


def test_what_is_here_already_is_noticed_at_every_moment_of_a_rotation(rotated: Rotated) -> None:
    again = bundle(observation(1, "0.101"), observation(2, "0.102"), observation(1, "0.999", status="corrected"))
    rotated.start()
    while True:
        keyring = rotated.unlock()
        outcome = rotated.records(keyring).add_file(again, "again.json", FHIR)
        assert (outcome.added, outcome.duplicates) == (0, 3)
        if keyring.previous is None:
            break
        next(rotated.rotation.steps(keyring))


def test_what_is_written_between_the_steps_stays(rotated: Rotated) -> None:
    rotated.start()
    typed = []
    while (keyring := rotated.unlock()).previous is not None:
        result = TypedResult("magnesium", None, f"1.{len(typed)}", "mmol/L", "2026-04-01")
        typed.append(rotated.records(keyring).add_result(result))
        next(rotated.rotation.steps(keyring))
    found = {row.record_id for row in rotated.records(keyring).list(limit=200).items}
    assert len(typed) >= 5
    assert set(typed) <= found


def test_tags_are_those_of_the_new_keys_alone(rotated: Rotated) -> None:
    before = {row["tag"]: row["record_id"] for row in rows(rotated.database, table_of(RecordTag))}
    rotated.rotate()
    after = {row["tag"]: row["record_id"] for row in rows(rotated.database, table_of(RecordTag))}
    assert not before.keys() & after.keys()
    assert sorted(before.values()) == sorted(after.values())


def test_who_signed_in_before_is_told_instead_of_losing_a_write(rotated: Rotated) -> None:
    early = rotated.records(rotated.unlock())
    rotated.rotate()
    with pytest.raises(KeysChanged):
        early.add_result(TypedResult("magnesium", None, "0.91", "mmol/L", "2026-04-01"))
    with pytest.raises(KeysChanged):
        early.incoming.stage(WAITING, "late.pdf", "application/pdf")


def test_of_two_rotations_at_once_one_wins(rotated: Rotated) -> None:
    first, second = (rotated.rotation.prepare(rotated.unlock()) for _ in range(2))
    with rotated.database.write() as connection:
        store_next_keys(connection, first)
    with pytest.raises(KeysChanged), rotated.database.write() as connection:
        store_next_keys(connection, second)
    rotated.rotation.finish(first.keyring)
    assert rotated.unlock().generation == 2


def test_a_write_in_between_makes_the_first_transaction_start_again(rotated: Rotated) -> None:
    keys = rotated.rotation.prepare(rotated.unlock())
    rotated.records(rotated.unlock()).add_result(TypedResult("magnesium", None, "0.91", "mmol/L", "2026-04-01"))
    with pytest.raises(freshness.StaleState), rotated.database.write() as connection:
        store_next_keys(connection, keys)
    assert rotated.unlock().generation == 1


def test_a_second_rotation_finishes_the_first(rotated: Rotated) -> None:
    before = shown(rotated, rotated.unlock())
    rotated.start()
    keyring = rotated.start(rotated.unlock(), remove=())
    rotated.rotation.finish(keyring)
    after = rotated.unlock()
    assert after.generation == 3
    assert shown(rotated, after) == before


def test_two_who_finish_at_once_do_no_harm(rotated: Rotated) -> None:
    before = shown(rotated, rotated.unlock())
    rotated.start()
    one, other = rotated.rotation.steps(rotated.unlock()), rotated.rotation.steps(rotated.unlock())
    while next(one, None) or next(other, None):
        next(other, None)
    assert shown(rotated, rotated.unlock()) == before


def test_a_carer_rotates_nothing(rotated: Rotated) -> None:
    with pytest.raises(Tampered):
        rotated.rotation.prepare(rotated.unlock_as_carer())
    rotated.start()
    assert list(rotated.rotation.steps(rotated.unlock_as_carer())) == []
    assert rotated.unlock().previous == 1


def test_carers_keep_reading_while_a_rotation_is_under_way_and_get_no_private_key(rotated: Rotated) -> None:
    rotated.start()
    carer = rotated.unlock_as_carer()
    assert (carer.opens_private, carer.previous) == (False, 1)
    assert rotated.records(carer).results(ResultQuery()).items


def test_the_last_ways_in_cannot_be_lost_with_a_phone(rotated: Rotated) -> None:
    with rotated.database.read() as connection:
        stored = read_keys(connection, rotated.vault_id)
    assert stored is not None
    own = [slot.slot_id for slot in stored.open_manifest(rotated.vault.provider).slots if slot.kind in (1, 3)]
    with pytest.raises(TooFewSlots):
        rotated.rotation.prepare(rotated.vault.keyring, Wanted(own))


def deliver(rotated: Rotated) -> tuple[int, RootId, Root, bytes]:
    with rotated.database.read() as connection:
        address = read_address(connection, rotated.vault.provider, rotated.vault_id)
    root_id, root = RootId(b"d" * 16), Root.make()
    return address.epoch, root_id, root, seal_root(address, root_id, root)


def test_pending_deliveries_open_and_new_ones_go_to_a_new_key(rotated: Rotated) -> None:
    pending = deliver(rotated)
    during = rotated.start()
    fresh = deliver(rotated)
    rotated.rotation.finish(during)
    keyring = rotated.unlock()
    assert (pending[0], fresh[0]) == (1, 2)
    with rotated.database.read() as connection:
        for epoch, root_id, root, sealed in (pending, fresh):
            assert open_delivered_root(connection, keyring, epoch, root_id, sealed) == root


def test_an_old_delivery_key_goes_once_nothing_waits_for_it(rotated: Rotated) -> None:
    epochs = [1]
    rotation = Rotation(rotated.database, rotated.vault.provider, awaited=lambda connection, vault_id: epochs)
    for expected in ([1, 2], [3]):
        rotation.finish(rotated.start(rotated.unlock(), remove=()))
        assert sorted(row["number"] for row in rows(rotated.database, table_of(KeyRing))) == expected
        epochs.clear()


def test_a_root_that_opens_for_nobody_does_not_keep_the_old_keys_alive(rotated: Rotated) -> None:
    broken = next(row for row in rows(rotated.database, table_of(KeyRoot)) if row["purpose"] == "write")
    with rotated.database.write() as connection:
        table = table_of(KeyRoot)
        spoilt = broken["wrapped"][:-1] + bytes((broken["wrapped"][-1] ^ 1,))
        connection.execute(update(table).where(table.c.root_id == broken["root_id"]).values(wrapped=spoilt))
    keyring = rotated.rotate()
    assert keyring.previous is None
    assert spoilt in [row["wrapped"] for row in rows(rotated.database, table_of(KeyRoot))]


def test_an_index_that_was_rolled_back_is_not_given_new_keys(rotated: Rotated) -> None:
    table = table_of(KeyManifest)
    with rotated.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM segment")
    with pytest.raises(Tampered):
        rotated.rotation.prepare(rotated.unlock())
    assert [row["generation"] for row in rows(rotated.database, table)] == [1]


def test_old_keys_put_back_beside_the_new_are_found_by_the_sum(rotated: Rotated) -> None:
    rotated.start()
    kept = rows(rotated.database, _PREVIOUS)
    rotated.rotation.finish(rotated.unlock())
    with rotated.database.write() as connection:
        connection.execute(insert(_PREVIOUS), kept)
    keyring = rotated.unlock()
    with pytest.raises(Tampered), rotated.database.read() as connection:
        freshness.verify(connection, keyring)


def test_present_log_keys_are_never_taken_from_the_old_keys(rotated: Rotated) -> None:
    """Who has the old keys and writes the database would choose under what new entries are sealed."""
    thief = rotated.vault.keyring
    rotated.start()
    table, chosen = table_of(KeyLog), b"c" * 32
    planted = thief.wrap("log/2", thief.pseudonym + (2).to_bytes(8, "big"), chosen)
    old = thief.wrap("log/1", thief.pseudonym, chosen)
    for wrap in (planted, old):
        with rotated.database.write() as connection:
            connection.execute(update(table).where(table.c.generation == 2).values(log_key=wrap))
        keyring = rotated.unlock()
        with pytest.raises(Tampered), rotated.database.read() as connection:
            keyring.log_key(connection, keyring.pseudonym)


def test_log_keys_of_two_generations_do_not_stand_for_each_other(rotated: Rotated) -> None:
    keyring, table = rotated.rotate(), table_of(KeyLog)
    wraps = {
        row["generation"]: row["log_key"]
        for row in rows(rotated.database, table)
        if row["vault_id"] == rotated.vault_id
    }
    with rotated.database.write() as connection:
        connection.execute(update(table).where(table.c.generation == 2).values(log_key=wraps[1]))
    with pytest.raises(Tampered), rotated.database.read() as connection:
        keyring.log_key(connection, keyring.pseudonym)


def test_the_old_keys_are_gone_from_the_files_bytes(rotated_on_sqlite: Rotated) -> None:
    rotated = rotated_on_sqlite
    sealed = [row["sealed_vault_key"] for row in rows(rotated.database, table_of(KeySlot))]
    keyring: Keyring = rotated.start()
    kept = rows(rotated.database, _PREVIOUS)[0]
    roots = [row["wrapped"] for row in rows(rotated.database, table_of(KeyRoot))]
    path = rotated.database.url.database
    assert path
    rotated.rotation.finish(keyring)
    assert rotated.database.truncate_wal()
    data = b"".join(Path(each).read_bytes() for each in (path, f"{path}-wal"))
    for old in (*sealed, kept["wrapped"], kept["wrapped_private"], *roots):
        assert old not in data


def test_a_carer_hands_the_vault_over_with_new_keys_that_carers_have_no_more(rotated: Rotated) -> None:
    """As for somebody who grew up: their own ways in come, the carer's go."""
    before = shown(rotated, rotated.unlock())
    carer, own = rotated.unlock_as_carer(), b"o" * 32
    made: list[SlotId] = []

    def add(keyring: Keyring) -> list[NewSlot]:
        slots = [make_slot(keyring, SlotKind.PASSKEY, own, rotated.vault.clock.now())]
        made.extend(slot.listed.slot_id for slot in slots)
        return slots

    with pytest.raises(Tampered):
        rotated.rotation.prepare(carer, Wanted([rotated.carer_slot], add))
    made.clear()
    keys = rotated.rotation.prepare(carer, Wanted([rotated.carer_slot], add, hands_over=True))
    with rotated.database.write() as connection:
        store_next_keys(connection, keys)
    during = rotated.unlocking.by_passkey(rotated.vault_id, made[0], own)
    assert (during.opens_private, during.previous) == (True, 1)
    rotated.rotation.finish(during)
    keyring = rotated.unlocking.by_passkey(rotated.vault_id, made[0], own)
    assert keyring.previous is None
    assert shown(rotated, keyring) == before
    with pytest.raises(StopIteration):
        rotated.unlock_as_carer()
    with pytest.raises(KeysChanged):
        rotated.records(carer).list()


def test_a_file_that_arrives_just_after_the_keys_changed_is_refused_instead_of_lost(rotated: Rotated) -> None:
    early = rotated.unlock()
    rotated.rotate()
    facts, brought = facts_of_file(WAITING, "late.pdf", "application/pdf"), Brought(0, 1, 0, asks_whose=False)
    with pytest.raises(KeysChanged):
        stage(rotated.database, early, RowBlobs(), facts, WAITING, brought, rotated.vault.clock.now())


def test_a_wrap_that_somebody_replaced_meanwhile_is_left_as_they_wrote_it(rotated: Rotated) -> None:
    keyring, table = rotated.start(), table_of(KeyRing)
    newer = keyring.wrap("delivery/1", (1).to_bytes(8, "big"), b"n" * 32)

    def name_and_write(row: Any, generation: int) -> Name:
        with rotated.database.write() as connection:
            connection.execute(update(table).where(table.c.number == 1).values(wrapped=newer))
        return SEEDS.name(row, generation)

    rewrap_some(rotated.database, keyring, replace(SEEDS, name=name_and_write))
    assert newer in [row["wrapped"] for row in rows(rotated.database, table)]


def test_what_is_kept_from_carers_stays_so_at_every_moment_of_a_rotation(rotated: Rotated) -> None:
    typed = next(row for row in rotated.records(rotated.unlock()).list(limit=200).items if row.source == "typed")
    privacy = Privacy(rotated.database, rotated.unlock(), RowBlobs())
    assert privacy.keep(typed.record_id, lambda _connection, _state: None, is_private=True)
    rotated.start()
    while True:
        keyring, carer = rotated.unlock(), rotated.unlock_as_carer()
        assert b"0.83" in rotated.records(keyring).read(typed.record_id).body
        assert typed.record_id not in {row.record_id for row in rotated.records(carer).list(limit=200).items}
        if keyring.previous is None:
            break
        next(rotated.rotation.steps(keyring))
    with rotated.database.read() as connection:
        roots = table_of(KeyRoot)
        private = connection.execute(select(roots).where(roots.c.purpose == "private")).all()
    assert private
    assert {row.generation for row in private} == {2}
