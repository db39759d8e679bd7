"""What *Who looked* and *Notices* show: entries gathered by visit, with the share they belong to in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.services import Services
from auth.sessions import Session
from sharing.grants.consents import Consent, read_consents
from sharing.notices import Notice
from vault.audit.events import Event, Outcome, Role
from vault.audit.reading import LogLine
from vault.ids import GrantId

VISITS = frozenset({Event.OPEN, Event.FILE, Event.REFUSAL, Event.ASK})
MOST_TITLES = 20


@dataclass(slots=True)
class Look:
    """One line of *Who looked*, or several that are one visit. ``kind``: own, visit or other."""

    kind: str
    lines: list[LogLine]
    consent: Consent | None = None

    @property
    def head(self) -> LogLine:
        """The line that says most: the open of a visit, else the newest."""
        opened = [line for line in self.lines if line.event == Event.OPEN and not line.reason]
        return opened[-1] if opened else self.lines[0]

    @property
    def latest(self) -> datetime:
        return self.lines[0].at

    @property
    def stated(self) -> str:
        """The name that somebody typed; empty if nobody did."""
        return next((name for line in self.lines if (name := stated_by(line))), "")

    @property
    def program(self) -> str:
        """Which of the citizen's own programs it was."""
        return program_of(self.head)

    @property
    def refused(self) -> bool:
        return self.head.outcome == Outcome.REFUSED

    @property
    def files(self) -> int:
        return sum(line.event == Event.FILE and line.outcome == Outcome.DONE for line in self.lines)

    @property
    def times(self) -> int:
        """How many tries a refused line stands for."""
        return sum(max(1, line.count) for line in self.lines) if self.refused else 1

    @property
    def saw(self) -> list[tuple[str, int]]:
        """What an open could see: each title, and how many records have it."""
        if self.consent is None or self.refused or self.head.event not in {Event.OPEN, Event.FILE}:
            return []
        return list(Counter(self.consent.titles).items())

    @property
    def proven(self) -> str:
        """Whom an identity provider said it was, where the share asked for that."""
        return next((who for line in self.lines if (who := str((line.accountability or {}).get("proven", "")))), "")

    @property
    def agains(self) -> int:
        return sum(line.event == Event.OPEN and line.reason == "again" for line in self.lines)

    @property
    def can_freeze(self) -> bool:
        return self.head.event in VISITS and self.consent is not None and self.consent.can_freeze


def gathered(lines: Iterable[LogLine]) -> list[Look]:
    """Newest first. One is all of one opening of a link; in a row, a citizen's own looks, and tries refused alike."""
    looks: list[Look] = []
    visits: dict[tuple[bytes, str], Look] = {}
    for line in lines:
        opening = (line.accountability or {}).get("opening", "")
        if line.grant_id and opening:
            look = visits.get((line.grant_id, opening))
            if look is None:
                look = visits[line.grant_id, opening] = Look("visit", [])
                looks.append(look)
            look.lines.append(line)
        elif looks and _is_same_try(looks[-1].lines[-1], line):
            looks[-1].lines.append(line)
        elif is_own_look(line):
            if not looks or (looks[-1].kind, looks[-1].program) != ("own", program_of(line)):
                looks.append(Look("own", []))
            looks[-1].lines.append(line)
        else:
            looks.append(Look("visit" if line.event in VISITS else "other", [line]))
    return looks


def _is_same_try(newer: LogLine, line: LogLine) -> bool:
    """Whether both were refused for one reason at one link to somebody who states one name."""
    both = (newer, line)
    if line.grant_id is None or any(each.outcome != Outcome.REFUSED for each in both):
        return False
    first, second = ((each.grant_id, each.event, each.reason, stated_by(each)) for each in both)
    return first == second


def is_own_look(line: LogLine) -> bool:
    return line.role == Role.CITIZEN and line.event == Event.VIEW and line.outcome == Outcome.DONE


def program_of(line: LogLine) -> str:
    """The citizen's own program that did it; empty for what they did themselves."""
    return str((line.accountability or {}).get("program", ""))


def stated_by(line: LogLine) -> str:
    """The name that somebody typed at a link."""
    return str((line.accountability or {}).get("recipient", "")) if line.role == Role.RECIPIENT else ""


def with_consents(house: Services, session: Session, looks: Sequence[Look]) -> Sequence[Look]:
    """The same, each with the share it belongs to."""
    consents = consents_of(house, session, (line.grant_id for look in looks for line in look.lines))
    for look in looks:
        if look.head.grant_id:
            look.consent = consents.get(look.head.grant_id)
    return looks


@dataclass(frozen=True, slots=True)
class Told:
    """A notice with what its sentence is made of. ``stated``: the name that somebody typed; empty if unknown."""

    notice: Notice
    consent: Consent | None
    stated: str

    @property
    def can_freeze(self) -> bool:
        return self.notice.kind != "asks" and self.consent is not None and self.consent.can_freeze

    @property
    def can_share_again(self) -> bool:
        return self.notice.kind == "asks" and self.consent is not None


def told(house: Services, session: Session, notices: Sequence[Notice]) -> list[Told]:
    """Notices as they are shown."""
    consents = consents_of(house, session, (each.grant_id for each in notices))
    entries = [each.entry_id for each in notices if each.entry_id]
    lines = house.citizen_log(session).find(entries) if entries else {}

    def one(notice: Notice) -> Told:
        line = lines.get(notice.entry_id) if notice.entry_id else None
        consent = consents.get(notice.grant_id) if notice.grant_id else None
        return Told(notice, consent, stated_by(line) if line else "")

    return [one(each) for each in notices]


def consents_of(house: Services, session: Session, ids: Iterable[GrantId | None]) -> dict[GrantId, Consent]:
    return read_consents(house.database, session.keyring, house.clock, (each for each in ids if each))
