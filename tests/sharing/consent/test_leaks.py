"""The leak check under Hypothesis: it always answers, in one order; and each finding by example."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.consent.decide import Reason
from sharing.consent.leaks import Finding, Leak, Leaving, find_leaks, is_for_many, is_simple
from sharing.consent.terms import Recipient, Selector, Terms
from tests.sharing.consent.test_decide import DAY, NOW, RECORDS, all_facts, all_terms
from vault.clock import to_microseconds
from vault.health.observation import Facts

MAGNESIUM = Facts(
    "observation",
    frozenset({"magnesium"}),
    frozenset({"laboratory"}),
    to_microseconds(NOW - 3 * DAY),
    to_microseconds(NOW - 2 * DAY),
    frozenset(),
)
TERMS = Terms(
    recipient=Recipient("Dr Lee"),
    purpose="treatment",
    include=frozenset({Selector("analyte", "magnesium")}),
    exclude=frozenset(),
    taken_from=None,
    taken_until=None,
    expires_at=NOW + 7 * DAY,
    with_passcode=True,
    max_opens=None,
    actions=frozenset({"view"}),
)

leaving = st.lists(
    st.builds(Leaving, st.sampled_from(RECORDS), all_facts(), st.booleans()),
    max_size=4,
    unique_by=lambda each: each.record_id,
)
kept = st.lists(st.tuples(st.sampled_from(RECORDS), st.sampled_from(Reason)), max_size=4)
passcodes = st.none() | st.text(max_size=8)


def codes(
    terms: Terms = TERMS,
    going: tuple[Leaving, ...] = (Leaving(RECORDS[0], MAGNESIUM),),
    *,
    passcode: str | None = "482915",
    kept: tuple[tuple[str, Reason], ...] = (),
    live: int = 9,
) -> list[Leak]:
    return [each.code for each in find_leaks(terms, passcode, going, kept, live=live, now=NOW)]


@given(st.tuples(all_terms(), st.text(max_size=40), passcodes), leaving, kept, st.integers(0, 5))
def test_it_always_answers_each_code_once_whatever_the_order(
    given_terms: tuple[Terms, str, str | None], going: list[Leaving], stays: list[tuple[str, Reason]], live: int
) -> None:
    terms, name, passcode = given_terms
    terms = replace(terms, recipient=Recipient(name))
    found = find_leaks(terms, passcode, going, stays, live=live, now=NOW)
    turned = find_leaks(terms, passcode, [*reversed(going), *going], [*reversed(stays), *stays], live=live, now=NOW)
    assert found == turned
    order = list(Leak)
    places = [order.index(each.code) for each in found]
    assert places == sorted(set(places))
    known = {each.record_id for each in going} | {name for name, _ in stays}
    assert all(set(each.records) <= known and list(each.records) == sorted(set(each.records)) for each in found)


@given(all_terms(), leaving, leaving)
def test_more_records_never_hide_what_was_found_of_a_record(
    terms: Terms, some: list[Leaving], more: list[Leaving]
) -> None:
    def about(records: list[Leaving]) -> set[tuple[Leak, str]]:
        found = find_leaks(terms, None, records, (), live=99, now=NOW)
        return {(each.code, record) for each in found for record in each.records}

    names = {each.record_id for each in some}
    assert about(some) <= about([*some, *(each for each in more if each.record_id not in names)])


def test_an_ordinary_share_has_nothing_against_it() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"with_passcode": False}, Leak.NO_PASSCODE),
        ({"recipient": Recipient("Everyone at work")}, Leak.FOR_MANY),
        ({"expires_at": NOW + 90 * DAY}, Leak.LONG_OPEN),
        ({"max_opens": 1}, Leak.SOON_USED_UP),
        ({"actions": frozenset({"view", "download"})}, Leak.DOWNLOAD),
    ],
)
def test_terms_that_open_a_share_wide_are_named(change: dict[str, object], code: Leak) -> None:
    terms = replace(TERMS, **change)  # type: ignore[arg-type]
    passcode = "482915" if terms.with_passcode else None
    assert codes(terms, passcode=passcode) == [code]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(MAGNESIUM, marks=frozenset({"sensitive"})), Leak.SENSITIVE),
        (replace(MAGNESIUM, marks=frozenset({"not-sorted"})), Leak.NOT_SORTED),
        (replace(MAGNESIUM, marks=frozenset({"entered-in-error"})), Leak.ENTERED_IN_ERROR),
        (replace(MAGNESIUM, kind="document", marks=frozenset({"not-sorted"})), Leak.DOCUMENT),
        (replace(MAGNESIUM, kind="condition", marks=frozenset({"not-sorted"})), Leak.WHOLE_RECORD),
    ],
)
def test_records_that_may_say_more_are_named(facts: Facts, code: Leak) -> None:
    found = find_leaks(TERMS, "482915", [Leaving(RECORDS[1], facts)], (), live=9, now=NOW)
    assert found == (Finding(code, (RECORDS[1],)),)


def test_a_record_from_a_file_that_names_another_person_is_named() -> None:
    assert codes(going=(Leaving(RECORDS[0], MAGNESIUM, names_another=True),)) == [Leak.OTHER_PERSON]


def test_days_that_leave_something_out_and_years_that_come_along_are_named() -> None:
    assert codes(kept=((RECORDS[1], Reason.OUTSIDE_DATES),)) == [Leak.LEFT_OUT_BY_DATES]
    assert codes(kept=((RECORDS[1], Reason.SENSITIVE),)) == []
    old = replace(MAGNESIUM, since=to_microseconds(NOW - 800 * DAY))
    both = (Leaving(RECORDS[0], MAGNESIUM), Leaving(RECORDS[1], old))
    assert codes(going=both) == [Leak.OVER_A_YEAR]
    assert codes(replace(TERMS, taken_from=NOW - 900 * DAY), both) == []


def test_whole_kinds_and_whole_vaults_are_named_but_not_the_one_test_there_is() -> None:
    both = (Leaving(RECORDS[0], MAGNESIUM), Leaving(RECORDS[1], MAGNESIUM))
    assert codes(replace(TERMS, include=frozenset({Selector("kind", "observation")})), both) == [Leak.EVERYTHING]
    two = replace(TERMS, include=frozenset({Selector("record_id", each) for each in RECORDS[:2]}))
    assert codes(two, both, live=2) == [Leak.EVERYTHING]
    assert codes(two, both, live=3) == []
    assert codes(going=both, live=2) == []


@pytest.mark.parametrize("passcode", ["0000", "1234", "4321", "aaaa", "abcd", "987654", "1"])
def test_passcodes_that_people_try_first_are_simple(passcode: str) -> None:
    assert is_simple(passcode)
    assert codes(passcode=passcode) == [Leak.SIMPLE_PASSCODE]


@pytest.mark.parametrize("passcode", ["482915", "1122", "1357", "magpie"])
def test_others_are_not(passcode: str) -> None:
    assert not is_simple(passcode)


def test_groups_are_told_from_somebody() -> None:
    assert all(is_for_many(name) for name in ("Everyone", "the whole TEAM", "Facebook", "St Mary Hospital", "staff"))
    assert not any(
        is_for_many(name)
        for name in ("Dr Lee, Heart Clinic", "My doctor", "Mum", "Aunt Allie", "Teamore Jones", "李医生", "")
    )


def test_half_a_year_ahead_is_long_and_a_month_is_not() -> None:
    assert codes(replace(TERMS, expires_at=NOW + timedelta(days=30))) == []
