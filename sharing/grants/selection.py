"""What terms select in one vault: the records that leave, and those that were asked for and stay, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sharing.consent.decide import Permit, Reason, Rules, decide
from sharing.consent.requests import UnknownRecord
from sharing.consent.statement import ListedRecord, Statement, make_statement
from sharing.consent.terms import Terms, Vocabulary
from vault.disclosure import Candidate
from vault.ids import RecordId, text_of


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A record that some line of the terms asked for and that stays."""

    record_id: RecordId
    title: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Selection:
    """``statement`` binds the terms and exactly the ``permitted`` versions."""

    permitted: tuple[Candidate, ...]
    held_back: tuple[HeldBack, ...]
    statement: Statement


def select_records(terms: Terms, candidates: Sequence[Candidate], words: Vocabulary, now: datetime) -> Selection:
    """Decide over every live record. UnknownRecord where the terms name one that isn't among them."""
    _check_named(terms, {text_of(each.record_id) for each in candidates})
    rules = Rules.of(terms)
    permitted: list[Candidate] = []
    held_back: list[HeldBack] = []
    for each in candidates:
        answer = decide(rules, text_of(each.record_id), each.facts, now)
        if isinstance(answer, Permit):
            permitted.append(each)
        elif answer.reason is not Reason.NOT_CHOSEN:
            held_back.append(HeldBack(each.record_id, each.title, answer.reason))
    listed = (ListedRecord(text_of(each.record_id), each.version) for each in permitted)
    return Selection(tuple(permitted), tuple(held_back), make_statement(terms, listed, words))


def _check_named(terms: Terms, known: set[str]) -> None:
    for field, selectors in (("include", terms.include), ("exclude", terms.exclude)):
        if any(each.by == "record_id" and each.value not in known for each in selectors):
            raise UnknownRecord(field=field)
