"""What travels by a link is a FHIR document: Composition first, observations without asides, the rest byte for byte."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from vault.health.composition import ACTION_URL, Enclosed, Included, document_bundle, document_file
from vault.health.observation import Person

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Person(("Ada <b>Example</b>",), "1980-02-29")
MAGNESIUM = Included(
    b"\x01" * 16,
    "observation",
    frozenset({"laboratory"}),
    b'{ "resourceType":"Observation","valueQuantity":{"value":0.80,"unit":"mmol/L"}}',
)
PRESSURE = Included(b"\x02" * 16, "observation", frozenset({"vital-signs"}), b'{"resourceType":"Observation"}')


def made(*included: Included, actions: tuple[str, ...] = ("print", "view")) -> bytes:
    return document_bundle(ADA, included, actions, WHEN, bundle_id=b"\x09" * 16, expires_at=WHEN, purpose="treatment")


def test_the_bundle_opens_with_composition_and_patient_and_keeps_the_digits_received() -> None:
    data = made(MAGNESIUM, PRESSURE)
    bundle = json.loads(data)
    assert bundle["type"] == "document"
    assert bundle["timestamp"] == "2026-03-01T12:00:00.000Z"
    types = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert types == ["Composition", "Patient", "Observation", "Observation"]
    assert bundle["entry"][1]["resource"]["birthDate"] == "1980-02-29"
    assert b'"value":0.80' in data


def test_the_composition_states_the_permitted_actions() -> None:
    composition = json.loads(made(MAGNESIUM))["entry"][0]["resource"]
    assert [each["valueCode"] for each in composition["extension"] if each["url"] == ACTION_URL] == ["view", "print"]
    assert "look at it and print and copy it" in composition["text"]["div"]


def test_every_reference_leads_to_an_entry_and_unshared_sections_say_so() -> None:
    bundle = json.loads(made(MAGNESIUM, PRESSURE))
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    sections = bundle["entry"][0]["resource"]["section"]
    references = {entry["reference"] for section in sections for entry in section.get("entry", ())}
    assert references <= urls
    assert len(references) == 2
    assert all(section.get("entry") or "doesn't mean" in section["emptyReason"]["text"] for section in sections)
    assert bundle["entry"][0]["resource"]["subject"]["reference"] in urls


def test_names_are_escaped_in_narratives_and_the_same_input_gives_the_same_bytes() -> None:
    assert made(MAGNESIUM) == made(MAGNESIUM)
    composition = json.loads(made(MAGNESIUM))["entry"][0]["resource"]
    assert "<b>" not in composition["text"]["div"]


def test_a_document_travels_inline_with_its_bytes() -> None:
    enclosed = Enclosed(
        bytes(range(16)), "Letter", "application/pdf", "letter.pdf", (b"one", b"two"), 3, b"%PDF\x00\xff"
    )
    resource = json.loads(document_file(enclosed))
    first, second, file = (each["attachment"] for each in resource["content"])
    assert (first["title"], second["title"]) == ("Page 1 of 3", "Page 2 of 3")
    assert base64.b64decode(second["data"]) == b"two"
    assert base64.b64decode(file["data"]) == b"%PDF\x00\xff"
    assert (file["contentType"], file["title"], file["size"]) == ("application/pdf", "letter.pdf", 6)
    assert resource["description"] == "Letter"
    assert resource["masterIdentifier"]["value"] == "urn:uuid:" + resource["id"]
    assert resource["meta"]["tag"][0]["code"] == "file"


def test_a_document_that_may_not_be_saved_travels_without_its_bytes() -> None:
    resource = json.loads(document_file(Enclosed(bytes(16), "Letter", "application/zip", "a.zip", note="Not shown.")))
    assert resource["content"] == [{"attachment": {"contentType": "application/zip", "title": "a.zip"}}]
    assert resource["description"] == "Not shown."
