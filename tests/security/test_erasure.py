"""Erasing destroys: afterwards no byte of a vault's keys and ciphertexts is in the files, and nothing older opens it.

On PostgreSQL rows are gone and vacuumed; what its log, replicas and freed space hold until they expire isn't claimed.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, select

from tests.conftest import FixedClock
from tests.databases import copy_sqlite, opened, postgres_database_url
from tests.sharing.shares import Citizen, make_citizen, make_grants
from tests.vault.erasure.erasing import House, Rows, make_house, put_back, rows_of, tables
from tests.vault.records.vaults import FHIR, Vault, bundle, found_vault, observation
from vault.audit.admin_log import AdminFilters, AdminLog
from vault.audit.events import Origin
from vault.audit.leaf import derive_leaf_hash
from vault.audit.tables import AuditEntry
from vault.audit.trails import trail_of
from vault.crypto.objects import RecordHeader, open_record, open_segment
from vault.database import Database, table_of
from vault.erasure.again import Applied, apply_ledger
from vault.erasure.certificate import NotACertificate, check_certificate
from vault.erasure.erasures import Erasures, Terms
from vault.erasure.everything import vaults_where
from vault.errors import NotFound, Tampered
from vault.freshness import page_object_id
from vault.ids import RecordId, VaultId
from vault.keys.roots import open_roots
from vault.records.views import ResultQuery
from vault.server_keys.holder import ServerKeys
from vault.tables import BlobRow

RETENTION = timedelta(days=7)
SHORTEST = 28  # Nonce and tag: whatever is sealed or wrapped is longer, and no such bytes come by chance.


@pytest.fixture
def citizen(database: Database, provider: ServerKeys, clock: FixedClock) -> Citizen:
    """With records over several pages of the database, a document, shares, notices, a bin and looks."""
    made = make_citizen(database, provider, clock)
    many = [observation(100 + n, f"1.{n:03}", f"2024-{1 + n % 12:02}-{1 + n % 28:02}") for n in range(120)]
    made.vault.records.add_file(bundle(*many), "many.json", FHIR)
    made.vault.records.add_file(b"A letter as large as a page. " * 20_000, "large.txt", "text/plain")
    made.share(passcode="914770")
    made.share(include=[{"analyte": "sodium"}])
    made.vault.records.delete(made.vault.records.list().items[0].record_id)
    return made


@pytest.fixture
def house(citizen: Citizen, provider: ServerKeys, clock: FixedClock, tmp_path: Path) -> House:
    made = make_house(citizen.vault.database, provider, clock, tmp_path)
    return House(citizen.vault, made.ledger, made.ledger_path, made.erasures)


def secrets_of(database: Database, vault_id: VaultId) -> dict[str, bytes]:
    """Every sealed, wrapped or keyed value of one vault, by where it stood."""
    found: dict[str, bytes] = {}
    with database.read() as connection:
        for table in tables():
            if "vault_id" not in table.c or table.name in {"audit_entry", "audit_order"}:
                continue
            binary = [column for column in table.c if isinstance(column.type, LargeBinary)]
            for number, row in enumerate(connection.execute(select(*binary).where(table.c.vault_id == vault_id))):
                for column, value in zip(binary, row, strict=True):
                    if value is not None and len(value) >= SHORTEST:
                        found[f"{table.name}.{column.name}[{number}]"] = value
    return found


def slices(value: bytes) -> Iterator[bytes]:
    """What of a value can stand in one piece on a database page: a long one is split over several."""
    yield from (value[start : start + SHORTEST] for start in range(0, len(value) - SHORTEST + 1, 2_000))


def left_in(folder: Path, secrets: dict[str, bytes]) -> list[str]:
    """The secrets of which any slice is in any file of the folder."""
    contents = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    return [
        name
        for name, value in secrets.items()
        if any(piece in content for piece in slices(value) for content in contents)
    ]


def files_of(database: Database, tmp_path: Path) -> Path:
    """The database file with its log beside it, alone in a folder."""
    folder = tmp_path / "copied"
    folder.mkdir(exist_ok=True)
    for path in Path(str(database.url.database)).parent.glob("vault.db*"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@contextmanager
def reading(database: Database) -> Iterator[None]:
    """Somebody else who looks at the state as it is now, and goes on looking."""
    connection = sqlite3.connect(str(database.url.database), isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM record").fetchone()
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def erase_everything(house: House) -> str:
    with house.database.read() as connection:
        trail = trail_of(connection, house.vault.keyring.vault_id)
    return house.erasures.erase(trail)


def interleave(citizen: Citizen, name: str) -> Vault:
    """A neighbour's vault whose rows stand among the citizen's on the same pages."""
    other = found_vault(citizen.vault.database, citizen.vault.provider, citizen.clock, name)
    for number in range(24):
        for records in (citizen.vault.records, other.records):
            taken = f"2023-{1 + number % 12:02}-{1 + number % 28:02}"
            records.add_file(bundle(observation(1000 + number, f"2.{number:03}", taken)), f"{number}.json", FHIR)
    return other


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_after_erasing_everything_no_byte_of_keys_or_ciphertexts_is_left_in_the_files(
    house: House, citizen: Citizen, tmp_path: Path
) -> None:
    neighbour = interleave(citizen, "A Neighbour")
    secrets = secrets_of(house.database, house.vault.keyring.vault_id)
    assert len(secrets) > 300
    assert any(name.startswith("key_") for name in secrets)
    assert set(left_in(files_of(house.database, tmp_path), secrets)) == set(secrets), "the search finds what is there"
    address = erase_everything(house)
    with reading(house.database):
        assert house.erasures.finish() == 0
        assert house.erasures.find(address).certificate is None
        assert left_in(files_of(house.database, tmp_path), secrets), "one open reader keeps old bytes in the log"
    assert house.erasures.finish() == 1
    assert house.erasures.find(address).certificate is not None
    assert left_in(files_of(house.database, tmp_path), secrets) == []
    assert len(neighbour.records.list(limit=200).items) == 24, "nobody else lost anything"
    kept = secrets_of(house.database, neighbour.keyring.vault_id)
    assert set(left_in(files_of(house.database, tmp_path), kept)) == set(kept)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_after_erasing_one_record_no_byte_of_what_sealed_it_is_left_in_the_files(
    house: House, citizen: Citizen, tmp_path: Path
) -> None:
    interleave(citizen, "A Neighbour")
    vault_id, erased = house.vault.keyring.vault_id, magnesium(citizen)["0.80"]
    citizen.vault.records.read(erased)
    before = secrets_of(house.database, vault_id)
    house.erasing(citizen.grants.without).erase(erased)
    house.erasures.finish()
    now = set(secrets_of(house.database, vault_id).values())
    gone = {name: value for name, value in before.items() if value not in now}
    for table in ("record", "record_tag", "segment", "directory", "key_root", "key_link", "blob", "audit_subject"):
        assert any(name.startswith(f"{table}.") for name in gone), table
    assert left_in(files_of(house.database, tmp_path), gone) == []


def magnesium(citizen: Citizen) -> dict[str, RecordId]:
    rows = citizen.vault.records.results(ResultQuery(analyte="magnesium", limit=200)).items
    return {row.original_value: row.record_id for row in rows}


def test_after_erasing_everything_no_row_names_the_vault_but_the_log(house: House) -> None:
    vault_id = house.vault.keyring.vault_id
    with house.database.read() as connection:
        entry = table_of(AuditEntry)
        before = set(connection.execute(select(entry.c.leaf).where(entry.c.vault_id == vault_id)).scalars())
    address = erase_everything(house)
    house.erasures.finish()
    left = {
        table: [row for row in rows if vault_id in row.values()]
        for table, rows in rows_of(house.database, tables()).items()
    }
    entries = left.pop("audit_entry")
    assert {table for table, rows in left.items() if rows} == set()
    assert before < {row["leaf"] for row in entries}, "every entry stays as it was, and one more tells of the end"
    assert len(entries) == len(before) + 1
    (last,) = {row["leaf"] for row in entries} - before
    certificate = house.erasures.find(address).certificate
    assert certificate is not None
    assert certificate["last_log_entry"] == derive_leaf_hash(last).hex()
    assert certificate["kept"] == {"log_entries": len(entries)}


def test_the_certificate_verifies_names_nobody_and_bears_no_changed_bit(
    house: House, provider: ServerKeys, clock: FixedClock
) -> None:
    address = erase_everything(house)
    house.erasures.finish()
    data, key = house.erasures.take(address), provider.public_key("certificates")
    told = check_certificate(data, key)
    assert told["erased"]["keys"] > 10
    assert told["erased"]["record_versions"] == 126
    assert told["last_residue_until"] == (clock.now() + timedelta(days=7)).isoformat().replace("+00:00", "Z")
    for name in ("Stanley", "Jones", "magnesium", "Lee", "letter", house.vault.keyring.vault_id.hex()):
        assert name.lower() not in json.dumps(told).lower()
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 1
        try:
            assert check_certificate(bytes(changed), key) == told  # A bit of white space, or of the key that is beside.
        except (Tampered, NotACertificate):
            continue
        assert json.loads(changed)["certificate"] == json.loads(data)["certificate"]
    with pytest.raises(Tampered):
        check_certificate(data, provider.public_key("receipts"))


def test_a_certificate_is_found_by_its_address_alone_and_not_for_ever(house: House, clock: FixedClock) -> None:
    address = erase_everything(house)
    house.erasures.finish()
    for other in ("", "x", address[:-1], address + "A", "A" * 43, "é" * 43):
        with pytest.raises(NotFound):
            house.erasures.find(other)
    first = house.erasures.take(address)
    clock.advance(timedelta(minutes=59))
    assert house.erasures.take(address) == first
    clock.advance(timedelta(minutes=1))
    house.erasures.finish()
    for act in (house.erasures.find, house.erasures.take):
        with pytest.raises(NotFound):
            act(address)
    assert rows_of(house.database, tables())["erasure"] == []


def test_nothing_is_erased_twice(house: House) -> None:
    with house.database.read() as connection:
        trail = trail_of(connection, house.vault.keyring.vault_id)
    house.erasures.erase(trail)
    with pytest.raises(NotFound):
        house.erasures.erase(trail)
    house.erasures.finish()
    house.erasures.finish()
    assert len(house.ledger.read()) == 1


@pytest.fixture
def fresh(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Database]:
    """Another database of the same kind with no row in it, to restore into."""
    if database.is_sqlite:
        with opened(copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path / "restored.db")) as found:
            yield found
        return
    template = request.getfixturevalue("postgres_template")
    with postgres_database_url(template) as url, opened(url) as found:
        yield found


def restored(house: House, fresh: Database, rows: Rows) -> House:
    put_back(fresh, rows)
    vault = replace(house.vault, database=fresh)
    vault = replace(vault, records=vault.records_with())
    parts = (fresh, vault.provider, vault.log, vault.clock, house.ledger)
    return House(vault, house.ledger, house.ledger_path, Erasures(*parts, Terms("http://localhost:8000", RETENTION)))


def test_an_older_data_backup_with_todays_keys_does_not_open_an_erased_record(
    house: House, citizen: Citizen, fresh: Database
) -> None:
    """A backup of data has every table but those of keys."""
    backup, erased = rows_of(house.database, tables(keys=False)), magnesium(citizen)["0.80"]
    house.erasing(citizen.grants.without).erase(erased)
    keys = rows_of(house.database, tables(keys=True))
    again = restored(house, fresh, backup | keys)
    for act in (again.vault.records.read, again.vault.records.original):
        with pytest.raises(Tampered):
            act(erased)
    vault_id, mine = house.vault.keyring.vault_id, [row for row in backup["record"] if row["record_id"] == erased]
    with fresh.read() as connection:
        ids = [row["root_id"] for row in keys["key_root"] if row["vault_id"] == vault_id]
        roots = open_roots(connection, house.vault.keyring, ids)
    assert mine
    for row in mine:
        header = RecordHeader(vault_id, erased, row["version"], row["root_id"], "observation", row["import_id"])
        for root in roots.values():
            with pytest.raises(Tampered):
                open_record(root, header, row["sealed"])
    assert not {row["root_id"] for row in mine} & roots.keys()
    for row in (*backup["segment"], *backup["directory"]):
        object_id = row["segment_id"] if "segment_id" in row else page_object_id(row["page"])
        root = roots.get(row["root_id"])
        if row["vault_id"] == vault_id and root is not None:
            plain = open_segment(root, vault_id, object_id, row["version"], row["root_id"], row["sealed"])
            assert erased.hex().encode() not in plain
            assert "page" not in row, "the only page of this vault told of it"


def test_the_same_backup_with_the_keys_of_its_own_time_opens_it(
    house: House, citizen: Citizen, fresh: Database
) -> None:
    """So it is the destroyed keys that the test above is about."""
    backup, erased = rows_of(house.database, tables()), magnesium(citizen)["0.80"]
    house.erasing(citizen.grants.without).erase(erased)
    assert b"0.80" in restored(house, fresh, backup).vault.records.read(erased).body


def test_the_ledger_erases_again_what_a_whole_older_backup_brings_back(
    house: House, citizen: Citizen, fresh: Database
) -> None:
    neighbour = found_vault(house.database, house.vault.provider, citizen.clock, "A Neighbour")
    backup, erased = rows_of(house.database, tables()), magnesium(citizen)["0.80"]
    house.erasing(citizen.grants.without).erase(erased)
    house.erasures.finish()
    again = restored(house, fresh, backup)
    assert apply_ledger(fresh, house.ledger) == Applied(vaults=0, records=1, missing=0)
    assert apply_ledger(fresh, house.ledger, whole=True).records == 1, "again is harmless"
    assert again.erasing(shares_of(again).without).erase_again() == 1
    assert again.erasing().erase_again() == 0
    with pytest.raises(NotFound):
        again.vault.records.read(erased)
    assert len(again.vault.records.list(limit=200).items) == 124
    erase_everything(house)
    house.erasures.finish()
    assert apply_ledger(fresh, house.ledger) == Applied(vaults=1, records=0, missing=0)
    with fresh.read() as connection:
        assert vaults_where(connection, lambda each: each == house.vault.keyring.vault_id) == ()
    assert replace(neighbour, database=fresh).records_with().list().items == ()
    assert apply_ledger(fresh, house.ledger) == Applied(vaults=0, records=0, missing=0)


def shares_of(house: House) -> Any:
    return make_grants(house.vault)


def invented(last: bytes) -> bytes:
    """A line that chains to ``last`` and names a key that nobody knows, signed by nobody."""
    fields = last.split(b" ")
    head, key_id = hashlib.sha256(last).hexdigest().encode(), fields[-2]
    return b" ".join([*fields[:-3], head, bytes(reversed(key_id)), fields[-1]])


def test_a_changed_dropped_or_added_line_of_the_ledger_is_refused(
    house: House, citizen: Citizen, provider: ServerKeys
) -> None:
    for value in ("0.80", "0.91"):
        house.erasing(citizen.grants.without).erase(magnesium(citizen)[value])
    erase_everything(house)
    house.erasures.finish()
    whole = house.ledger_path.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert [line.split()[1] for line in lines] == [b"record", b"record", b"vault"]
    for faulty in (
        lines[1:],
        [lines[0], lines[2]],
        [lines[1], lines[0], lines[2]],
        [*lines, lines[2]],
        [lines[0].replace(b"record", b"vault"), *lines[1:]],
        [*lines[:2], lines[2].replace(lines[2][30:31], b"0" if lines[2][30:31] != b"0" else b"1", 1)],
        [*lines, b"anything\n"],
        [*lines, invented(lines[2])],
    ):
        house.ledger_path.write_bytes(b"".join(faulty))
        with pytest.raises(Tampered):
            house.ledger.read()
    house.ledger_path.write_bytes(whole + lines[2][:40])
    assert len(house.ledger.read()) == 3, "half a line was never promised"
    assert len(house.ledger.append([("vault", bytes(32), citizen.clock.now())])) == 4
    assert len(house.ledger.read()) == 4


def test_a_ledger_that_lost_its_newest_lines_is_noticed(house: House, citizen: Citizen) -> None:
    for value in ("0.80", "0.91"):
        house.erasing(citizen.grants.without).erase(magnesium(citizen)[value])
    house.erasures.finish()
    lines = house.ledger_path.read_bytes().splitlines(keepends=True)
    house.ledger_path.write_bytes(lines[0])
    assert apply_ledger(house.database, house.ledger).missing == 1


def test_a_crash_after_erasing_loses_neither_ledger_nor_certificate(house: House) -> None:
    """What is to follow is noted in the erasing transaction: whoever comes next does it."""
    address = erase_everything(house)
    assert house.ledger.read() == ()
    next_process = replace(house, erasures=Erasures(*_parts(house), Terms("http://localhost:8000", RETENTION)))
    assert next_process.erasures.finish() == 1
    assert len(house.ledger.read()) == 1
    assert next_process.erasures.find(address).certificate is not None


def _parts(house: House) -> tuple[Any, ...]:
    vault = house.vault
    return vault.database, vault.provider, vault.log, vault.clock, house.ledger


def test_what_came_in_while_it_was_erased_goes_before_the_certificate(house: House) -> None:
    vault_id = house.vault.keyring.vault_id
    late = rows_of(house.database, [table_of(BlobRow)])["blob"][:1]
    address = erase_everything(house)
    put_back(house.database, {"blob": late})
    house.erasures.finish()
    assert house.erasures.find(address).certificate is not None
    with house.database.read() as connection:
        assert vaults_where(connection, lambda each: each == vault_id) == ()


def test_an_admin_still_looks_at_the_history_of_an_erased_vault(house: House, citizen: Citizen) -> None:
    pseudonym = house.vault.keyring.pseudonym
    admin = found_vault(house.database, house.vault.provider, citizen.clock, "Admin")
    with house.database.read() as connection:
        trail = trail_of(connection, admin.keyring.vault_id, role="admin")
    log = AdminLog(house.database, house.vault.log, trail, Origin("192.0.2.1", "a browser"))
    log.page(AdminFilters(pseudonym=pseudonym), 50)
    erase_everything(house)
    found = log.page(AdminFilters(pseudonym=pseudonym), 50)
    assert found.items[0].reason == "vault-erased" or "vault-erased" in {line.reason for line in found.items}
    with house.database.read() as connection:
        assert vaults_where(connection, lambda each: each == house.vault.keyring.vault_id) == ()
