"""The statement binds what was shown: any change of terms, list or wording changes its id."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sharing.consent.statement import ListedRecord, make_statement
from sharing.consent.terms import ACTIONS, PURPOSES, Recipient, Selector, Terms, Vocabulary
from sharing.consent.wordings import CURRENT, WORDINGS, wording

PINNED = {
    "1": "88125b5686446bb0a7b1cdae1ecb128d4df0fafe4fc607f803d3b4938ff378e5",
    "2": "f2ad25dd6f02de3ae82f53bb99b2b8fc337c218495fa2f12130b850970d1b60d",
}
FIRST_ID = "59394a1fd2da9d29eb22ea523b3cd33c5ad2f9350ffe05441677b810faeb82d9"
WORDS = Vocabulary(
    analytes={"magnesium": "Magnesium"}, categories={"laboratory": "Laboratory"}, kinds={"document": "Documents"}
)
TERMS = Terms(
    recipient=Recipient("Dr Lee", "lee@clinic.example"),
    purpose="treatment",
    include=frozenset({Selector("analyte", "magnesium")}),
    exclude=frozenset(),
    taken_from=None,
    taken_until=None,
    expires_at=datetime(2026, 3, 8, 12, tzinfo=UTC),
    with_passcode=True,
    max_opens=None,
    actions=frozenset({"view", "print"}),
)
ONE, TWO = (
    ListedRecord("0b0f5d0e-7a2b-4c5d-8e9f-000000000001", 1),
    ListedRecord("0b0f5d0e-7a2b-4c5d-8e9f-000000000002", 1),
)
DAY = timedelta(days=1)


def test_the_same_terms_and_list_in_any_order_give_the_same_statement() -> None:
    assert make_statement(TERMS, [ONE, TWO], WORDS) == make_statement(TERMS, [TWO, ONE, ONE], WORDS)


@pytest.mark.parametrize(
    "changed",
    [
        replace(TERMS, recipient=Recipient("Dr Lees", "lee@clinic.example")),
        replace(TERMS, recipient=Recipient("Dr Lee", None)),
        replace(TERMS, purpose="family"),
        replace(TERMS, include=TERMS.include | {Selector("kind", "document")}),
        replace(TERMS, exclude=frozenset({Selector("kind", "document")})),
        replace(TERMS, taken_from=TERMS.expires_at - 90 * DAY),
        replace(TERMS, taken_until=TERMS.expires_at - 90 * DAY),
        replace(TERMS, expires_at=TERMS.expires_at + timedelta(seconds=1)),
        replace(TERMS, with_passcode=False),
        replace(TERMS, max_opens=5),
        replace(TERMS, actions=frozenset({"view"})),
    ],
)
def test_any_other_term_is_another_statement(changed: Terms) -> None:
    assert make_statement(changed, [ONE], WORDS).id != make_statement(TERMS, [ONE], WORDS).id


def test_another_record_or_version_is_another_statement() -> None:
    lists = [[], [ONE], [TWO], [ONE, TWO], [replace(ONE, version=2)]]
    assert len({make_statement(TERMS, each, WORDS).id for each in lists}) == len(lists)


def test_the_words_say_who_what_why_how_and_until_when() -> None:
    terms = replace(
        TERMS, exclude=frozenset({Selector("record_id", ONE.record_id)}), taken_from=TERMS.expires_at - 90 * DAY
    )
    assert make_statement(terms, [ONE, TWO], WORDS).text.split("\n") == [
        "I let Dr Lee see 2 records from my vault, exactly as listed.",
        "Chosen: all results of Magnesium.",
        "Left out: 1 record picked one by one.",
        "Only what was taken from 8 Dec 2025, 12:00 UTC on.",
        "Why: my care.",
        "They may look at them and print and copy them.",
        "Anyone who has the link and the passcode can open it, as often as they need until the end.",
        "It ends on 8 Mar 2026, 12:00 UTC. I can stop it sooner at any time; what was seen or kept before then "
        "can't be taken back, and nobody can stop a photo of a screen.",
        "They get a copy as the records are now. A record I delete later stays in that copy until I stop sharing.",
        "Every opening is written into my access log.",
    ]


def test_a_share_without_passcode_says_so() -> None:
    text = make_statement(replace(TERMS, with_passcode=False, max_opens=1), [ONE], WORDS).text
    assert "Anyone who has the link can open it, without a passcode, once in all." in text


def test_no_word_of_a_published_wording_ever_changes() -> None:
    """Changed words are a new version with a hash of its own here, beside the old one."""
    assert {version: each.sha256 for version, each in WORDINGS.items()} == PINNED
    assert CURRENT in PINNED


def test_every_wording_has_words_for_every_purpose_and_action() -> None:
    for each in WORDINGS.values():
        assert {f"purpose-{name}" for name in PURPOSES} | {f"action-{name}" for name in ACTIONS} <= set(each.sentences)


def test_a_statement_can_be_made_again_in_the_wording_it_was_given_in() -> None:
    for version in PINNED:
        again = make_statement(TERMS, [ONE], WORDS, version)
        assert (again.version, again.locale) == (version, wording(version).locale)
    assert make_statement(TERMS, [ONE], WORDS, "1").id == FIRST_ID
    with pytest.raises(KeyError):
        make_statement(TERMS, [ONE], WORDS, "never")
