"""A writer in the database against the keys: each of these worked against an earlier draft or a real product."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from tests.conftest import FixedClock
from tests.vault.keys.conftest import PASSPHRASE, Enrolled
from vault.crypto.sealing import public_key_of, seal_to
from vault.crypto.secret import PrivateKeyVK, Seed, VaultKey
from vault.crypto.slots import SlotKind
from vault.crypto.tokens import parse_token
from vault.database import table_of
from vault.errors import Tampered, Unauthenticated
from vault.ids import AccountId
from vault.keys.delivery import read_address
from vault.keys.generations import KeysChanged
from vault.keys.keyring import Keyring, slot_info
from vault.keys.manifest import Manifest, TooFewSlots, decode, encode, with_slots
from vault.keys.provider import KeysUnavailable
from vault.keys.slots import list_slot
from vault.keys.stored import read_manifest_header
from vault.keys.tables import KeyLog, KeyManifest, KeyRing, KeySession, KeySlot
from vault.keys.unlocking import WrongSecret

_SLOT, _MANIFEST, _SESSION = table_of(KeySlot), table_of(KeyManifest), table_of(KeySession)
_RING, _LOG = table_of(KeyRing), table_of(KeyLog)
NEW = "violet anchor sings twice"


def rows(enrolled: Enrolled, table: Any) -> list[dict[str, Any]]:
    with enrolled.database.read() as connection:
        found = connection.execute(select(table).where(table.c.vault_id == enrolled.vault_id)).mappings()
        return [dict(row) for row in found]


def slot_row(enrolled: Enrolled, kind: SlotKind = SlotKind.PASSPHRASE) -> dict[str, Any]:
    return next(row for row in rows(enrolled, _SLOT) if row["kind"] == kind)


def overwrite_slot(enrolled: Enrolled, slot_id: bytes, **columns: Any) -> None:
    where = (_SLOT.c.vault_id == enrolled.vault_id, _SLOT.c.slot_id == slot_id)
    with enrolled.database.write() as connection:
        connection.execute(update(_SLOT).where(*where).values(**columns))


def overwrite_manifest(enrolled: Enrolled, **columns: Any) -> None:
    with enrolled.database.write() as connection:
        connection.execute(update(_MANIFEST).where(_MANIFEST.c.vault_id == enrolled.vault_id).values(**columns))


def manifest_of(enrolled: Enrolled) -> Manifest:
    return decode(rows(enrolled, _MANIFEST)[0]["body"])


def expect_tampered(enrolled: Enrolled) -> None:
    with pytest.raises(Tampered):
        enrolled.unlocking.by_passphrase(enrolled.vault_id, PASSPHRASE)


@pytest.mark.parametrize("column", ["sealed_vault_key", "sealed_private_key"])
def test_a_planted_vault_key_is_refused(enrolled: Enrolled, column: str) -> None:
    row = slot_row(enrolled)
    label = "vk/1" if column == "sealed_vault_key" else "vk-private/1"
    info = slot_info(label, enrolled.vault_id, row["slot_id"], 1)
    overwrite_slot(enrolled, row["slot_id"], **{column: seal_to(row["public_key"], info, os.urandom(32))})
    expect_tampered(enrolled)


def plant(enrolled: Enrolled, sign: bool) -> None:
    """Seal a vault key of the attacker's own to every slot and write a manifest that agrees."""
    evil = Keyring(enrolled.vault_id, 1, enrolled.keyring.pseudonym, VaultKey.make(), PrivateKeyVK.make())
    lines = []
    for row in rows(enrolled, _SLOT):
        sealed = evil.seal_to_slot(row["slot_id"], row["public_key"])
        overwrite_slot(enrolled, row["slot_id"], sealed_vault_key=sealed[0], sealed_private_key=sealed[1])
        lines.append(list_slot(row["slot_id"], SlotKind(row["kind"]), row["public_key"], *sealed))
    body = encode(with_slots(manifest_of(enrolled), lines))
    values: dict[str, Any] = {"body": body, "mac": evil.manifest_mac(body)}
    if sign:
        values["signature"] = enrolled.provider.sign("receipts", body)
    overwrite_manifest(enrolled, **values)


