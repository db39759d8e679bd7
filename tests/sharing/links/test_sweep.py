"""Sweeping destroys what an ended link leaves, and nothing that a counted open may still read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sharing.links.requests import LinkGone
from sharing.links.sweep import sweep
from sharing.tables import KeyLinkRow, LinkAddressRow, LinkFileRow, LinkOpeningRow, LinkViewingRow
from tests.sharing.shares import Citizen, contents, count_rows, fetch, visit
from vault.blobs import RowBlobs

HOUR = timedelta(hours=1)
KEPT = (KeyLinkRow, LinkFileRow, LinkOpeningRow, LinkViewingRow)


def swept(citizen: Citizen) -> int:
    return sweep(citizen.vault.database, RowBlobs(), citizen.clock)


def left(citizen: Citizen) -> int:
    return sum(count_rows(citizen.vault.database, table) for table in KEPT)


def test_withdrawn_and_expired_links_leave_only_their_history(citizen: Citizen) -> None:
    withdrawn, expired = citizen.share(), citizen.share(expires_at="2026-03-01T13:00:00Z")
    for each in (withdrawn, expired):
        visit(citizen, each, viewing="new")
    citizen.grants.withdraw(withdrawn.grant_id)
    citizen.clock.advance(HOUR)
    assert swept(citizen) == 2
    assert swept(citizen) == 0
    assert left(citizen) == 0
    assert count_rows(citizen.vault.database, LinkAddressRow) == 2
    assert [each.state for each in citizen.grants.list(50, None).items] != []
    assert {each.state for each in citizen.grants.list(50, None).items} == {"withdrawn", "expired"}
    for each in (withdrawn, expired):
        with pytest.raises(LinkGone):
            visit(citizen, each)
    assert sorted(each[1] for each in citizen.visits()) == ["", "", "expired", "withdrawn"]


def test_a_living_link_is_left_alone(citizen: Citizen) -> None:
    open_ended, some_left = citizen.share(), citizen.share(max_opens=2)
    for each in (open_ended, some_left):
        visit(citizen, each)
    citizen.clock.advance(24 * HOUR)
    assert swept(citizen) == 0
    visit(citizen, open_ended)


def test_a_used_up_link_keeps_its_keys_while_a_counted_open_may_read(citizen: Citizen) -> None:
    issued = citizen.share(max_opens=1)
    manifest = visit(citizen, issued, viewing="new")
    citizen.clock.advance(12 * HOUR - timedelta(seconds=1))
    assert swept(citizen) == 0
    last = visit(citizen, issued, viewing=manifest.viewing_token, embeddedLengthMax=0)
    citizen.clock.advance(HOUR - timedelta(seconds=1))
    assert swept(citizen) == 0
    assert fetch(citizen, issued, last.body["files"][0]["location"])
    assert contents(citizen, issued, manifest)
    citizen.clock.advance(timedelta(seconds=3))
    assert swept(citizen) == 1
    assert left(citizen) == 0
    assert citizen.grants.get(issued.grant_id).row.state == "used-up"
    with pytest.raises(LinkGone):
        visit(citizen, issued)


def test_a_used_up_link_without_viewing_token_goes_when_its_last_ticket_has(citizen: Citizen) -> None:
    issued = citizen.share(max_opens=1)
    visit(citizen, issued)
    citizen.clock.advance(timedelta(minutes=69))
    assert swept(citizen) == 0
    citizen.clock.advance(timedelta(minutes=1))
    assert swept(citizen) == 1
