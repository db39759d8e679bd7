"""The wordings of the statement, one a version, none ever changed: new words are a new version beside the old ones.

They are no texts of the catalogue: what was agreed to must read the same for as long as a receipt is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CURRENT = "2"
LOCALE = "en-GB"


@dataclass(frozen=True, slots=True)
class Wording:
    """One version's sentences by name, with ``{places}`` for what the terms say."""

    version: str
    locale: str
    sentences: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """64 hex characters over version, locale and every sentence."""
        parts = [self.version, self.locale, dict(self.sentences)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def wording(version: str) -> Wording:
    """The wording of that version, however old. KeyError for one that never was."""
    return WORDINGS[version]


_VERSION_1 = {
    "see": "I let {name} see {records} from my vault, exactly as listed.",
    "chosen": "Chosen: {what}.",
    "nothing": "nothing",
    "left-out": "Left out: {what}.",
    "all-analyte": "all results of {names}",
    "all-category": "all records of the category {names}",
    "all-kind": "all records of the kind {names}",
    "picked": "{records} picked one by one",
    "record": "1 record",
    "records": "{count} records",
    "and": " and ",
    "window": "Only what was taken{window}.",
    "from": " from {start} on",
    "between": " and",
    "before": " before {end}",
    "why": "Why: {purpose}.",
    "purpose-treatment": "my care",
    "purpose-second-opinion": "a second opinion",
    "purpose-family": "to keep my family informed",
    "purpose-support": "support with something I asked for",
    "may": "They may {actions}.",
    "action-view": "look at them",
    "action-print": "print and copy them",
    "action-download": "download them",
    "door-passcode": "Anyone who has the link and the passcode can open it",
    "door-open": "Anyone who has the link can open it, without a passcode",
    "no-limit": "{who}, as often as they need until the end.",
    "limit": "{who}, {often} in all.",
    "once": "once",
    "times": "{count} times",
    "ends": (
        "It ends on {end}. I can stop it sooner at any time; what was seen or kept before then can't be taken back, "
        "and nobody can stop a photo of a screen."
    ),
    "copy": "They get a copy as the records are now. A record I delete later stays in that copy until I stop sharing.",
    "log": "Every opening is written into my access log.",
}

_VERSION_2 = _VERSION_1 | {
    "door-sign-in": "Only somebody who signs in at {where} as {email} can open it",
    "door-sign-in-passcode": "Only somebody who signs in at {where} as {email} and has the passcode can open it",
}

WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        version: Wording(version, LOCALE, MappingProxyType(sentences))
        for version, sentences in (("1", _VERSION_1), ("2", _VERSION_2))
    }
)
