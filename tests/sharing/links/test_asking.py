"""Ask again: heard from links that have ended, three times a day for two weeks; nobody who asks learns anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sharing.grants.grants import Issued
from sharing.links.asking import Asking, BadAsk
from sharing.links.requests import RecipientMissing
from sharing.tables import NoticeRow
from tests.sharing.grants.test_freezing import make_freezing
from tests.sharing.shares import READER, Citizen, count_rows, link_id_of, silenced, visit
from tests.sharing.test_notices import kinds
from vault.errors import LogUnavailable

DAY = timedelta(days=1)


def ask(citizen: Citizen, issued: Issued, recipient: str = "Dr Lee") -> None:
    vault = citizen.vault
    asking = Asking(vault.database, vault.log, citizen.clock)
    assert asking.ask(link_id_of(issued), {"recipient": recipient, "wants": "time"}, READER) is None  # type: ignore[func-returns-value]


def asks(citizen: Citizen) -> list[str]:
    return sorted(reason for event, reason, _ in citizen.entries() if event == "ask")


@pytest.mark.parametrize("end", ["withdrawn", "expired", "used-up"])
def test_an_ended_link_is_asked_for_and_the_citizen_is_told_by_whom(citizen: Citizen, end: str) -> None:
    issued = citizen.share(max_opens=1)
    if end == "withdrawn":
        citizen.grants.withdraw(issued.grant_id)
    elif end == "expired":
        citizen.clock.advance(7 * DAY)
    else:
        visit(citizen, issued)
        citizen.clock.advance(timedelta(minutes=20))
    ask(citizen, issued, "Dr  Lee\u202e, ward 4 " + "x" * 300)
    assert kinds(citizen)[-1] == "asks"
    named = [name for event, _, name in citizen.entries() if event == "ask"]
    assert len(named) == 1
    assert named[0].startswith("Dr Lee , ward 4 xxx")
    assert len(named[0]) == 200


def test_a_day_holds_three_asks_and_one_notice(citizen: Citizen) -> None:
    issued = citizen.share()
    citizen.grants.withdraw(issued.grant_id)
    for _ in range(5):
        ask(citizen, issued)
    assert asks(citizen) == ["", "", "", "asked-enough", "asked-enough"]
    assert kinds(citizen) == ["asks"]
    citizen.clock.advance(DAY + timedelta(seconds=1))
    ask(citizen, issued)
    assert kinds(citizen) == ["asks", "asks"]


def test_a_link_that_works_is_frozen_or_ended_long_ago_is_not_asked_for(citizen: Citizen) -> None:
    living, frozen, old = citizen.share(), citizen.share(), citizen.share()
    make_freezing(citizen).freeze(frozen.grant_id)
    ask(citizen, living)
    ask(citizen, frozen)
    citizen.clock.advance(7 * DAY + 14 * DAY + timedelta(seconds=1))
    ask(citizen, old)
    assert asks(citizen) == ["frozen", "still-works", "too-long-ago"]
    assert count_rows(citizen.vault.database, NoticeRow) == 0


def test_a_flood_of_asks_becomes_counts(citizen: Citizen) -> None:
    issued = citizen.share()
    for _ in range(40):
        ask(citizen, issued)
    assert len(asks(citizen)) == 20
    citizen.clock.advance(timedelta(minutes=2))
    citizen.vault.log.flush_floods(citizen.vault.database)
    assert [reason for event, reason, _ in citizen.entries() if event == "refusal"] == ["still-works"]


def test_no_log_no_ask(citizen: Citizen) -> None:
    issued = citizen.share()
    citizen.grants.withdraw(issued.grant_id)
    with pytest.raises(LogUnavailable):
        ask(silenced(citizen), issued)
    assert count_rows(citizen.vault.database, NoticeRow) == 0


@pytest.mark.parametrize(
    "body", [None, [], {"recipient": "x", "wants": "records"}, {"recipient": "x", "wants": ["time"]}]
)
def test_what_is_no_ask_is_refused_before_any_link_is_looked_for(citizen: Citizen, body: object) -> None:
    asking = Asking(citizen.vault.database, citizen.vault.log, citizen.clock)
    with pytest.raises(BadAsk):
        asking.ask("A" * 43, body, READER)
    with pytest.raises(RecipientMissing):
        asking.ask("A" * 43, {"wants": "time"}, READER)
