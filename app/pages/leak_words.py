"""The words of the leak check: what may contradict the wish, and the step in which it can be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.pages.share_form import HOW, WHAT, WHO
from app.texts import _
from sharing.consent.leaks import Finding, Leak


@dataclass(frozen=True, slots=True)
class Doubt:
    """One finding in words. ``about``: what would be changed in ``step``; ``titles`` of the records it is about."""

    code: str
    text: str
    step: str
    about: str
    is_loud: bool
    titles: tuple[str, ...]


_ABOUT = {WHAT: _("what they will see"), WHO: _("who it is for"), HOW: _("how long, and how")}
_WORDS: dict[Leak, tuple[str, str, bool]] = {
    Leak.NO_PASSCODE: (_("There is no passcode. Anyone who gets hold of the link can open it."), HOW, True),
    Leak.SIMPLE_PASSCODE: (_("The passcode is easy to guess."), HOW, True),
    Leak.FOR_MANY: (
        _("You named a group. Anyone in it who gets the link can open it, and the log can\u2019t tell them apart."),
        WHO,
        True,
    ),
    Leak.EVERYTHING: (_("This is a whole kind of records, or all you have. A few tests may be enough."), WHAT, True),
    Leak.OTHER_PERSON: (_("Something here came in a file that names another person."), WHAT, True),
    Leak.SENSITIVE: (_("Something here may be sensitive. You picked it by name."), WHAT, True),
    Leak.ENTERED_IN_ERROR: (_("The lab marked something here as a mistake."), WHAT, True),
    Leak.NOT_SORTED: (_("We can\u2019t tell for sure what something here is."), WHAT, True),
    Leak.DOCUMENT: (_("A document goes whole, and we can\u2019t check what is on its pages."), WHAT, True),
    Leak.WHOLE_RECORD: (_("Some records go just as they came, with all notes inside."), WHAT, True),
    Leak.LEFT_OUT_BY_DATES: (_("The days you chose leave out some of what you ticked."), WHAT, False),
    Leak.OVER_A_YEAR: (_("This goes back more than a year. You can choose only some dates."), WHAT, False),
    Leak.LONG_OPEN: (_("The link works for more than a month."), HOW, False),
    Leak.SOON_USED_UP: (_("The link is soon used up. If they open it twice, they may be locked out."), HOW, False),
    Leak.DOWNLOAD: (_("They may save a file. Stopping can\u2019t take that back."), HOW, False),
}


def doubts(findings: Iterable[Finding], titles: Mapping[str, str]) -> tuple[Doubt, ...]:
    """The findings in words, loud ones first. ``titles``: record id → title."""
    found = []
    for each in findings:
        text, step, is_loud = _WORDS[each.code]
        about = tuple(titles.get(record, "") for record in each.records)
        found.append(Doubt(str(each.code), text, step, _ABOUT[step], is_loud, about))
    return tuple(sorted(found, key=lambda doubt: not doubt.is_loud))
