"""Words of the pages for codes of the rooms. A code without a word is shown as it is, never dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"(<=|>=|<|>)?\s*(-?\d+(?:\.\d+)?)", re.ASCII)

FLAGS = {"low": "below the lab\u2019s range", "high": "above the lab\u2019s range"}
KINDS = {
    "observation": "Result",
    "document": "Document",
    "condition": "Condition",
    "medication": "Medicine",
    "immunization": "Vaccination",
    "other": "Other record",
}
KINDS_MANY = {
    "observation": "Results",
    "document": "Documents",
    "condition": "Conditions",
    "medication": "Medicines",
    "immunization": "Vaccinations",
    "other": "Other records",
}
PURPOSES = {
    "treatment": ("My care", "A doctor, nurse or therapist who treats me"),
    "second-opinion": ("A second opinion", "Another professional looks at it once more"),
    "family": ("Family", "So that my family knows"),
    "support": ("Support", "Someone helps me with something I asked for"),
}
STATES = {
    "active": "Active",
    "withdrawn": "Stopped by you",
    "expired": "Ended",
    "used-up": "Opened as often as you allowed",
    "locked": "Locked after too many wrong passcodes",
}
EVENTS = {
    "sign-in": "Signed in",
    "import": "Added records",
    "view": "Looked at records",
    "grant": "Shared records",
    "refusal": "Was refused",
    "open": "Opened a link",
    "file": "Fetched a file of a link",
    "withdraw": "Stopped a share",
    "export": "Took a copy out",
    "admin-look": "Looked at the access log",
    "delete": "Moved a record to the bin",
    "restore": "Brought a record back",
}
TRIED = {
    "sign-in": "Tried to sign in",
    "refusal": "Tried something that is not allowed",
    "open": "Tried to open a link",
    "file": "Tried to fetch a file of a link",
}
COUNTED = {"refusal": "time", "open": "file", "file": "file", "admin-look": "line"}
ROLES = {
    "citizen": "You",
    "anyone": "Someone",
    "server": "The vault itself",
    "recipient": "Someone with your link",
    "admin": "An administrator",
}
REASONS = {
    "passphrase": "With the passphrase",
    "recovery-code": "With the recovery code",
    "wrong-credentials": "Wrong passphrase or code",
    "wrong-role": "The page is for another kind of account",
    "account-created": "Your vault was made",
    "bin-emptied": "In the bin for more than 30 days",
    "new-recovery-code": "A new recovery code was made",
    "re-armed": "Ten more tries for the passcode",
    "again": "The same opening, seen again",
    "passcode-wrong": "Wrong passcode",
    "passcode-missing": "No passcode given",
    "unknown-file": "A file that is not theirs",
    "not-started": "The share had not begun",
    "withdrawn": "You had stopped the share",
    "expired": "The share had ended",
    "used-up": "It was opened as often as you allowed",
    "locked": "Locked after too many wrong passcodes",
}
HELD_BACK = {
    "not-sorted": "we can't tell for sure what kind of test it is",
    "sensitive": "it may be sensitive",
    "excluded": "you left it out",
    "may-be-excluded": "it may hold what you left out",
    "no-date": "it has no date, and you chose days",
    "outside-dates": "it was not taken in the days you chose",
    "across-dates": "it lies only partly in the days you chose",
    "entered-in-error": "the lab marked it as a mistake",
    "unknown": "we can't tell what it is",
}


def event_words(event: str, is_refused: bool, is_of_link: bool) -> str:
    """What somebody did, or tried to do: a refusal at a link is a try to open it."""
    if is_refused and event in TRIED:
        return TRIED["open" if is_of_link and event == "refusal" else event]
    return word(EVENTS, event)


def word(table: Mapping[str, str], code: str) -> str:
    return table.get(code, code.replace("-", " "))


def number_of(value: str) -> str:
    """The figure in ``0.80`` or ``<0.5``; an empty text where there is none."""
    found = _NUMBER.fullmatch(value)
    return found[2] if found else ""


def bound_of(value: str) -> str:
    """``<``, ``<=``, ``>`` or ``>=`` before a figure, else an empty text."""
    found = _NUMBER.fullmatch(value)
    return (found[1] or "") if found else ""


def lacks_value(value: str) -> bool:
    """Whether a result only says that there is none: ``no value``, ``no value: Not Performed``."""
    return value == "no value" or value.startswith("no value:")


def range_words(low: str, high: str, text: str) -> str:
    """The lab's own range: ``0.70 to 1.00``, ``up to 1.00``, ``0.70 or more``, or its own words."""
    if low and high:
        return f"{low} to {high}"
    if high:
        return f"up to {high}"
    return f"{low} or more" if low else text


def source_words(source: str) -> str:
    return "typed by you" if source == "typed" else "from a file you added"


def size_words(size_bytes: int) -> str:
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    return f"{size_bytes / 1000:,.0f} kB" if size_bytes < 1_000_000 else f"{size_bytes / 1_000_000:,.1f} MB"
