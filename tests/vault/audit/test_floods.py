"""Refusals beyond twenty an hour, and guesses at what doesn't exist, become one entry a minute."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from tests.conftest import FixedClock
from tests.vault.audit.conftest import Person
from vault.audit.events import Entry, Event, Outcome
from vault.audit.log import Log
from vault.audit.reading import CitizenLog, LogLine
from vault.audit.tables import AuditFlood
from vault.audit.trails import operator_trail
from vault.database import Database, table_of
from vault.ids import GrantId
from vault.server_keys.holder import ServerKeys

LINK, OTHER_LINK = GrantId(b"1" * 16), GrantId(b"2" * 16)


def wrong_passcode(link: GrantId) -> Entry:
    return Entry(Event.REFUSAL, Outcome.REFUSED, "passcode-wrong", grant_id=link)


def history(database: Database, provider: ServerKeys, person: Person) -> tuple[LogLine, ...]:
    return CitizenLog(database, provider, person.keyring).page(200).items


def test_after_twenty_refusals_of_a_link_within_an_hour_the_rest_are_counted(
    database: Database, provider: ServerKeys, log: Log, citizen: Person, clock: FixedClock
) -> None:
    for _ in range(25):
        log.refuse(database, citizen.trail, wrong_passcode(LINK))
    log.refuse(database, citizen.trail, wrong_passcode(OTHER_LINK))
    assert len(history(database, provider, citizen)) == 21
    clock.advance(timedelta(seconds=70))
    assert log.flush_floods(database) == 1
    newest = history(database, provider, citizen)[0]
    assert (newest.event, newest.reason, newest.grant_id, newest.count) == ("refusal", "passcode-wrong", LINK, 5)
    assert newest.accountability == {"minute": "2026-03-01T12:00Z"}


def test_an_hour_later_refusals_are_logged_singly_again(
    database: Database, provider: ServerKeys, log: Log, citizen: Person, clock: FixedClock
) -> None:
    for _ in range(21):
        log.refuse(database, citizen.trail, wrong_passcode(LINK))
    clock.advance(timedelta(hours=1))
    assert log.refuse(database, citizen.trail, wrong_passcode(LINK)) is not None
    assert len(history(database, provider, citizen)) == 21


def test_failed_sign_ins_of_one_account_are_bounded_and_leave_links_alone(
    database: Database, provider: ServerKeys, log: Log, citizen: Person
) -> None:
    for _ in range(30):
        log.refuse(database, citizen.trail, Entry(Event.SIGN_IN, Outcome.REFUSED, "wrong-credentials"))
    log.refuse(database, citizen.trail, wrong_passcode(LINK))
    assert len(history(database, provider, citizen)) == 21


def test_guesses_at_unknown_links_leave_one_entry_a_minute(
    database: Database, provider: ServerKeys, log: Log, operator: Person, clock: FixedClock
) -> None:
    with database.read() as connection:
        trail = operator_trail(connection)
    for _ in range(2):
        for _ in range(40):
            assert log.refuse(database, trail, Entry(Event.REFUSAL, Outcome.REFUSED, "unknown-link")) is None
        clock.advance(timedelta(minutes=1))
    assert history(database, provider, operator) == ()
    clock.advance(timedelta(seconds=5))
    log.flush_floods(database)
    assert log.flush_floods(database) == 0
    assert [line.count for line in history(database, provider, operator)] == [40, 40]


def test_the_minute_that_still_runs_is_left_alone(database: Database, log: Log, citizen: Person) -> None:
    with database.write() as connection:
        log.count_flood(connection, citizen.trail, "unknown-link")
    assert log.flush_floods(database) == 0


def test_many_at_once_are_logged_singly_exactly_twenty_times_and_none_is_lost(
    database: Database, provider: ServerKeys, log: Log, citizen: Person, clock: FixedClock
) -> None:
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: log.refuse(database, citizen.trail, wrong_passcode(LINK)), range(60)))
    assert len(history(database, provider, citizen)) == 20
    with database.read() as connection:
        assert connection.execute(select(table_of(AuditFlood).c.count)).scalar_one() == 40
    clock.advance(timedelta(minutes=2))
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: log.flush_floods(database), range(4))) == 1