@pytest.mark.parametrize("sign", [False, True], ids=["old signature", "signature of another purpose"])
def test_a_planted_vault_key_with_a_manifest_to_match_is_refused(enrolled: Enrolled, sign: bool) -> None:
    plant(enrolled, sign)
    expect_tampered(enrolled)


def test_a_restored_slot_stays_shut(enrolled: Enrolled) -> None:
    old = slot_row(enrolled)
    enrolled.change_passphrase(NEW)
    with enrolled.database.write() as connection:
        connection.execute(insert(_SLOT).values(old))
    with pytest.raises(WrongSecret):
        enrolled.unlocking.by_passphrase(enrolled.vault_id, PASSPHRASE)
    enrolled.unlocking.by_passphrase(enrolled.vault_id, NEW)


def test_a_removed_slots_contents_in_the_new_ones_row_are_refused(enrolled: Enrolled) -> None:
    old = slot_row(enrolled)
    enrolled.change_passphrase(NEW)
    fresh = slot_row(enrolled)
    overwrite_slot(
        enrolled, fresh["slot_id"], **{name: old[name] for name in old if name not in ("vault_id", "slot_id")}
    )
    expect_tampered(enrolled)


def test_a_restored_manifest_contradicts_the_header_that_freshness_holds(enrolled: Enrolled) -> None:
    old_manifest, old_slot = rows(enrolled, _MANIFEST)[0], slot_row(enrolled)
    enrolled.change_passphrase(NEW)
    with enrolled.database.write() as connection:
        expected = read_manifest_header(connection, enrolled.vault_id)
        connection.execute(update(_MANIFEST).where(_MANIFEST.c.vault_id == enrolled.vault_id).values(old_manifest))
        connection.execute(insert(_SLOT).values(old_slot))
        assert read_manifest_header(connection, enrolled.vault_id) != expected


def test_only_the_wrapped_seed_of_a_removed_slot_opens_nothing(enrolled: Enrolled) -> None:
    old = slot_row(enrolled)
    enrolled.change_passphrase(NEW)
    overwrite_slot(
        enrolled, slot_row(enrolled)["slot_id"], wrapped_seed=old["wrapped_seed"], parameters=old["parameters"]
    )
    with pytest.raises(WrongSecret):  # The slot's id is in its context.
        enrolled.unlocking.by_passphrase(enrolled.vault_id, PASSPHRASE)


def test_a_swapped_public_key_is_refused(enrolled: Enrolled) -> None:
    overwrite_slot(enrolled, slot_row(enrolled)["slot_id"], public_key=public_key_of(Seed.make()))
    expect_tampered(enrolled)


def test_a_swapped_delivery_key_receives_nothing(enrolled: Enrolled) -> None:
    where = _RING.c.vault_id == enrolled.vault_id
    with enrolled.database.write() as connection:
        connection.execute(update(_RING).where(where).values(public_key=public_key_of(Seed.make())))
        with pytest.raises(Tampered):
            read_address(connection, enrolled.provider, enrolled.vault_id)
        connection.execute(delete(_RING).where(where))
        with pytest.raises(Tampered):
            read_address(connection, enrolled.provider, enrolled.vault_id)


def test_a_slot_of_one_type_replayed_as_another_is_refused(enrolled: Enrolled) -> None:
    recovery, passphrase = slot_row(enrolled, SlotKind.RECOVERY_CODE), slot_row(enrolled)
    overwrite_slot(enrolled, recovery["slot_id"], kind=int(SlotKind.PASSPHRASE))
    with pytest.raises(Tampered):
        enrolled.unlocking.by_recovery_code(enrolled.vault_id, enrolled.recovery_code)
    overwrite_slot(
        enrolled, recovery["slot_id"], kind=int(SlotKind.RECOVERY_CODE), wrapped_seed=passphrase["wrapped_seed"]
    )
    with pytest.raises(Tampered):
        enrolled.unlocking.by_recovery_code(enrolled.vault_id, enrolled.recovery_code)


