"""Notices: written with what they tell or not at all; first opens, other names, locked links; kept without names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sharing.links.requests import LinkGone, PasscodeWrong
from sharing.notices import MOST_UNSEEN, Notices
from sharing.tables import NoticeRow
from tests.sharing.shares import Citizen, count_rows, silenced, visit
from vault.errors import LogUnavailable
from vault.ids import NoticeId, VaultId
from vault.paging import BadCursor


def notices_of(citizen: Citizen) -> Notices:
    return Notices(citizen.vault.database, citizen.clock, citizen.vault.keyring.vault_id)


def kinds(citizen: Citizen) -> list[str]:
    """Oldest first."""
    return [each.kind for each in reversed(notices_of(citizen).page(200).items)]


def test_the_first_open_is_told_once_and_another_name_is_told_as_another(citizen: Citizen) -> None:
    issued = citizen.share()
    visit(citizen, issued, "Dr Lee")
    citizen.clock.advance(timedelta(hours=1))
    visit(citizen, issued, "dr lee")
    assert kinds(citizen) == ["first-open"]
    citizen.clock.advance(timedelta(minutes=1))
    visit(citizen, issued, "Mr Stranger")
    assert kinds(citizen) == ["first-open", "another-open"]
    assert citizen.grants.get(issued.grant_id).row.opens == 3
    first = notices_of(citizen).page().items[-1]
    assert first.grant_id == issued.grant_id
    assert first.entry_id is not None


def test_the_wrong_passcode_that_locks_a_link_is_told_once(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913")
    for _ in range(10):
        with pytest.raises(PasscodeWrong):
            visit(citizen, issued, "Guesser", passcode="000000")
    with pytest.raises(LinkGone):
        visit(citizen, issued, "Guesser", passcode="000000")
    assert kinds(citizen) == ["locked"]


def test_no_log_no_notice(citizen: Citizen) -> None:
    issued = citizen.share()
    with pytest.raises(LogUnavailable):
        visit(silenced(citizen), issued)
    assert count_rows(citizen.vault.database, NoticeRow) == 0


def test_made_up_names_fill_nobody_s_notices(citizen: Citizen) -> None:
    issued = citizen.share()
    for number in range(MOST_UNSEEN + 5):
        visit(citizen, issued, f"Name {number}")
    assert kinds(citizen).count("another-open") == MOST_UNSEEN
    assert citizen.grants.get(issued.grant_id).row.opens == MOST_UNSEEN + 5


def test_notices_are_seen_one_by_one_or_all_and_only_by_their_owner(citizen: Citizen) -> None:
    issued = citizen.share()
    for name in ("A", "B", "C"):
        visit(citizen, issued, name)
        citizen.clock.advance(timedelta(seconds=1))
    notices = notices_of(citizen)
    assert notices.unseen() == 3
    newest = notices.page(1)
    assert newest.next is not None
    older = notices.page(5, newest.next)
    assert (len(newest.items), len(older.items), older.next) == (1, 2, None)
    stranger = Notices(citizen.vault.database, citizen.clock, VaultId(bytes(16)))
    assert stranger.mark_seen([newest.items[0].notice_id]) == 0
    assert notices.mark_seen([newest.items[0].notice_id, NoticeId(bytes(16))]) == 1
    assert notices.mark_seen() == 2
    assert (notices.unseen(), notices.mark_seen()) == (0, 0)
    with pytest.raises(BadCursor):
        notices.page(5, "x")
