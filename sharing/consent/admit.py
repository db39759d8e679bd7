"""``admit``: may this request see what was sealed? Pure; it knows ids, times, counters and proofs, no health fact.

It runs at every opening, while the citizen is away. One opening uses one grant. What it permits is counted by
one conditional update whose conditions are the same; when the two disagree, the database wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LIFETIME_TRIES = 10


class Denial(StrEnum):
    """Why an opening was refused: the reason in the log. Outside, all but the passcode ones look the same."""

    UNKNOWN_LINK = "unknown-link"
    WITHDRAWN = "withdrawn"
    NOT_STARTED = "not-started"
    EXPIRED = "expired"
    FROZEN = "frozen"
    LOCKED = "locked"
    USED_UP = "used-up"
    SIGN_IN_MISSING = "sign-in-missing"
    SIGN_IN_WRONG = "sign-in-wrong"
    PASSCODE_MISSING = "passcode-missing"
    PASSCODE_WRONG = "passcode-wrong"
    UNKNOWN_FILE = "unknown-file"
    NOT_ALLOWED = "not-allowed"


@dataclass(frozen=True, slots=True)
class LinkState:
    """One grant version as stored in the clear. ``[starts_at, ends_at)``; ``max_opens`` None: no limit.

    ``frozen_at``: the citizen didn't recognise a visitor; nobody is let in until they say that it was fine.
    """

    starts_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None
    has_keys: bool
    needs_passcode: bool
    tries: int
    opens: int
    max_opens: int | None
    actions: frozenset[str]
    frozen_at: datetime | None = None
    needs_sign_in: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """What the request has shown.

    ``has_token``: a viewing token or file ticket, made for an open that was counted.
    ``is_counted``: the same stated recipient was counted minutes ago; a claim, so it stands for no passcode.
    ``signed_in``: somebody signed in for this link; ``is_reader``: the one it is for.
    """

    passcode_given: bool = False
    passcode_right: bool = False
    has_token: bool = False
    is_counted: bool = False
    signed_in: bool = False
    is_reader: bool = False


@dataclass(frozen=True, slots=True)
class Admitted:
    """``counts``: this is a new open and must be counted before anything leaves."""

    counts: bool


@dataclass(frozen=True, slots=True)
class Denied:
    reason: Denial


Admission = Admitted | Denied


def admit(state: LinkState, proof: Proof, action: str, now: datetime) -> Admission:
    """Admitted, or the first reason against. A token stands for a passcode that was right once."""
    denial = shut_by(state, now)
    if denial is None and action not in state.actions:
        denial = Denial.NOT_ALLOWED
    if denial is None and not proof.has_token:
        denial = _shortfall(state, proof)
    if denial is not None:
        return Denied(denial)
    return Admitted(counts=not (proof.has_token or proof.is_counted))


def shut_by(state: LinkState, now: datetime) -> Denial | None:
    """Why nobody at all may open this link at ``now``; None while it is open to somebody."""
    ended = end_of(state, now)
    return ended if ended is not None or state.frozen_at is None else Denial.FROZEN


def end_of(state: LinkState, now: datetime) -> Denial | None:
    """Why this link will never open again; None while it lives, frozen or not."""
    if state.withdrawn_at is not None:
        return Denial.WITHDRAWN
    if now >= state.ends_at:
        return Denial.EXPIRED
    if now < state.starts_at:
        return Denial.NOT_STARTED
    return None if state.has_keys else Denial.USED_UP  # Keys of a living link go only once its last open is over.


def is_used_up(state: LinkState) -> bool:
    return state.max_opens is not None and state.opens >= state.max_opens


def is_locked(state: LinkState) -> bool:
    """Whether its lifetime of passcode tries is spent. Opens already counted go on; no new passcode is heard."""
    return state.needs_passcode and state.tries >= LIFETIME_TRIES


def remaining_tries(state: LinkState) -> int:
    return max(0, LIFETIME_TRIES - state.tries)


def _shortfall(state: LinkState, proof: Proof) -> Denial | None:
    """What a request without token lacks. Used up comes first, or the answer would tell right passcodes from wrong."""
    if is_used_up(state) and not proof.is_counted:
        return Denial.USED_UP
    if state.needs_sign_in and not proof.is_reader:
        return Denial.SIGN_IN_WRONG if proof.signed_in else Denial.SIGN_IN_MISSING
    if proof.passcode_right or not state.needs_passcode:
        return None
    if is_locked(state):
        return Denial.LOCKED
    return Denial.PASSCODE_WRONG if proof.passcode_given else Denial.PASSCODE_MISSING
