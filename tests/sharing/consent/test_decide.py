"""``decide`` under Hypothesis: what it must never do for any terms and facts; and each decided edge by example."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.consent.decide import KINDS, PERMIT, Permit, Reason, Refuse, Rules, decide
from sharing.consent.terms import Recipient, Selector, Terms
from vault.clock import to_microseconds
from vault.health.observation import Facts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RECORDS = [f"0b0f5d0e-7a2b-4c5d-8e9f-00000000000{n}" for n in range(3)]
ANALYTES = ["magnesium", "sodium", "lithium"]
CATEGORIES = ["laboratory", "vital-signs"]
MARKS = ["not-sorted", "sensitive", "entered-in-error", "contradictory", "never-plotted"]

moments = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)).map(lambda each: each.replace(tzinfo=UTC))  # noqa: DTZ001
spans = st.none() | st.tuples(moments, st.timedeltas(timedelta(0), 400 * DAY)).map(
    lambda pair: (to_microseconds(pair[0]), to_microseconds(pair[0] + pair[1]))
)
selectors = st.one_of(
    st.sampled_from(ANALYTES).map(lambda each: Selector("analyte", each)),
    st.sampled_from(CATEGORIES).map(lambda each: Selector("category", each)),
    st.sampled_from(sorted(KINDS)).map(lambda each: Selector("kind", each)),
    st.sampled_from(RECORDS).map(lambda each: Selector("record_id", each)),
)
groups = st.frozensets(selectors, max_size=4)


@st.composite
def all_terms(draw: st.DrawFn) -> Terms:
    bounds = sorted(draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    return Terms(
        recipient=Recipient("Dr"),
        purpose=draw(st.sampled_from(["treatment", "family"])),
        include=draw(groups),
        exclude=draw(groups),
        taken_from=bounds[0] if draw(st.booleans()) else None,
        taken_until=bounds[1] if draw(st.booleans()) else None,
        expires_at=NOW + draw(st.timedeltas(-DAY, 90 * DAY)),
        with_passcode=draw(st.booleans()),
        max_opens=draw(st.none() | st.integers(1, 5)),
        actions=frozenset({"view"}),
    )


@st.composite
def all_facts(draw: st.DrawFn, kinds: tuple[str, ...] = (*sorted(KINDS), "spaceship")) -> Facts:
    since, until = draw(spans) or (None, None)
    return Facts(
        kind=draw(st.sampled_from(kinds)),
        analytes=draw(st.frozensets(st.sampled_from(ANALYTES), max_size=2)),
        categories=draw(st.frozensets(st.sampled_from([*CATEGORIES, "made-up"]), max_size=2)),
        since=since,
        until=until,
        marks=draw(st.frozensets(st.sampled_from([*MARKS, "made-up"]), max_size=2)),
    )


records = st.sampled_from(RECORDS)


def permits(terms: Terms, record: str, facts: Facts, now: datetime = NOW) -> bool:
    return isinstance(decide(Rules.of(terms), record, facts, now), Permit)


@given(all_terms(), records, all_facts())
def test_it_always_answers_and_always_the_same(terms: Terms, record: str, facts: Facts) -> None:
    answer = decide(Rules.of(terms), record, facts, NOW)
    assert isinstance(answer, Permit | Refuse)
    assert decide(Rules.of(terms), record, facts, NOW) == answer


@given(all_terms(), records, all_facts())
def test_an_empty_grant_permits_nothing(terms: Terms, record: str, facts: Facts) -> None:
    assert not permits(replace(terms, include=frozenset()), record, facts)


@given(all_terms(), records, all_facts(), selectors)
def test_adding_an_exclusion_never_enlarges(terms: Terms, record: str, facts: Facts, more: Selector) -> None:
    wider = permits(terms, record, facts)
    assert permits(replace(terms, exclude=terms.exclude | {more}), record, facts) <= wider


@given(all_terms(), records, all_facts(), selectors)
def test_taking_away_an_inclusion_never_enlarges(terms: Terms, record: str, facts: Facts, less: Selector) -> None:
    assert permits(replace(terms, include=terms.include - {less}), record, facts) <= permits(terms, record, facts)


@given(all_terms(), records, all_facts(), moments, moments)
def test_narrowing_the_window_never_enlarges(
    terms: Terms, record: str, facts: Facts, start: datetime, end: datetime
) -> None:
    narrower = replace(
        terms,
        taken_from=max(start, terms.taken_from or start),
        taken_until=min(end, terms.taken_until or end),
    )
    assert permits(narrower, record, facts) <= permits(terms, record, facts)


@given(all_terms(), records, all_facts(), st.timedeltas(timedelta(0), 90 * DAY))
def test_an_earlier_end_never_enlarges(terms: Terms, record: str, facts: Facts, sooner: timedelta) -> None:
    narrower = replace(terms, expires_at=terms.expires_at - sooner)
    assert permits(narrower, record, facts) <= permits(terms, record, facts)


@given(all_terms(), records, all_facts(), st.timedeltas(timedelta(0), 90 * DAY))
def test_nothing_at_or_after_the_end(terms: Terms, record: str, facts: Facts, later: timedelta) -> None:
    assert decide(Rules.of(terms), record, facts, terms.expires_at + later) == Refuse(Reason.ENDED)


@given(all_terms(), records, all_facts(), st.sampled_from(MARKS))
def test_adding_a_mark_never_enlarges(terms: Terms, record: str, facts: Facts, mark: str) -> None:
    assert permits(terms, record, replace(facts, marks=facts.marks | {mark})) <= permits(terms, record, facts)


@given(all_terms(), records, all_facts())
def test_nothing_sensitive_leaves_unless_named(terms: Terms, record: str, facts: Facts) -> None:
    marked = replace(facts, marks=facts.marks | {"sensitive"})
    named_record = Selector("record_id", record) in terms.include
    named = [Selector("analyte", each) in terms.include for each in marked.analytes]
    if not (named_record or (named and all(named))):
        assert not permits(terms, record, marked)


@given(all_terms(), records, all_facts(), st.sampled_from(["not-sorted", "entered-in-error", "contradictory"]))
def test_the_unsorted_and_the_mistaken_leave_by_record_id_alone(
    terms: Terms, record: str, facts: Facts, mark: str
) -> None:
    if Selector("record_id", record) not in terms.include:
        assert not permits(terms, record, replace(facts, marks=facts.marks | {mark}))


@given(all_terms(), records, all_facts())
def test_an_excluded_thing_never_leaves(terms: Terms, record: str, facts: Facts) -> None:
    own = {Selector("record_id", record), Selector("kind", facts.kind)}
    own |= {Selector("category", each) for each in facts.categories}
    own |= {Selector("analyte", each) for each in facts.analytes}
    for each in own:
        assert not permits(replace(terms, exclude=terms.exclude | {each}), record, facts)


@given(all_terms(), records, all_facts())
def test_what_leaves_lies_whole_in_the_window(terms: Terms, record: str, facts: Facts) -> None:
    if permits(terms, record, facts):
        if terms.taken_from is not None:
            assert facts.since is not None
            assert facts.since >= to_microseconds(terms.taken_from)
        if terms.taken_until is not None:
            assert facts.until is not None
            assert facts.until <= to_microseconds(terms.taken_until)


@given(all_terms(), records, all_facts())
def test_who_why_and_how_often_choose_no_record(terms: Terms, record: str, facts: Facts) -> None:
    other = replace(terms, recipient=Recipient("Other"), purpose="support", max_opens=1, with_passcode=True)
    assert decide(Rules.of(terms), record, facts, NOW) == decide(Rules.of(other), record, facts, NOW)


@given(all_terms(), records, all_facts(kinds=("spaceship",)))
def test_an_unknown_kind_never_leaves(terms: Terms, record: str, facts: Facts) -> None:
    assert not permits(terms, record, facts)


SPAN = (to_microseconds(datetime(2025, 5, 1, tzinfo=UTC)), to_microseconds(datetime(2025, 6, 1, tzinfo=UTC)))
MAGNESIUM = Facts("observation", frozenset({"magnesium"}), frozenset({"laboratory"}), *SPAN, frozenset())
LITHIUM = replace(MAGNESIUM, analytes=frozenset({"lithium"}), marks=frozenset({"sensitive"}))
LETTER = Facts("document", frozenset(), frozenset(), None, None, frozenset({"not-sorted"}))
PANEL = replace(MAGNESIUM, analytes=frozenset({"magnesium", "sodium"}))


def answer(facts: Facts, include: str, exclude: str, start: str, end: str) -> str:
    """Terms in short: ``analyte=magnesium kind=document``; ``record`` stands for this record."""
    terms = Terms(
        recipient=Recipient("Dr"),
        purpose="treatment",
        include=_selectors(include),
        exclude=_selectors(exclude),
        taken_from=datetime.fromisoformat(start + "T00:00Z") if start else None,
        taken_until=datetime.fromisoformat(end + "T00:00Z") if end else None,
        expires_at=NOW + DAY,
        with_passcode=False,
        max_opens=None,
        actions=frozenset({"view"}),
    )
    found = decide(Rules.of(terms), RECORDS[0], facts, NOW)
    return "permit" if found == PERMIT else found.reason  # type: ignore[union-attr]


def _selectors(short: str) -> frozenset[Selector]:
    pairs = [each.partition("=") for each in short.replace("record", f"record_id={RECORDS[0]}").split()]
    return frozenset(Selector(by, value) for by, _, value in pairs)  # type: ignore[arg-type]


UNSORTED = replace(MAGNESIUM, analytes=frozenset(), marks=frozenset({"not-sorted"}))
HALF_SORTED = replace(PANEL, marks=frozenset({"not-sorted"}))
MISTAKE = replace(MAGNESIUM, marks=frozenset({"entered-in-error"}))


@pytest.mark.parametrize(
    ("facts", "include", "exclude", "start", "end", "expected"),
    [
        (MAGNESIUM, "analyte=magnesium", "", "", "", "permit"),
        (MAGNESIUM, "category=laboratory", "", "", "", "permit"),
        (MAGNESIUM, "kind=observation", "", "", "", "permit"),
        (MAGNESIUM, "record", "", "", "", "permit"),
        (MAGNESIUM, "analyte=sodium", "", "", "", "not-chosen"),
        (MAGNESIUM, "analyte=magnesium", "analyte=magnesium", "", "", "excluded"),
        (MAGNESIUM, "record", "kind=observation", "", "", "excluded"),
        # Sensitive: naming the analyte ticks it, a group never does.
        (LITHIUM, "kind=observation", "", "", "", "sensitive"),
        (LITHIUM, "category=laboratory", "", "", "", "sensitive"),
        (LITHIUM, "analyte=lithium", "", "", "", "permit"),
        (LITHIUM, "record", "", "", "", "permit"),
        (replace(LITHIUM, analytes=frozenset({"lithium", "sodium"})), "analyte=sodium", "", "", "", "sensitive"),
        # Panels: sorted when every part is; excluding a part excludes the whole.
        (PANEL, "analyte=magnesium", "", "", "", "permit"),
        (PANEL, "analyte=magnesium", "analyte=sodium", "", "", "excluded"),
        (HALF_SORTED, "analyte=magnesium", "", "", "", "not-sorted"),
        (HALF_SORTED, "record", "", "", "", "permit"),
        # A text-only name is not sorted, and may be what an exclusion means.
        (UNSORTED, "kind=observation", "", "", "", "not-sorted"),
        (UNSORTED, "analyte=magnesium", "", "", "", "not-chosen"),
        (UNSORTED, "record", "analyte=magnesium", "", "", "may-be-excluded"),
        (replace(MAGNESIUM, marks=frozenset({"contradictory"})), "record", "analyte=sodium", "", "", "may-be-excluded"),
        (replace(MAGNESIUM, marks=frozenset({"contradictory"})), "analyte=magnesium", "", "", "", "not-sorted"),
        # Documents: by id alone; an analyte exclusion says nothing about them, a category one does.
        (LETTER, "kind=document", "", "", "", "not-sorted"),
        (LETTER, "record", "analyte=magnesium", "", "", "permit"),
        (LETTER, "record", "category=laboratory", "", "", "may-be-excluded"),
        # Entered in error: by id alone.
        (MISTAKE, "analyte=magnesium", "", "", "", "entered-in-error"),
        (MISTAKE, "record", "", "", "", "permit"),
        # Windows bind named records too.
        (LETTER, "record", "", "2020-01-01", "", "no-date"),
        (MAGNESIUM, "record", "", "2025-05-01", "2025-06-01", "permit"),
        (MAGNESIUM, "record", "", "2025-05-02", "", "across-dates"),
        (MAGNESIUM, "record", "", "", "2025-05-31", "across-dates"),
        (MAGNESIUM, "record", "", "2025-06-01", "", "outside-dates"),
        (MAGNESIUM, "record", "", "", "2025-05-01", "outside-dates"),
    ],
)
def test_a_decided_edge(*, facts: Facts, include: str, exclude: str, start: str, end: str, expected: str) -> None:
    assert answer(facts, include, exclude, start, end) == expected
