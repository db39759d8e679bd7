"""An admin sees public parts only, filters them, and never looks unseen."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from tests.conftest import FixedClock
from tests.vault.audit.conftest import Person, enrol
from vault.audit.admin_log import AdminFilters, AdminLog, CopyTooLong
from vault.audit.copies import as_csv, as_ndjson
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.leaf import decode_leaf
from vault.audit.log import Log
from vault.audit.reading import CitizenLog
from vault.database import Database
from vault.errors import LogUnavailable
from vault.ids import GrantId, Pseudonym
from vault.paging import BadCursor
from vault.server_keys.holder import ServerKeys

GRANT = GrantId(b"g" * 16)
ORIGIN = Origin("198.51.100.4", "Console")


@pytest.fixture
def admin_log(database: Database, log: Log, admin: Person) -> AdminLog:
    return AdminLog(database, log, admin.trail, ORIGIN)


@pytest.fixture
def written(database: Database, log: Log, citizen: Person, other: Person, clock: FixedClock) -> None:
    acts = [
        (citizen, Entry(Event.VIEW, Outcome.DONE)),
        (citizen, Entry(Event.OPEN, Outcome.DONE, grant_id=GRANT, accountability={"recipient": "Dr Lee"})),
        (other, Entry(Event.SIGN_IN, Outcome.REFUSED, "wrong-credentials")),
    ]
    for person, entry in acts:
        with database.write() as connection:
            log.append(connection, person.trail, entry, person.keyring)
        clock.advance(timedelta(minutes=1))


@pytest.mark.usefixtures("written")
def test_an_admin_sees_public_parts_newest_first(admin_log: AdminLog) -> None:
    page = admin_log.page(AdminFilters(), 50)
    assert [line.event for line in page.items] == ["sign-in", "open", "view"]
    assert "Dr Lee" not in repr(page)


@pytest.mark.usefixtures("written")
def test_filters_hold_together(admin_log: AdminLog, citizen: Person, clock: FixedClock) -> None:
    def events(wanted: AdminFilters) -> list[str]:
        return [line.event for line in admin_log.page(wanted, 50).items if line.event != "admin-look"]

    assert events(AdminFilters(event="view")) == ["view"]
    assert events(AdminFilters(outcome="refused")) == ["sign-in"]
    assert events(AdminFilters(grant_id=GRANT)) == ["open"]
    assert events(AdminFilters(pseudonym=citizen.trail.pseudonym)) == ["open", "view"]
    assert events(AdminFilters(pseudonym=citizen.trail.pseudonym, event="sign-in")) == []
    since, until = clock.now() - timedelta(minutes=2), clock.now() - timedelta(minutes=1)
    assert events(AdminFilters(since=since, until=until)) == ["open"]


@pytest.mark.usefixtures("written")
def test_a_look_at_one_citizen_is_in_that_citizens_history(
    database: Database, provider: ServerKeys, admin_log: AdminLog, admin: Person, citizen: Person
) -> None:
    for wanted, shown in ((AdminFilters(pseudonym=citizen.trail.pseudonym), 2), (AdminFilters(grant_id=GRANT), 1)):
        assert len(admin_log.page(wanted, 2).items) == shown
        looks = CitizenLog(database, provider, citizen.keyring).page(9).items
        look = next(line for line in looks if (line.event, line.grant_id) == ("admin-look", wanted.grant_id))
        assert (look.role, look.actor, look.count) == ("admin", admin.trail.pseudonym, shown)
        assert look.accountability == {"address": "198.51.100.4", "agent": "Console"}


@pytest.mark.usefixtures("written")
def test_who_borrows_the_id_of_anothers_grant_takes_no_look_out_of_that_ones_history(
    database: Database, provider: ServerKeys, log: Log, *, admin_log: AdminLog, citizen: Person, other: Person
) -> None:
    with database.write() as connection:
        log.append(connection, other.trail, Entry(Event.GRANT, Outcome.DONE, grant_id=GRANT), other.keyring)
    admin_log.page(AdminFilters(grant_id=GRANT), 9)
    for person in (citizen, other):
        looks = CitizenLog(database, provider, person.keyring).page(9).items
        assert [line.event for line in looks].count("admin-look") == 1


@pytest.mark.usefixtures("written")
def test_any_other_look_is_in_the_admins_own_history(
    database: Database, provider: ServerKeys, admin_log: AdminLog, admin: Person
) -> None:
    admin_log.page(AdminFilters(), 2)
    admin_log.page(AdminFilters(pseudonym=Pseudonym(b"?" * 16)), 2)
    looks = CitizenLog(database, provider, admin.keyring).page(10).items
    assert sorted((line.event, line.count) for line in looks) == [("admin-look", 0), ("admin-look", 2)]


@pytest.mark.usefixtures("written")
def test_a_copy_is_an_entry_that_binds_its_bytes(
    database: Database, provider: ServerKeys, admin_log: AdminLog, *, admin: Person, citizen: Person
) -> None:
    whole = admin_log.copy(AdminFilters(), as_ndjson)
    theirs = admin_log.copy(AdminFilters(pseudonym=citizen.trail.pseudonym), as_csv)
    for person, data, count in ((admin, whole, 3), (citizen, theirs, 2)):
        (entry,) = (
            line for line in CitizenLog(database, provider, person.keyring).page(9).items if line.event == "export"
        )
        assert (entry.role, entry.actor, entry.count) == ("admin", admin.trail.pseudonym, count)
        assert decode_leaf(entry.leaf).digest == sha256(data).digest()


@pytest.mark.usefixtures("written")
def test_a_copy_of_too_many_entries_is_refused_and_not_an_entry(
    admin_log: AdminLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.audit.admin_log.MOST_COPIED", 2)
    with pytest.raises(CopyTooLong):
        admin_log.copy(AdminFilters(), as_csv)
    assert [line.event for line in admin_log.page(AdminFilters(event="export"), 9).items] == []


@pytest.mark.usefixtures("written")
def test_what_admins_did_is_one_list_wherever_it_is_written(
    database: Database,
    provider: ServerKeys,
    log: Log,
    clock: FixedClock,
    *,
    admin_log: AdminLog,
    admin: Person,
    citizen: Person,
) -> None:
    second = enrol(database, provider, role="admin")
    AdminLog(database, log, second.trail, ORIGIN).page(AdminFilters(pseudonym=citizen.trail.pseudonym), 9)
    admin_log.page(AdminFilters(), 9)
    both = (admin.trail.pseudonym, second.trail.pseudonym)
    acts = admin_log.acts(both, 9).items
    assert {line.actor for line in acts} == set(both)
    assert {line.pseudonym for line in acts} == {admin.trail.pseudonym, citizen.trail.pseudonym}
    assert {line.role for line in acts} == {"admin"}
    clock.advance(timedelta(minutes=1))
    admin_log.acts(both, 9)
    first = admin_log.acts(both, 1)
    assert (first.items[0].event, first.items[0].reason) == ("admin-look", "acts-of-admins")
    following = admin_log.acts(both, 9, first.next).items
    assert first.items[0].entry_id not in {line.entry_id for line in following}


@pytest.mark.usefixtures("written")
def test_without_the_log_an_admin_sees_nothing(database: Database, admin_log: AdminLog) -> None:
    with database.write() as connection:
        connection.execute(text("ALTER TABLE audit_account RENAME TO audit_account_elsewhere"))
    with pytest.raises(LogUnavailable):
        admin_log.page(AdminFilters(), 50)
    with pytest.raises(LogUnavailable):
        admin_log.copy(AdminFilters(), as_csv)
    with pytest.raises(LogUnavailable):
        admin_log.acts((), 50)


@pytest.mark.usefixtures("written")
def test_an_admins_pages_join(admin_log: AdminLog) -> None:
    first = admin_log.page(AdminFilters(until=None, outcome="done"), 1)
    assert [line.event for line in first.items] == ["open"]
    second = admin_log.page(AdminFilters(outcome="done"), 1, first.next)
    assert [line.event for line in second.items] == ["view"]
    assert second.next is None


@pytest.mark.parametrize("after", ["", "AA", "!!", "eHgAeHg", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQAwMA"])
def test_a_made_up_position_is_refused(admin_log: AdminLog, after: str) -> None:
    with pytest.raises(BadCursor):
        admin_log.page(AdminFilters(), 50, after)