def test_swapped_slots_of_two_vaults_are_refused(enrolled: Enrolled) -> None:
    mine, theirs = slot_row(enrolled), slot_row(enrolled.enrol_another())
    overwrite_slot(
        enrolled, mine["slot_id"], **{name: theirs[name] for name in theirs if name not in ("vault_id", "slot_id")}
    )
    expect_tampered(enrolled)


def test_another_vaults_manifest_is_refused(enrolled: Enrolled) -> None:
    theirs = rows(enrolled.enrol_another(), _MANIFEST)[0]
    overwrite_manifest(enrolled, body=theirs["body"], signature=theirs["signature"], mac=theirs["mac"])
    expect_tampered(enrolled)


@pytest.mark.parametrize("column", ["body", "signature", "mac"])
def test_a_changed_bit_in_the_manifest_is_refused(enrolled_on_sqlite: Enrolled, column: str) -> None:
    value = rows(enrolled_on_sqlite, _MANIFEST)[0][column]
    overwrite_manifest(enrolled_on_sqlite, **{column: value[:-1] + bytes([value[-1] ^ 1])})
    expect_tampered(enrolled_on_sqlite)


def test_a_missing_slot_row_is_refused(enrolled: Enrolled) -> None:
    with enrolled.database.write() as connection:
        connection.execute(delete(_SLOT).where(_SLOT.c.slot_id == slot_row_id(enrolled)))
    expect_tampered(enrolled)


def slot_row_id(enrolled: Enrolled) -> bytes:
    found: bytes = slot_row(enrolled)["slot_id"]
    return found


@pytest.mark.parametrize(("offset", "value"), [(1, b"\xff\xff\xff\xff"), (5, b"\xff\xff\xff\xff"), (0, b"\2")])
def test_a_slot_that_would_cost_gigabytes_is_refused_before_any_work(
    enrolled_on_sqlite: Enrolled, offset: int, value: bytes
) -> None:
    row = slot_row(enrolled_on_sqlite)
    parameters = row["parameters"][:offset] + value + row["parameters"][offset + len(value) :]
    overwrite_slot(enrolled_on_sqlite, row["slot_id"], parameters=parameters)
    expect_tampered(enrolled_on_sqlite)


def test_a_slot_under_another_pepper_says_that_keys_are_unavailable(enrolled_on_sqlite: Enrolled) -> None:
    row = slot_row(enrolled_on_sqlite)
    overwrite_slot(enrolled_on_sqlite, row["slot_id"], parameters=row["parameters"][:-8] + b"otherkey")
    with pytest.raises(KeysUnavailable):
        enrolled_on_sqlite.unlocking.by_passphrase(enrolled_on_sqlite.vault_id, PASSPHRASE)


def test_a_vault_keeps_two_ways_in_and_one_is_the_recovery_code(enrolled_on_sqlite: Enrolled) -> None:
    manifest = manifest_of(enrolled_on_sqlite)
    for slots in ((), manifest.slots[:1], tuple(slot for slot in manifest.slots if slot.kind is SlotKind.PASSPHRASE)):
        with pytest.raises(TooFewSlots):
            encode(with_slots(manifest, slots))


def sign_in(enrolled: Enrolled, clock: FixedClock) -> Any:
    expires_at = clock.now() + timedelta(hours=1)
    token, row = enrolled.unlocking.sessions.prepare(enrolled.keyring, AccountId(b"a" * 16), expires_at)
    with enrolled.database.write() as connection:
        enrolled.unlocking.sessions.store(connection, row)
    return parse_token(token)


