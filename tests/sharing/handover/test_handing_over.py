"""A share goes to the screen in the room, once, after both sides have seen the same digits; to nobody else, ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from sharing.handover.codes import code_digest
from sharing.handover.digits import commitment_of
from sharing.handover.giving import Giving
from sharing.handover.requests import (
    BadBytes,
    BrokenPromise,
    HandoverGone,
    NotReady,
    ShareNotActive,
    State,
    WrongCode,
    write_bytes,
)
from sharing.handover.sweep import sweep
from sharing.handover.tables import HandoverCodeRow, HandoverRow, HandoverTriesRow
from sharing.handover.tries import SCREENS_A_NETWORK, WRONG_CODES_A_SESSION
from sharing.links.opening import LinkGone, PasscodeWrong
from sharing.links.tables import LinkPassRow
from tests.sharing.handover.screens import DESK, Screen, make_giving, make_waiting
from tests.sharing.shares import Citizen, count_rows, logged, make_grants, make_opening, silenced, visit
from tests.vault.records.vaults import bundle, found_vault, observation
from vault.crypto.points import BadPoint
from vault.errors import LogUnavailable, NotFound, TooManyTries
from vault.ids import GrantId

ONE_SECOND = timedelta(seconds=1)
FIVE_MINUTES = timedelta(minutes=5)
NOWHERE = "7777 7777"


@pytest.fixture
def screen(citizen: Citizen) -> Screen:
    return Screen(make_waiting(citizen)).open()


@pytest.fixture
def giving(citizen: Citizen) -> Giving:
    return make_giving(citizen)


def claimed(citizen: Citizen, giving: Giving, screen: Screen, grant_id: GrantId) -> Screen:
    giving.claim(screen.mine.code, citizen.grants.get(grant_id))
    return screen.reveal()


def test_both_screens_show_the_same_digits_and_the_link_arrives(
    citizen: Citizen, giving: Giving, screen: Screen
) -> None:
    issued = citizen.share()
    first = giving.claim(
        f" {screen.mine.code[:4].lower()}-{screen.mine.code[4:]} ", citizen.grants.get(issued.grant_id)
    )
    assert (first.state, first.digits, screen.look().state) == (State.CLAIMED, None, State.CLAIMED)
    screen.reveal()
    seen = giving.look(first.handover_id)
    assert seen.digits == screen.digits
    assert len(screen.digits) == 4
    giving.give(first.handover_id, citizen.grants.get(issued.grant_id))
    assert screen.fetch() == {"v": "1", "shlink": issued.shlink}
    assert giving.look(first.handover_id).state is State.FETCHED
    assert ("handover", "", "") in citizen.entries()
    assert citizen.grants.get(issued.grant_id).row.opens == 0


def test_a_pass_stands_for_the_passcode_for_ten_minutes_and_the_open_counts(
    citizen: Citizen, giving: Giving, screen: Screen
) -> None:
    issued, other = citizen.share(passcode="482913", max_opens=1), citizen.share(passcode="482913")
    claimed(citizen, giving, screen, issued.grant_id)
    giving.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id))
    shown = screen.fetch()["pass"]
    with pytest.raises(PasscodeWrong):
        visit(citizen, other, passcode=shown)
    visit(citizen, issued, passcode=shown)
    assert citizen.grants.get(issued.grant_id).row.opens == 1
    with pytest.raises(LinkGone):
        visit(citizen, issued, "Somebody else", passcode=shown)
    visit(citizen, issued, passcode=shown)
    citizen.clock.advance(2 * FIVE_MINUTES)
    with pytest.raises(PasscodeWrong) as wrong:
        visit(citizen, other, passcode=shown)
    assert wrong.value.remaining == 8


def test_a_pass_that_is_over_is_a_wrong_passcode_and_never_gives_a_try_back(
    citizen: Citizen, giving: Giving, screen: Screen
) -> None:
    issued = citizen.share(passcode="482913")
    claimed(citizen, giving, screen, issued.grant_id)
    giving.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id))
    shown = screen.fetch()["pass"]
    with pytest.raises(PasscodeWrong):
        visit(citizen, issued, passcode="000000")
    visit(citizen, issued, "Dr Pass", passcode=shown)
    with pytest.raises(PasscodeWrong) as probe:
        visit(citizen, issued, "Prober")
    assert probe.value.remaining == 9
    citizen.clock.advance(2 * FIVE_MINUTES)
    with pytest.raises(PasscodeWrong):
        visit(citizen, issued, "Later", passcode=shown)


def test_the_citizen_may_keep_the_passcode_for_the_other_screen_to_ask(
    citizen: Citizen, giving: Giving, screen: Screen
) -> None:
    issued = citizen.share(passcode="482913")
    claimed(citizen, giving, screen, issued.grant_id)
    giving.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id), with_passcode=True)
    assert set(screen.fetch()) == {"v", "shlink"}
    assert count_rows(citizen.vault.database, LinkPassRow) == 0


def test_a_swapped_key_shows_other_digits(citizen: Citizen, giving: Giving) -> None:
    """Somebody between screen and server registers a key of his own and passes the code on; he has to guess."""
    issued = citizen.share()
    differing = 0
    for _ in range(5):
        honest, thief = Screen(make_waiting(citizen)), Screen(make_waiting(citizen)).open()
        honest.opened = thief.opened
        giving.claim(thief.mine.code, citizen.grants.get(issued.grant_id))
        thief.reveal()
        seen = giving.look(thief.mine.handover_id).digits
        assert seen == thief.digits
        differing += seen != honest.digits
    assert differing >= 4


def test_a_screen_that_shows_another_number_than_it_promised_is_refused(
    citizen: Citizen, giving: Giving, screen: Screen
) -> None:
    """The one in the middle can't choose his number after he has seen the citizen's."""
    issued = citizen.share()
    giving.claim(screen.mine.code, citizen.grants.get(issued.grant_id))
    with pytest.raises(BrokenPromise):
        screen.waiting.reveal(screen.mine.handover_id, screen.mine.secret, write_bytes(b"x" * 32))
    with pytest.raises(HandoverGone):
        screen.reveal()
    with pytest.raises(HandoverGone):
        giving.look(screen.mine.handover_id)


def test_a_code_works_once_and_for_five_minutes(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    view = citizen.grants.get(citizen.share().grant_id)
    giving.claim(screen.mine.code, view)
    with pytest.raises(WrongCode):
        make_giving(citizen, b"t" * 16).claim(screen.mine.code, view)
    late = Screen(screen.waiting).open()
    citizen.clock.advance(FIVE_MINUTES - ONE_SECOND)
    just = Screen(screen.waiting).open()
    citizen.clock.advance(ONE_SECOND)
    with pytest.raises(WrongCode):
        giving.claim(late.mine.code, view)
    assert giving.claim(just.mine.code, view).state is State.CLAIMED


def test_five_minutes_after_the_claim_nothing_is_given_or_fetched(
    citizen: Citizen, giving: Giving, screen: Screen
) -> None:
    issued = citizen.share()
    view = citizen.grants.get(issued.grant_id)
    claimed(citizen, giving, screen, issued.grant_id)
    other = claimed(citizen, giving, Screen(screen.waiting).open(), issued.grant_id)
    giving.give(other.mine.handover_id, view)
    citizen.clock.advance(FIVE_MINUTES)
    with pytest.raises(HandoverGone):
        giving.give(screen.mine.handover_id, view)
    with pytest.raises(HandoverGone):
        other.waiting.fetch(other.mine.handover_id, other.mine.secret)


def test_guessing_codes_ends_after_ten_tries_of_a_sign_in_and_is_logged(citizen: Citizen, screen: Screen) -> None:
    guesser, other = make_giving(citizen, b"g" * 16), make_giving(citizen, b"o" * 16)
    view = citizen.grants.get(citizen.share().grant_id)
    for number in range(WRONG_CODES_A_SESSION):
        with pytest.raises(WrongCode):
            guesser.claim(NOWHERE if number else "not a code", view)
    with pytest.raises(TooManyTries):
        guesser.claim(screen.mine.code, view)
    assert other.claim(screen.mine.code, view).state is State.CLAIMED
    assert ("handover", "wrong-code", "") in citizen.entries()


def test_guessing_together_is_bounded_for_everybody(
    citizen: Citizen, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sharing.handover.giving.WRONG_CODES_TOGETHER", 3)
    view = citizen.grants.get(citizen.share().grant_id)
    for number in range(3):
        with pytest.raises(WrongCode):
            make_giving(citizen, bytes([number]) * 16).claim(NOWHERE, view)
    with pytest.raises(TooManyTries) as full:
        make_giving(citizen, b"z" * 16).claim(screen.mine.code, view)
    citizen.clock.advance(timedelta(seconds=full.value.retry_after_seconds))
    fresh = Screen(screen.waiting).open()
    assert make_giving(citizen, b"z" * 16).claim(fresh.mine.code, view).state is State.CLAIMED


def test_right_codes_cost_nothing(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    view = citizen.grants.get(citizen.share().grant_id)
    for _ in range(WRONG_CODES_A_SESSION + 2):
        giving.claim(Screen(screen.waiting).open().mine.code, view)


def test_one_network_opens_so_many_screens_in_five_minutes(citizen: Citizen, screen: Screen) -> None:
    for _ in range(SCREENS_A_NETWORK - 1):
        Screen(screen.waiting).open()
    with pytest.raises(TooManyTries):
        Screen(screen.waiting).open()
    citizen.clock.advance(FIVE_MINUTES)
    Screen(screen.waiting).open()


def test_a_second_screen_fetches_nothing(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued = citizen.share()
    claimed(citizen, giving, screen, issued.grant_id)
    giving.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id))
    stranger = Screen(screen.waiting).open()
    for secret in (stranger.mine.secret, "", "x" * 500, "\ud800"):
        with pytest.raises(HandoverGone):
            screen.waiting.fetch(screen.mine.handover_id, secret)
    screen.fetch()
    with pytest.raises(HandoverGone):
        screen.waiting.fetch(screen.mine.handover_id, screen.mine.secret)


def test_nothing_is_given_before_the_digits_stand(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued = citizen.share()
    view = citizen.grants.get(issued.grant_id)
    with pytest.raises(HandoverGone):
        giving.give(screen.mine.handover_id, view)
    giving.claim(screen.mine.code, view)
    with pytest.raises(NotReady):
        giving.give(screen.mine.handover_id, view)
    with pytest.raises(HandoverGone):
        screen.waiting.fetch(screen.mine.handover_id, screen.mine.secret)


def test_a_mismatch_is_stopped_for_both_and_logged(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued = citizen.share()
    claimed(citizen, giving, screen, issued.grant_id)
    giving.stop(screen.mine.handover_id)
    with pytest.raises(HandoverGone):
        giving.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id))
    with pytest.raises(HandoverGone):
        screen.look()
    assert ("handover", "digits-differ", "") in citizen.entries()


def test_a_screen_that_left_can_be_claimed_by_nobody(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    screen.waiting.stop(screen.mine.handover_id, screen.mine.secret)
    with pytest.raises(WrongCode):
        giving.claim(screen.mine.code, citizen.grants.get(citizen.share().grant_id))


def test_a_share_that_was_stopped_is_not_handed_over(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued = citizen.share()
    view = citizen.grants.get(issued.grant_id)
    claimed(citizen, giving, screen, issued.grant_id)
    citizen.grants.withdraw(issued.grant_id)
    with pytest.raises(ShareNotActive):
        giving.give(screen.mine.handover_id, view)  # Read before it was stopped: the lock finds out.
    with pytest.raises(ShareNotActive):
        giving.claim(screen.mine.code, citizen.grants.get(issued.grant_id))
    with pytest.raises(ShareNotActive):
        giving.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id))
    with pytest.raises(HandoverGone):
        screen.look()
    assert ("handover", "share-ended", "") in citizen.entries()
    assert logged(citizen.vault.database, "handover") == 1


def test_another_citizen_has_no_part_in_it(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued = citizen.share()
    claimed(citizen, giving, screen, issued.grant_id)
    vault = found_vault(citizen.vault.database, citizen.vault.provider, citizen.clock, name="Eve")
    vault.records.add_file(bundle(observation(1, "0.90", "2025-01-15")), "hers.json", "application/fhir+json")
    other = Citizen(vault, make_opening(vault), make_grants(vault))
    theirs = other.share()
    stranger = make_giving(other)
    with pytest.raises(HandoverGone):
        stranger.look(screen.mine.handover_id)
    with pytest.raises(HandoverGone):
        stranger.give(screen.mine.handover_id, other.grants.get(theirs.grant_id))
    with pytest.raises(HandoverGone):
        stranger.stop(screen.mine.handover_id)
    with pytest.raises(NotFound):
        other.grants.get(issued.grant_id)
    assert screen.look().state is State.COMPARING


def test_only_the_share_that_was_claimed_is_given(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued, another = citizen.share(), citizen.share()
    claimed(citizen, giving, screen, issued.grant_id)
    with pytest.raises(HandoverGone):
        giving.give(screen.mine.handover_id, citizen.grants.get(another.grant_id))


def test_without_a_log_nothing_is_handed_over(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued = citizen.share(passcode="482913")
    claimed(citizen, giving, screen, issued.grant_id)
    silent = make_giving(citizen, log=silenced(citizen).vault.log)
    with pytest.raises(LogUnavailable):
        silent.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id))
    assert screen.look().state is State.COMPARING
    assert count_rows(citizen.vault.database, LinkPassRow) == 0


@pytest.mark.parametrize(
    "point",
    [b"", b"\x04" + b"\0" * 64, b"\x04" + b"\xff" * 64, b"\x02" + b"\1" * 64, b"\0" * 65, b"\x04" + b"\1" * 64],
    ids=["none", "origin", "too large", "compressed", "infinity", "off the curve"],
)
def test_a_point_that_is_not_on_the_curve_is_refused(citizen: Citizen, point: bytes) -> None:
    with pytest.raises((BadPoint, BadBytes)):
        make_waiting(citizen).open(write_bytes(point), write_bytes(b"c" * 32), DESK)
    assert count_rows(citizen.vault.database, HandoverRow) == 0


@pytest.mark.parametrize("sent", ["", "A" * 42, "A" * 44, "A" * 100_000, "=" * 43, "\ud800" * 43, None, 5])
def test_a_commitment_of_another_shape_is_refused(citizen: Citizen, sent: object) -> None:
    screen = Screen(make_waiting(citizen))
    with pytest.raises(BadBytes) as wrong:
        screen.waiting.open(write_bytes(screen.point), sent, DESK)  # type: ignore[arg-type]
    assert wrong.value.field == "commitment"


def test_huge_codes_cost_no_more_than_small_ones(citizen: Citizen, giving: Giving) -> None:
    with pytest.raises(WrongCode):
        giving.claim("B" * 1_000_000, citizen.grants.get(citizen.share().grant_id))


def test_a_waiting_code_is_stored_by_a_keyed_digest_alone(citizen: Citizen, screen: Screen) -> None:
    database = citizen.vault.database
    assert count_rows(database, HandoverCodeRow, code_digest=code_digest(citizen.vault.provider, screen.mine.code)) == 1
    assert count_rows(database, HandoverRow, commitment=commitment_of(screen.point, screen.nonce)) == 1
    assert screen.mine.code not in repr(screen.mine)


def test_of_many_who_race_for_one_code_one_gets_it(citizen: Citizen, screen: Screen) -> None:
    view = citizen.grants.get(citizen.share().grant_id)

    def race(number: int) -> bool:
        try:
            make_giving(citizen, bytes([number]) * 16).claim(screen.mine.code, view)
        except WrongCode:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(1, 9))) == 1


def test_of_many_who_race_to_fetch_one_gets_it(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued = citizen.share()
    claimed(citizen, giving, screen, issued.grant_id)
    giving.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id))

    def race(_: int) -> bool:
        try:
            screen.waiting.fetch(screen.mine.handover_id, screen.mine.secret)
        except HandoverGone:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(8))) == 1


def test_handing_over_happens_once_however_many_press(citizen: Citizen, giving: Giving) -> None:
    issued = citizen.share(passcode="482913")
    view = citizen.grants.get(issued.grant_id)
    screen = claimed(citizen, giving, Screen(make_waiting(citizen)).open(), issued.grant_id)

    def press(_: int) -> bool:
        try:
            giving.give(screen.mine.handover_id, view)
        except HandoverGone:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, range(8))) == 1
    assert logged(citizen.vault.database, "handover") == count_rows(citizen.vault.database, LinkPassRow) == 1


def test_the_sweep_takes_what_is_over_and_nothing_else(citizen: Citizen, giving: Giving, screen: Screen) -> None:
    issued = citizen.share(passcode="482913")
    claimed(citizen, giving, screen, issued.grant_id)
    giving.give(screen.mine.handover_id, citizen.grants.get(issued.grant_id))
    with pytest.raises(WrongCode):
        giving.claim(NOWHERE, citizen.grants.get(issued.grant_id))
    citizen.clock.advance(3 * FIVE_MINUTES)
    waiting = Screen(screen.waiting).open()
    assert sweep(citizen.vault.database, citizen.clock) == 1
    assert waiting.look().state is State.WAITING
    database = citizen.vault.database
    assert [count_rows(database, table) for table in (HandoverRow, HandoverCodeRow, LinkPassRow)] == [1, 1, 0]
    assert count_rows(database, HandoverTriesRow) == 3  # This sign-in's, and the two of the window that runs.
    assert sweep(database, citizen.clock) == 0
