"""What travels by a link: an IPS-shaped FHIR R4 document Bundle, and single documents.

The Composition stands first, names the account as patient and states the permitted actions; then the Patient; then
every observation with what its codes say and nothing beside, and every other resource byte for byte. Sections that IPS
asks for and that weren't shared say so, without claiming that there is nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1
from html import escape
from typing import Any
from uuid import UUID, uuid5

from vault.health.catalogue import LOINC
from vault.health.observation import Person
from vault.health.projection import project_observation, source_tag

ACTION_URL = "urn:health-data-vault:permitted-action"
EXPIRY_URL = "urn:health-data-vault:shared-until"
PURPOSE_URL = "urn:health-data-vault:purpose"
CAUTION = "Chosen by the patient. May not be complete. Not seeing something here doesn't mean it isn't so."
NOT_SHARED = "Not part of what the patient chose to share. This doesn't mean there is none."
ACTION_WORDS = {"view": "look at it", "print": "print and copy it", "download": "download it"}


@dataclass(frozen=True, slots=True)
class Included:
    """One permitted resource: its record id (16 bytes), kind and categories, its own bytes, and where it comes from.

    ``source``: ``lab``, ``file``, ``document`` or ``typed``; empty where that isn't said.
    """

    record_id: bytes
    kind: str
    categories: frozenset[str]
    body: bytes
    source: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    code: str
    required: bool = False


RESULTS = Section("Test results", "30954-2")
VITAL_SIGNS = Section("Vital signs", "8716-3")
CONDITIONS = Section("Problems and conditions", "11450-4", required=True)
ALLERGIES = Section("Allergies and intolerances", "48765-2", required=True)
MEDICINES = Section("Medicines", "10160-0", required=True)
IMMUNIZATIONS = Section("Vaccinations", "11369-6")
OTHERS = Section("Other records", "")
_SECTIONS = (RESULTS, VITAL_SIGNS, CONDITIONS, ALLERGIES, MEDICINES, IMMUNIZATIONS, OTHERS)
_BY_KIND = {"condition": CONDITIONS, "medication": MEDICINES, "immunization": IMMUNIZATIONS}


def document_bundle(
    patient: Person,
    resources: Sequence[Included],
    actions: Iterable[str],
    created: datetime,
    *,
    bundle_id: bytes,
    expires_at: datetime | None = None,
    purpose: str = "",
    documents: Collection[bytes] = (),
) -> bytes:
    """The document as UTF-8 JSON; the same input gives the same bytes. ``bundle_id`` is 16 bytes of its own.

    ``documents`` are the record ids of documents that travel in files beside it.
    """
    identifier = UUID(bytes=bundle_id)
    patient_url = f"urn:uuid:{uuid5(identifier, 'patient')}"
    permitted = set(actions)
    stated = [action for action in ACTION_WORDS if action in permitted]
    beside = frozenset(address_of(record_id) for record_id in documents)
    composition = _composition(patient, resources, stated, patient_url)
    composition["date"] = _instant(created)
    composition["extension"] += _terms(expires_at, purpose)
    entries = [
        _entry(f"urn:uuid:{uuid5(identifier, 'composition')}", _json(composition)),
        _entry(patient_url, _json(_patient(patient))),
        *(_entry(_url(one), _sent(one, patient_url, beside)) for one in resources),
    ]
    head = {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identifier}"},
        "type": "document",
        "timestamp": _instant(created),
    }
    return _json(head)[:-1] + b',"entry":[' + b",".join(entries) + b"]}"


@dataclass(frozen=True, slots=True, repr=False)
class Enclosed:
    """One document on its way out. ``pages`` are bare JPEGs, ``total`` how many pages it has.

    ``original`` is None where the file itself stays behind; ``note`` is what a reader should know, in plain words.
    """

    record_id: bytes
    title: str
    content_type: str
    filename: str
    pages: Sequence[bytes] = ()
    total: int = 0
    original: bytes | None = None
    note: str = ""


def document_file(enclosed: Enclosed) -> bytes:
    """One document as a FHIR DocumentReference: its pages, and last the file itself, with data where it may be saved.

    Each ``hash`` is SHA-1 as FHIR R4 says, and proves nothing.
    """
    address = address_of(enclosed.record_id)
    pages = [
        _attachment("image/jpeg", f"Page {number} of {enclosed.total}", page)
        for number, page in enumerate(enclosed.pages, 1)
    ]
    file = _attachment(enclosed.content_type, enclosed.filename or enclosed.title, enclosed.original)
    return _json(
        {
            "resourceType": "DocumentReference",
            "id": address.removeprefix("urn:uuid:"),
            "meta": {"tag": [source_tag("file")]},
            "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": address},
            "status": "current",
            "description": enclosed.note or enclosed.title,
            "content": [{"attachment": each} for each in [*pages, file]],
        }
    )


def _attachment(content_type: str, title: str, data: bytes | None) -> dict[str, Any]:
    stated: dict[str, Any] = {"contentType": content_type, "title": title}
    if data is None:
        return stated
    sha = base64.b64encode(sha1(data, usedforsecurity=False).digest()).decode("ascii")
    return stated | {"data": base64.b64encode(data).decode("ascii"), "size": len(data), "hash": sha}


def _composition(
    patient: Person, resources: Sequence[Included], actions: Sequence[str], patient_url: str
) -> dict[str, Any]:
    allowed = " and ".join(ACTION_WORDS[action] for action in actions)
    return {
        "resourceType": "Composition",
        "extension": [{"url": ACTION_URL, "valueCode": action} for action in actions],
        "text": _narrative(f"{CAUTION} You may {allowed}." if allowed else CAUTION),
        "status": "final",
        "type": {"coding": [{"system": LOINC, "code": "60591-5", "display": "Patient summary Document"}]},
        "subject": {"reference": patient_url},
        "author": [{"reference": patient_url, "display": "Shared by the patient"}],
        "title": "Records shared by " + (patient.names[0] if patient.names else "the patient"),
        "section": _sections(resources),
    }


def _sections(resources: Sequence[Included]) -> list[dict[str, Any]]:
    members: dict[Section, list[dict[str, str]]] = {section: [] for section in _SECTIONS}
    for one in resources:
        members[_section_of(one)].append({"reference": _url(one)})
    return [_section(section, found) for section, found in members.items() if found or section.required]


def _section(section: Section, members: list[dict[str, str]]) -> dict[str, Any]:
    made: dict[str, Any] = {"title": section.title}
    if section.code:
        made["code"] = {"coding": [{"system": LOINC, "code": section.code}]}
    if members:
        return made | {"text": _narrative(section.title), "entry": members}
    system = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
    empty = {"coding": [{"system": system, "code": "unavailable"}], "text": NOT_SHARED}
    return made | {"text": _narrative(NOT_SHARED), "emptyReason": empty}


def empty_section(title: str) -> dict[str, Any] | None:
    """A section of this title that holds nothing; None if it may then be left out."""
    section = next(each for each in _SECTIONS if each.title == title)
    return _section(section, []) if section.required else None


def _section_of(one: Included) -> Section:
    if one.kind == "observation":
        return VITAL_SIGNS if "vital-signs" in one.categories else RESULTS
    if one.kind == "other" and b'"AllergyIntolerance"' in one.body:
        return ALLERGIES
    return _BY_KIND.get(one.kind, OTHERS)


def _patient(patient: Person) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": "Patient", "name": [{"text": name} for name in patient.names]}
    if not patient.names:
        del resource["name"]
    return resource | ({"birthDate": patient.birth_date} if patient.birth_date else {})


def _terms(expires_at: datetime | None, purpose: str) -> list[dict[str, str]]:
    until = [{"url": EXPIRY_URL, "valueInstant": _instant(expires_at)}] if expires_at else []
    return until + ([{"url": PURPOSE_URL, "valueCode": purpose}] if purpose else [])


def _narrative(text: str) -> dict[str, str]:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(text)}</p></div>'}


def _sent(one: Included, patient_url: str, beside: Collection[str]) -> bytes:
    if one.kind != "observation":
        return one.body
    return project_observation(one.body, patient_url, one.source, beside)


def address_of(record_id: bytes) -> str:
    """How resources of a link name a record."""
    return f"urn:uuid:{UUID(bytes=record_id)}"


def _url(one: Included) -> str:
    return address_of(one.record_id)


def _entry(url: str, body: bytes) -> bytes:
    return b'{"fullUrl":"' + url.encode("ascii") + b'","resource":' + body + b"}"


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
