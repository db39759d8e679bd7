"""Freezing a share: nobody gets in, at any door, from the next request on; it can be undone, and both are logged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from sharing.grants.freezing import Freezing
from sharing.links.passes import make_pass
from sharing.links.requests import LinkGone, PasscodeWrong
from sharing.tables import LinkOpeningRow, LinkViewingRow
from tests.sharing.shares import Citizen, count_rows, fetch, record_ids, silenced, visit
from vault.audit.events import Origin
from vault.audit.trails import trail_of
from vault.errors import LogUnavailable, NotFound
from vault.ids import GrantId, RecordId, parse_id


def make_freezing(citizen: Citizen) -> Freezing:
    vault = citizen.vault
    with vault.database.read() as connection:
        trail = trail_of(connection, vault.keyring.vault_id)
    origin = Origin("192.0.2.7", "a browser")
    return Freezing(vault.database, vault.keyring, log=vault.log, trail=trail, clock=vault.clock, origin=origin)


def test_a_frozen_share_refuses_manifests_tokens_tickets_and_passcodes_at_once(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913")
    opened = visit(citizen, issued, viewing="new", passcode="482913", embeddedLengthMax=0)
    location = opened.body["files"][0]["location"]
    assert make_freezing(citizen).freeze(issued.grant_id) == "frozen"
    with pytest.raises(LinkGone):
        visit(citizen, issued, passcode="482913")
    with pytest.raises(LinkGone):
        visit(citizen, issued, viewing=opened.viewing_token)
    with pytest.raises(LinkGone):
        visit(citizen, issued, "Guesser", passcode="000000")
    with pytest.raises(LinkGone):
        fetch(citizen, issued, location)
    assert count_rows(citizen.vault.database, LinkViewingRow) == 0
    assert count_rows(citizen.vault.database, LinkOpeningRow) == 0
    assert [reason for event, reason, _ in citizen.visits() if event == "refusal"] == ["frozen"] * 4
    assert citizen.grants.granted_to(RecordId(parse_id(record_ids(citizen)["Magnesium"]))) == ()
    view = citizen.grants.get(issued.grant_id)
    assert (view.row.state, view.link, view.end_receipt) == ("frozen", None, None)


def test_unfrozen_the_link_works_again_but_no_earlier_session_or_ticket(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913")
    opened = visit(citizen, issued, viewing="new", passcode="482913", embeddedLengthMax=0)
    freezing = make_freezing(citizen)
    freezing.freeze(issued.grant_id)
    citizen.clock.advance(timedelta(seconds=1))
    assert freezing.unfreeze(issued.grant_id) == "active"
    with pytest.raises(LinkGone):
        fetch(citizen, issued, opened.body["files"][0]["location"])
    with pytest.raises(PasscodeWrong):
        visit(citizen, issued, viewing=opened.viewing_token)
    visit(citizen, issued, passcode="482913")
    assert citizen.grants.get(issued.grant_id).row.opens == 2
    assert [reason for event, reason, _ in citizen.entries() if event == "freeze"] == ["", "undone"]


def test_a_pass_given_in_the_room_ends_with_a_freeze(citizen: Citizen) -> None:
    issued, vault = citizen.share(passcode="482913"), citizen.vault
    with vault.database.write() as connection:
        shown = make_pass(connection, vault.keyring.vault_id, issued.grant_id, citizen.clock.now())
    freezing = make_freezing(citizen)
    freezing.freeze(issued.grant_id)
    with pytest.raises(LinkGone):
        visit(citizen, issued, passcode=shown)
    freezing.unfreeze(issued.grant_id)
    with pytest.raises(PasscodeWrong):
        visit(citizen, issued, passcode=shown)


def test_freezing_twice_is_once_and_an_ended_share_stays_as_it_ended(citizen: Citizen) -> None:
    issued, stopped = citizen.share(), citizen.share()
    freezing = make_freezing(citizen)
    assert [freezing.freeze(issued.grant_id) for _ in range(2)] == ["frozen", "frozen"]
    citizen.grants.withdraw(stopped.grant_id)
    assert freezing.freeze(stopped.grant_id) == "withdrawn"
    assert freezing.unfreeze(stopped.grant_id) == "withdrawn"
    citizen.grants.withdraw(issued.grant_id)
    assert freezing.unfreeze(issued.grant_id) == "withdrawn"
    assert [event for event, _, _ in citizen.entries()].count("freeze") == 1
    with pytest.raises(NotFound):
        freezing.freeze(GrantId(bytes(15) + b"\x01"))
    last = citizen.share()
    citizen.clock.advance(timedelta(days=8))
    assert freezing.freeze(last.grant_id) == "expired"


def test_without_a_log_entry_nothing_is_frozen(citizen: Citizen) -> None:
    issued = citizen.share()
    with pytest.raises(LogUnavailable):
        make_freezing(silenced(citizen)).freeze(issued.grant_id)
    assert citizen.grants.get(issued.grant_id).row.state == "active"


def test_whoever_races_a_freeze_gets_in_before_it_or_not_at_all(citizen: Citizen) -> None:
    issued = citizen.share()
    freezing, start = make_freezing(citizen), Barrier(9)

    def enter(number: int) -> bool:
        start.wait()
        try:
            visit(citizen, issued, f"Reader {number}", viewing="new")
        except LinkGone:
            return False
        return True

    def freeze() -> str:
        start.wait()
        return freezing.freeze(issued.grant_id)

    with ThreadPoolExecutor(9) as pool:
        frozen = pool.submit(freeze)
        entered = sum(pool.map(enter, range(8)))
    assert frozen.result() == "frozen"
    assert count_rows(citizen.vault.database, LinkViewingRow) == 0
    assert count_rows(citizen.vault.database, LinkOpeningRow) == 0
    assert [event for event, _, _ in citizen.entries()].count("open") == entered
    with pytest.raises(LinkGone):
        visit(citizen, issued, "Reader 0")
