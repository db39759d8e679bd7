"""An entry commits with what it records, its private parts match its leaf, and no log means no act."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text

from tests.conftest import FixedClock
from tests.vault.audit.conftest import Person
from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome, Trail
from vault.audit.leaf import NONE_DIGEST, decode_leaf
from vault.audit.log import Log
from vault.audit.reading import CitizenLog, LogLine
from vault.audit.tables import AuditAccount, AuditEntry, AuditSubject
from vault.audit.trails import AlreadyRegistered, operator_trail, register_operator, trail_of
from vault.clock import to_microseconds
from vault.database import Database, table_of
from vault.errors import LogUnavailable, NotFound, Tampered
from vault.ids import EntryId, GrantId, VaultId, make_id
from vault.keys.tables import KeyLog
from vault.server_keys.holder import ServerKeys

ENTRY = table_of(AuditEntry)
SUBJECT = {"records": [{"record_id": "r-1", "title": "Magnésium"}]}
ACCOUNT = Origin("192.0.2.7", "Browser").as_accountability(recipient="Dr Lee")
VIEW = Entry(Event.VIEW, Outcome.DONE, count=1, subject=SUBJECT, accountability=ACCOUNT)


def append(database: Database, log: Log, person: Person, entry: Entry, keyring: bool = True) -> EntryId:
    with database.write() as connection:
        return log.append(connection, person.trail, entry, person.keyring if keyring else None)


def lines(database: Database, provider: ServerKeys, person: Person) -> tuple[LogLine, ...]:
    return CitizenLog(database, provider, person.keyring).page(200).items


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(ENTRY)).scalar_one()


def test_a_citizen_reads_both_private_parts_of_an_entry(
    database: Database, provider: ServerKeys, log: Log, citizen: Person, clock: FixedClock
) -> None:
    entry_id = append(database, log, citizen, VIEW)
    (line,) = lines(database, provider, citizen)
    assert (line.entry_id, line.at, line.event, line.outcome, line.count) == (entry_id, clock.now(), "view", "done", 1)
    assert (line.pseudonym, line.actor, line.role) == (citizen.trail.pseudonym, citizen.trail.pseudonym, "citizen")
    assert line.subject == SUBJECT
    assert line.accountability == {"address": "192.0.2.7", "agent": "Browser", "recipient": "Dr Lee"}
    assert line.erased == ()


def test_the_stored_leaf_holds_ids_and_never_facts(database: Database, log: Log, citizen: Person) -> None:
    append(database, log, citizen, VIEW)
    with database.read() as connection:
        row = connection.execute(select(ENTRY)).one()
        parts = [*connection.execute(select(table_of(AuditSubject).c.sealed)).scalars()]
        parts += connection.execute(select(table_of(AuditAccount).c.sealed)).scalars()
    assert citizen.trail.vault_id not in row.leaf
    for secret in ("Magnésium", "r-1", "Dr Lee", "192.0.2.7", "Browser"):
        assert all(secret.encode() not in stored for stored in (row.leaf, *parts))
    assert [len(part) for part in parts] == [256 + 28] * 2


def test_without_a_keyring_there_is_no_subject_part(
    database: Database, provider: ServerKeys, log: Log, citizen: Person
) -> None:
    append(database, log, citizen, VIEW, keyring=False)
    (line,) = lines(database, provider, citizen)
    assert (line.subject, line.erased) == (None, ())
    with database.read() as connection:
        assert decode_leaf(connection.execute(select(ENTRY.c.leaf)).scalar_one()).subject_commitment == NONE_DIGEST


def test_an_entry_vanishes_with_the_act_that_was_rolled_back(database: Database, log: Log, citizen: Person) -> None:
    with suppress(ZeroDivisionError), database.write() as connection:
        log.append(connection, citizen.trail, VIEW, citizen.keyring)
        raise ZeroDivisionError
    assert count(database) == 0


def test_a_refusal_survives_the_rollback_of_what_it_refused(
    database: Database, provider: ServerKeys, log: Log, citizen: Person
) -> None:
    with pytest.raises(NotFound), database.write():
        raise NotFound
    refused = Entry(Event.REFUSAL, Outcome.REFUSED, "withdrawn", grant_id=GrantId(make_id()), grant_version=3)
    log.refuse(database, citizen.trail, refused)
    (line,) = lines(database, provider, citizen)
    assert (line.event, line.outcome, line.reason) == ("refusal", "refused", "withdrawn")
    assert (line.grant_id, line.grant_version) == (refused.grant_id, 3)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(Event.VIEW, Outcome.DONE, reason="Not a code"),
        Entry(Event.VIEW, Outcome.DONE, count=-1),
        Entry(Event.VIEW, Outcome.DONE, subject={"value": object()}),
        Entry(Event.VIEW, Outcome.DONE, digest=b"short"),
    ],
)
def test_what_cannot_be_logged_cannot_be_done(database: Database, log: Log, citizen: Person, entry: Entry) -> None:
    with pytest.raises(LogUnavailable):
        append(database, log, citizen, entry)
    assert count(database) == 0


def test_with_the_log_table_gone_nothing_is_done(database: Database, log: Log, citizen: Person) -> None:
    with database.write() as connection:
        connection.execute(text("ALTER TABLE audit_entry RENAME TO audit_entry_elsewhere"))
    with pytest.raises(LogUnavailable):
        append(database, log, citizen, VIEW)
    with pytest.raises(LogUnavailable):
        log.refuse(database, citizen.trail, Entry(Event.REFUSAL, Outcome.REFUSED, "expired"))


def test_another_vaults_keyring_writes_no_subject_part(
    database: Database, log: Log, citizen: Person, other: Person
) -> None:
    with pytest.raises(LogUnavailable), database.write() as connection:
        log.append(connection, citizen.trail, VIEW, other.keyring)


def test_nobody_reads_anothers_history(
    database: Database, provider: ServerKeys, log: Log, citizen: Person, other: Person
) -> None:
    append(database, log, citizen, VIEW)
    assert lines(database, provider, other) == ()


def test_text_of_any_kind_can_be_logged(database: Database, provider: ServerKeys, log: Log, citizen: Person) -> None:
    odd = Origin("x" * 500, "\x00 \ud800 <script> '; DROP TABLE audit_entry; --" + "y" * 500)
    append(database, log, citizen, Entry(Event.OPEN, Outcome.DONE, accountability=odd.as_accountability()))
    (line,) = lines(database, provider, citizen)
    assert line.accountability is not None
    assert line.accountability["agent"].startswith("\x00 ? <script>")
    assert (len(line.accountability["address"]), len(line.accountability["agent"])) == (64, 256)


def test_erased_parts_are_named_and_everything_else_still_reads(
    database: Database, provider: ServerKeys, log: Log, citizen: Person
) -> None:
    append(database, log, citizen, VIEW)
    with database.write() as connection:
        connection.execute(delete(table_of(AuditSubject)))
    (line,) = lines(database, provider, citizen)
    assert (line.subject, line.erased) == (None, ("subject",))
    assert line.accountability is not None


def test_a_part_moved_from_another_entry_is_refused(
    database: Database, provider: ServerKeys, log: Log, citizen: Person
) -> None:
    first, second = append(database, log, citizen, VIEW), append(database, log, citizen, VIEW)
    subject = table_of(AuditSubject)
    with database.write() as connection:
        row = connection.execute(select(subject).where(subject.c.entry_id == first)).one()
        connection.execute(delete(subject))
        connection.execute(subject.insert(), dict(row._mapping) | {"entry_id": second})
    with pytest.raises(Tampered):
        lines(database, provider, citizen)


def test_a_part_that_the_leaf_does_not_commit_to_is_refused(
    database: Database, provider: ServerKeys, log: Log, citizen: Person
) -> None:
    append(database, log, citizen, VIEW)
    entry_id = append(database, log, citizen, VIEW, keyring=False)
    planted = {"vault_id": citizen.trail.vault_id, "entry_id": entry_id, "generation": 1, "sealed": bytes(300)}
    with database.write() as connection:
        connection.execute(table_of(AuditSubject).insert(), planted)
    with pytest.raises(Tampered):
        lines(database, provider, citizen)


@pytest.mark.parametrize(
    "column", [{"event": "export"}, {"outcome": "refused"}, {"reason": "x"}, {"count": 9}, {"grant_id": b"g" * 16}]
)
def test_a_row_that_contradicts_its_leaf_is_refused(
    database: Database, provider: ServerKeys, log: Log, citizen: Person, column: dict[str, Any]
) -> None:
    append(database, log, citizen, Entry(Event.VIEW, Outcome.DONE))
    with database.write() as connection:
        leaf = connection.execute(select(ENTRY)).one()
        other_id = make_id()
        forged = dict(leaf._mapping) | column | {"entry_id": other_id}
        forged["leaf"] = leaf.leaf[:1] + other_id + leaf.leaf[17:]
        connection.execute(ENTRY.insert(), forged)
    with pytest.raises(Tampered):
        lines(database, provider, citizen)


def test_a_citizens_pages_join_without_gap_or_repeat(
    database: Database, provider: ServerKeys, log: Log, citizen: Person, clock: FixedClock
) -> None:
    written = []
    for number in range(7):
        written.append(append(database, log, citizen, VIEW))
        if number % 3:
            clock.advance(timedelta(microseconds=1))
    reader = CitizenLog(database, provider, citizen.keyring)
    seen, after = [], None
    while True:
        page = reader.page(2, after)
        seen += [(line.at, line.entry_id) for line in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == sorted(seen, reverse=True)
    assert {entry_id for _, entry_id in seen} == set(written)
    assert len(seen) == 7


def test_trails_name_who_acts(database: Database, citizen: Person, operator: Person) -> None:
    with database.read() as connection:
        vault_id = citizen.trail.vault_id
        assert trail_of(connection, vault_id, role="recipient").actor == NOBODY
        assert trail_of(connection, vault_id).actor == citizen.trail.pseudonym
        assert operator_trail(connection) == Trail(operator.trail.vault_id, operator.trail.pseudonym, NOBODY, "anyone")
        with pytest.raises(NotFound):
            trail_of(connection, VaultId(make_id()))
    with pytest.raises(AlreadyRegistered), database.write() as connection:
        register_operator(connection, citizen.trail.vault_id, citizen.trail.pseudonym)


def test_without_an_operator_what_belongs_to_nobody_cannot_be_done(database: Database) -> None:
    with pytest.raises(LogUnavailable), database.read() as connection:
        operator_trail(connection)


def test_an_account_key_is_kept_five_minutes_and_no_longer(
    database: Database, log: Log, citizen: Person, clock: FixedClock
) -> None:
    append(database, log, citizen, VIEW)
    with database.write() as connection:
        connection.execute(delete(table_of(KeyLog)).where(table_of(KeyLog).c.vault_id == citizen.trail.vault_id))
    clock.advance(timedelta(minutes=4))
    append(database, log, citizen, VIEW, keyring=False)
    clock.advance(timedelta(minutes=2))
    with pytest.raises(LogUnavailable):
        append(database, log, citizen, VIEW, keyring=False)


def test_the_time_in_the_leaf_is_the_moment_of_writing(
    database: Database, log: Log, citizen: Person, clock: FixedClock
) -> None:
    append(database, log, citizen, VIEW)
    with database.read() as connection:
        leaf = decode_leaf(connection.execute(select(ENTRY.c.leaf)).scalar_one())
    assert leaf.at == to_microseconds(clock.now())
