"""What of an observation leaves by a link: what its codes say it is, and nothing beside.

A consent for a test covers its value, unit, range and date and who measured. Notes, narratives, extensions, identifiers
of other systems and contained resources can say anything, and nobody sorted them: they stay in the vault. What travels
keeps the words and digits it was received with; its subject becomes the patient of the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final

from vault.health.formats.fhir_resource import lab_of
from vault.health.strict_json import literal_of, read_json

SOURCE_SYSTEM: Final = "urn:health-data-vault:source"
_VALUES = ("Quantity", "CodeableConcept", "String", "Boolean", "Integer", "Range", "Ratio", "SampledData", "Time")
# A modifier extension changes what the rest means, so it can't be left out; such a record leaves only when it is named.
MEMBERS: Final = (
    *("resourceType", "status", "modifierExtension", "category", "code"),
    *("effectiveDateTime", "effectivePeriod", "effectiveTiming", "effectiveInstant", "issued"),
    *(f"value{kind}" for kind in (*_VALUES, "DateTime", "Period")),
    *("dataAbsentReason", "interpretation", "bodySite", "method", "referenceRange", "component"),
)
_INNER_DROPPED = frozenset({"extension", "id", "identifier", "note", "contained"})
# No accepted text holds a lone surrogate, so the mark of a number is unmistakable.
_MARK = "\ud800"
_MARKED = re.compile(f'"{_MARK}([^"]*)"')


def source_tag(source: str) -> dict[str, str]:
    """How a record came into the vault: ``lab``, ``file``, ``document`` or ``typed``."""
    return {"system": SOURCE_SYSTEM, "code": source}


def project_observation(
    body: bytes, patient_url: str, source: str = "", documents: Collection[str] = frozenset()
) -> bytes:
    """The Observation to send, as compact JSON, from the stored bytes of one.

    ``source`` is what the vault itself knows; what a file says of its own source stays behind. ``documents`` are the
    addresses of the documents that travel along: a result read from one of them says so.
    """
    received: dict[str, Any] = read_json(body)
    sent = {key: _without_asides(received[key]) for key in MEMBERS if received.get(key) is not None}
    sent["subject"] = {"reference": patient_url}
    if performers := _performers(received):
        sent["performer"] = performers
    if source:
        sent["meta"] = {"tag": [source_tag(source)]}
    if read_from := [each for each in _documents_of(received) if each in documents]:
        sent["derivedFrom"] = [{"reference": each} for each in read_from]
    marked = json.dumps(sent, ensure_ascii=False, separators=(",", ":"), default=_mark)
    return _MARKED.sub(r"\1", marked).encode()


def _without_asides(value: Any) -> Any:
    if isinstance(value, dict):
        kept = (key for key in value if key not in _INNER_DROPPED and not key.startswith("_"))
        return {key: _without_asides(value[key]) for key in kept}
    return [_without_asides(item) for item in value] if isinstance(value, list) else value


def _performers(received: dict[str, Any]) -> list[dict[str, str]]:
    """Their names only: a reference would lead nowhere, or tell where else the patient is known."""
    stated = received.get("performer")
    each = stated if isinstance(stated, list) else [stated]
    names = [one["display"] for one in each if isinstance(one, dict) and isinstance(one.get("display"), str)]
    found = names or [lab_of(received)]
    return [{"display": name} for name in found if name]


def _documents_of(received: dict[str, Any]) -> list[str]:
    stated = received.get("derivedFrom")
    each = stated if isinstance(stated, list) else []
    return [one["reference"] for one in each if isinstance(one, dict) and isinstance(one.get("reference"), str)]


def _mark(number: Any) -> str:
    if isinstance(number, Decimal):
        return _MARK + literal_of(number)
    raise TypeError
