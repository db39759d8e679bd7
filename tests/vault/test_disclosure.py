"""What leaves is exactly what was permitted, sealed twice, and opens with the link's key alone."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.conftest import FixedClock
from tests.vault.records.vaults import FHIR, Vault, bundle, found_vault, observation
from vault.crypto.jwe import open_jwe
from vault.crypto.secret import LinkKey
from vault.database import Database
from vault.disclosure import Candidate, LinkContent, RecordChanged, SealedLink, open_served, unwrap_serving_key
from vault.errors import Tampered
from vault.ids import GrantId, make_id
from vault.keys.file_provider import FileKeyProvider
from vault.keys.provider import KeysUnavailable


@pytest.fixture
def vault(database: Database, provider: FileKeyProvider, clock: FixedClock) -> Vault:
    return found_vault(database, provider, clock)


def content(vault: Vault) -> LinkContent:
    return LinkContent(GrantId(make_id()), "treatment", ("view",), vault.clock.now())


def opened(vault: Vault, stated: LinkContent, sealed: SealedLink) -> list[dict[str, object]]:
    vault_id = vault.founded.vault_id
    serving_key = unwrap_serving_key(vault.provider, vault_id, stated.grant_id, sealed.wrapped_serving_key)
    files = []
    for file in sealed.files:
        jwe = open_served(serving_key, vault_id, stated.grant_id, file.file_id, file.sealed)
        assert len(jwe) == file.size
        data, content_type = open_jwe(sealed.link_key, jwe)
        assert content_type == file.content_type == "application/fhir+json"
        files.append(json.loads(data))
    return files


def chosen(candidates: tuple[Candidate, ...], analyte: str) -> list[tuple[object, int]]:
    return [(c.record_id, c.version) for c in candidates if analyte in c.facts.analytes]


def test_candidates_are_the_live_records_newest_first(vault: Vault) -> None:
    vault.records.add_file(
        bundle(observation(1, taken="2024-01-01"), observation(2, "0.9", "2025-01-01")), "a.json", FHIR
    )
    candidates = vault.disclosure().candidates()
    assert [candidate.taken for candidate in candidates] == ["2025-01-01", "2024-01-01"]
    assert all("magnesium" in candidate.facts.analytes for candidate in candidates)
    vault.records.delete(candidates[0].record_id)
    assert vault.disclosure().candidates() == candidates[1:]


def test_the_bundle_holds_exactly_the_permitted_records_as_received(vault: Vault) -> None:
    resources = [observation(1, "0.80"), observation(2, "5.1", code="2823-3", unit="mmol/L", text="Potassium")]
    vault.records.add_file(bundle(*resources), "a.json", FHIR)
    stated = content(vault)
    disclosure = vault.disclosure()
    sealed = disclosure.seal_for_link(chosen(disclosure.candidates(), "magnesium"), stated)  # type: ignore[arg-type]
    (document,) = opened(vault, stated, sealed)
    types = [entry["resource"]["resourceType"] for entry in document["entry"]]  # type: ignore[attr-defined, index]
    assert types == ["Composition", "Patient", "Observation"]
    assert "5.1" not in json.dumps(document)
    assert document["entry"][1]["resource"]["birthDate"] == "1980-02-29"  # type: ignore[index]


def test_a_document_travels_in_a_file_of_its_own(vault: Vault) -> None:
    data = b"%PDF-1.7\n" + bytes(range(256)) * 40
    vault.records.add_file(data, "scan.pdf", "application/pdf")
    (candidate,) = vault.disclosure().candidates()
    stated = content(vault)
    sealed = vault.disclosure().seal_for_link([(candidate.record_id, 1)], stated)
    _, document = opened(vault, stated, sealed)
    attachment = document["content"][0]["attachment"]  # type: ignore[index]
    assert base64.b64decode(attachment["data"]) == data
    assert attachment["contentType"] == "application/pdf"


def test_a_record_that_changed_or_went_is_not_sealed(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1)), "a.json", FHIR)
    (candidate,) = vault.disclosure().candidates()
    for record_id, version in [(candidate.record_id, 2), (make_id(), 1)]:
        with pytest.raises(RecordChanged):
            vault.disclosure().seal_for_link([(record_id, version)], content(vault))  # type: ignore[list-item]
    vault.records.delete(candidate.record_id)
    with pytest.raises(RecordChanged):
        vault.disclosure().seal_for_link([(candidate.record_id, 1)], content(vault))


def test_a_serving_key_opens_only_its_own_link_s_files(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1)), "a.json", FHIR)
    (candidate,) = vault.disclosure().candidates()
    stated, vault_id = content(vault), vault.founded.vault_id
    sealed = vault.disclosure().seal_for_link([(candidate.record_id, 1)], stated)
    with pytest.raises(Tampered):
        unwrap_serving_key(vault.provider, vault_id, GrantId(make_id()), sealed.wrapped_serving_key)
    serving_key = unwrap_serving_key(vault.provider, vault_id, stated.grant_id, sealed.wrapped_serving_key)
    file = sealed.files[0]
    with pytest.raises(Tampered):
        open_served(serving_key, vault_id, GrantId(make_id()), file.file_id, file.sealed)
    jwe = open_served(serving_key, vault_id, stated.grant_id, file.file_id, file.sealed)
    with pytest.raises(Tampered):
        open_jwe(LinkKey.make(), jwe)


def test_a_serving_key_without_the_key_provider_opens_nothing(vault: Vault, tmp_path: Path) -> None:
    vault.records.add_file(bundle(observation(1)), "a.json", FHIR)
    (candidate,) = vault.disclosure().candidates()
    stated = content(vault)
    sealed = vault.disclosure().seal_for_link([(candidate.record_id, 1)], stated)
    thief = FileKeyProvider(tmp_path / "keys of somebody else")
    with pytest.raises((Tampered, KeysUnavailable)):
        unwrap_serving_key(thief, vault.founded.vault_id, stated.grant_id, sealed.wrapped_serving_key)


def test_sizes_of_small_links_look_alike(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1), observation(2, "0.9")), "a.json", FHIR)
    first, second = vault.disclosure().candidates()
    one = vault.disclosure().seal_for_link([(first.record_id, 1)], content(vault))
    other = vault.disclosure().seal_for_link([(second.record_id, 1)], content(vault))
    assert one.files[0].size == other.files[0].size