def test_a_manifest_forged_while_someone_is_signed_in_is_refused_on_the_next_request(
    enrolled: Enrolled, clock: FixedClock
) -> None:
    parts = sign_in(enrolled, clock)
    plant(enrolled, sign=False)
    with enrolled.database.read() as connection, pytest.raises(Tampered):
        enrolled.unlocking.sessions.open(connection, *parts, clock.now())


def test_a_session_of_another_generation_is_over(enrolled: Enrolled, clock: FixedClock) -> None:
    parts = sign_in(enrolled, clock)
    with enrolled.database.write() as connection:
        connection.execute(update(_SESSION).values(generation=2))
    with enrolled.database.read() as connection, pytest.raises(Unauthenticated):
        enrolled.unlocking.sessions.open(connection, *parts, clock.now())
    overwrite_manifest(enrolled, generation=2)
    with enrolled.database.read() as connection, pytest.raises(Unauthenticated):
        enrolled.unlocking.sessions.open(connection, *parts, clock.now())


def test_a_session_row_moved_to_another_vault_opens_nothing(enrolled: Enrolled, clock: FixedClock) -> None:
    _, session_id, secret = sign_in(enrolled, clock)
    another = enrolled.enrol_another()
    with enrolled.database.write() as connection:
        connection.execute(update(_SESSION).values(vault_id=another.vault_id))
    with enrolled.database.read() as connection, pytest.raises(Unauthenticated):
        enrolled.unlocking.sessions.open(connection, another.vault_id, session_id, secret, clock.now())


def test_a_stolen_session_row_shows_no_key(enrolled: Enrolled, clock: FixedClock) -> None:
    _, _, secret = sign_in(enrolled, clock)
    stored = b"".join(value for row in rows(enrolled, _SESSION) for value in row.values() if isinstance(value, bytes))
    for key in (enrolled.keyring._now.vault_key.raw, enrolled.keyring._now.private_key.raw, secret.raw):
        assert key not in stored


def test_swapped_log_keys_are_refused(enrolled: Enrolled) -> None:
    theirs = rows(enrolled.enrol_another(), _LOG)[0]
    with enrolled.database.write() as connection:
        mine = _LOG.c.vault_id == enrolled.vault_id
        connection.execute(update(_LOG).where(mine).values(log_key=theirs["log_key"]))
        with pytest.raises(Tampered):
            enrolled.keyring.log_key(connection, enrolled.keyring.pseudonym)


def test_a_change_prepared_from_forged_keys_is_refused(enrolled: Enrolled) -> None:
    plant(enrolled, sign=False)
    with enrolled.database.read() as connection:
        stored = enrolled.enrolment.read_state(connection, enrolled.vault_id)
    with pytest.raises(Tampered):
        enrolled.enrolment.prepare_passphrase_change(enrolled.keyring, stored, NEW)


def test_a_keyring_of_one_vault_changes_no_other(enrolled: Enrolled) -> None:
    another = enrolled.enrol_another()
    with enrolled.database.read() as connection:
        stored = enrolled.enrolment.read_state(connection, another.vault_id)
    with pytest.raises((Tampered, KeysChanged)):
        enrolled.enrolment.prepare_passphrase_change(enrolled.keyring, stored, NEW)


def test_a_deleted_slot_is_gone_from_the_files_bytes(enrolled_on_sqlite: Enrolled, tmp_path: Path) -> None:
    old = slot_row(enrolled_on_sqlite)
    needles = (old["wrapped_seed"][-48:], old["sealed_vault_key"][-48:])
    path = tmp_path / "vault.db"
    assert any(needle in file.read_bytes() for file in tmp_path.glob("vault.db*") for needle in needles)
    enrolled_on_sqlite.change_passphrase(NEW)
    with enrolled_on_sqlite.database.engine.connect() as connection:
        busy = connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]  # type: ignore[union-attr]
    assert busy == 0
    for file in (path, *tmp_path.glob("vault.db-*")):
        for needle in needles:
            assert needle not in file.read_bytes()
