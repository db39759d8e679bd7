"""What leaves is exactly what was permitted, sealed twice, and opens with the link's key alone."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FixedClock
from tests.key_stores import make_provider
from tests.vault.documents.locked import locked_pdf
from tests.vault.documents.papers import SECRET_PLACE, exif, pdf, photo
from tests.vault.documents.papers import opened as opened_picture
from tests.vault.records.vaults import FHIR, Vault, bundle, found_vault, observation
from vault import disclosure
from vault.crypto.jwe import open_jwe
from vault.crypto.secret import LinkKey
from vault.database import Database
from vault.disclosure import Candidate, LinkContent, RecordChanged, SealedLink, open_served, unwrap_serving_key
from vault.documents import rendering
from vault.documents.jpeg import is_bare_jpeg
from vault.errors import Tampered
from vault.health.typed import TypedResult
from vault.ids import GrantId, make_id, text_of
from vault.keys.provider import KeysUnavailable
from vault.server_keys.holder import ServerKeys


@pytest.fixture
def vault(database: Database, provider: ServerKeys, clock: FixedClock) -> Vault:
    return found_vault(database, provider, clock)


@pytest.fixture
def vault_on_sqlite(sqlite_database: Database, provider: ServerKeys, clock: FixedClock) -> Vault:
    return found_vault(sqlite_database, provider, clock)


def content(vault: Vault) -> LinkContent:
    return LinkContent(GrantId(make_id()), "treatment", ("view",), vault.clock.now())


def opened(vault: Vault, stated: LinkContent, sealed: SealedLink) -> list[dict[str, object]]:
    vault_id = vault.founded.vault_id
    serving_key, _ = unwrap_serving_key(vault.provider, vault_id, stated.grant_id, sealed.wrapped_serving_key)
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
    door = vault.disclosure()
    sealed = door.seal_for_link(chosen(door.candidates(), "magnesium"), stated)  # type: ignore[arg-type]
    (document,) = opened(vault, stated, sealed)
    types = [entry["resource"]["resourceType"] for entry in document["entry"]]  # type: ignore[attr-defined, index]
    assert types == ["Composition", "Patient", "Observation"]
    assert "5.1" not in json.dumps(document)
    assert document["entry"][1]["resource"]["birthDate"] == "1980-02-29"  # type: ignore[index]


def shared(vault: Vault, data: bytes, name: str, media: str, *actions: str) -> dict[str, Any]:
    """The one document of a link, as its reader gets it."""
    vault.records.add_file(data, name, media)
    (candidate,) = vault.disclosure().candidates()
    stated = LinkContent(GrantId(make_id()), "treatment", ("view", *actions), vault.clock.now())
    _, document = opened(vault, stated, vault.disclosure().seal_for_link([(candidate.record_id, 1)], stated))
    assert document["id"] == text_of(candidate.record_id)
    return document


def parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["attachment"] for each in document["content"]]


def test_a_pdf_travels_as_page_images_and_whole_only_where_it_may_be_saved(vault_on_sqlite: Vault) -> None:
    data = pdf("Magnesium 0.68", "Page two")
    first, second, file = parts(shared(vault_on_sqlite, data, "lab.pdf", "application/pdf"))
    assert (first["title"], second["title"]) == ("Page 1 of 2", "Page 2 of 2")
    assert is_bare_jpeg(base64.b64decode(first["data"]))
    assert file == {"contentType": "application/pdf", "title": "lab.pdf"}
    *_, file = parts(shared(vault_on_sqlite, data, "lab.pdf", "application/pdf", "download"))
    assert base64.b64decode(file["data"]) == data


def test_a_shared_photo_never_tells_where_it_was_taken(vault_on_sqlite: Vault) -> None:
    data = photo(exif=exif(6))
    document = shared(vault_on_sqlite, data, "IMG_1.jpg", "image/jpeg", "download")
    page, file = (base64.b64decode(each["data"]) for each in parts(document))
    for out in (page, file):
        assert is_bare_jpeg(out)
        assert SECRET_PLACE.encode() not in out
        assert opened_picture(out).width < opened_picture(out).height
    assert base64.b64encode(data).decode() not in json.dumps(document)


@pytest.mark.parametrize("form", ["TIFF", "WEBP", "GIF"])
def test_a_picture_that_we_cannot_clean_stays_behind(vault_on_sqlite: Vault, form: str) -> None:
    document = shared(vault_on_sqlite, photo(form=form), "scan", "application/octet-stream", "download")
    (file,) = parts(document)
    assert "data" not in file
    assert "may tell where a photo was taken" in document["description"]


def test_a_locked_or_damaged_or_unknown_document_says_why_there_are_no_pages(vault_on_sqlite: Vault) -> None:
    locked = locked_pdf("night train", "Magnesium")
    document = shared(vault_on_sqlite, locked, "a.pdf", "application/pdf")
    assert document["description"].startswith("This PDF is locked with a password")
    assert "did not allow saving" in document["description"]
    assert [set(each) for each in parts(document)] == [{"contentType", "title"}]


def test_other_files_travel_only_where_they_may_be_saved_and_plain_words_always(vault_on_sqlite: Vault) -> None:
    (words,) = parts(shared(vault_on_sqlite, "Dear Dr Lee, …".encode(), "letter.txt", "text/plain"))
    assert base64.b64decode(words["data"]).decode() == "Dear Dr Lee, …"
    for candidate in vault_on_sqlite.disclosure().candidates():
        vault_on_sqlite.records.delete(candidate.record_id)
    document = shared(vault_on_sqlite, b"PK\x03\x04 a file", "a.zip", "application/zip")
    assert "This kind of file can\u2019t be shown here." in document["description"]
    assert "data" not in parts(document)[0]


def test_pages_that_were_left_out_are_counted(vault_on_sqlite: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclosure, "MOST_PAGES", 2)
    document = shared(vault_on_sqlite, pdf("one", "two", "three"), "a.pdf", "application/pdf")
    assert document["description"] == "Only the first 2 of 3 pages are shown here."
    assert [each["title"] for each in parts(document)] == ["Page 1 of 3", "Page 2 of 3", "a.pdf"]


def test_nothing_holds_the_database_while_pages_are_drawn(
    vault_on_sqlite: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy: list[int] = []
    draw = rendering.render

    def watched(data: bytes, **more: Any) -> Any:
        busy.append(vault_on_sqlite.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return draw(data, **more)

    monkeypatch.setattr(rendering, "render", watched)
    shared(vault_on_sqlite, pdf("one"), "a.pdf", "application/pdf")
    assert busy == [0]


def test_a_result_read_from_a_document_says_so_and_names_it_where_both_are_shared(vault_on_sqlite: Vault) -> None:
    document = vault_on_sqlite.records.add_file(photo(), "p.jpg", "image/jpeg").document
    typed = TypedResult("magnesium", None, "0.68", "mmol/L", "2026-01-05")
    (result,) = vault_on_sqlite.records.documents.add_results([typed], document)
    stated = content(vault_on_sqlite)
    seal = vault_on_sqlite.disclosure().seal_for_link
    alone = opened(vault_on_sqlite, stated, seal([(result, 1)], stated))[0]["entry"][2]["resource"]  # type: ignore[index]
    assert alone["meta"]["tag"][0]["code"] == "document"
    assert "derivedFrom" not in alone
    both = opened(vault_on_sqlite, stated, seal([(result, 1), (document, 1)], stated))  # type: ignore[list-item]
    sent = both[0]["entry"][2]["resource"]  # type: ignore[index]
    assert sent["derivedFrom"] == [{"reference": f"urn:uuid:{both[1]['id']}"}]


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
    serving_key, _ = unwrap_serving_key(vault.provider, vault_id, stated.grant_id, sealed.wrapped_serving_key)
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
    thief = make_provider(tmp_path / "keys of somebody else")
    with pytest.raises((Tampered, KeysUnavailable)):
        unwrap_serving_key(thief, vault.founded.vault_id, stated.grant_id, sealed.wrapped_serving_key)


def test_sizes_of_small_links_look_alike(vault: Vault) -> None:
    vault.records.add_file(bundle(observation(1), observation(2, "0.9")), "a.json", FHIR)
    first, second = vault.disclosure().candidates()
    one = vault.disclosure().seal_for_link([(first.record_id, 1)], content(vault))
    other = vault.disclosure().seal_for_link([(second.record_id, 1)], content(vault))
    assert one.files[0].size == other.files[0].size
