"""Documents are looked at with one entry a look; what is read from them names them, all or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.vault.documents.papers import photo
from tests.vault.records.vaults import Vault, bundle, observation
from vault.audit.reading import CitizenLog
from vault.errors import NotFound
from vault.health.strict_json import read_json
from vault.health.typed import BadDate, BadText, BadValue, TypedResult
from vault.ids import RecordId, make_id, text_of
from vault.records.documents import MOST_AT_ONCE, TooManyResults, UnknownDocument

PHOTO = photo()


def typed(value: str = "0.68", taken_at: str = "2026-01-05") -> TypedResult:
    return TypedResult("magnesium", None, value, "mmol/L", taken_at, "0.70", "1.00", "Town Lab")


def kept(vault: Vault) -> RecordId:
    document = vault.records.add_file(PHOTO, "IMG_1.jpg", "image/jpeg").document
    assert document is not None
    return document


def looks(vault: Vault) -> int:
    lines = CitizenLog(vault.database, vault.provider, vault.keyring).page(200).items
    return sum(line.event == "view" for line in lines)


def test_a_file_kept_as_it_came_says_which_record_it_is_also_the_second_time(vault: Vault) -> None:
    assert kept(vault) == kept(vault)
    assert vault.records.add_file(bundle(observation(1)), "a.json", "application/fhir+json").document is None


def test_results_read_from_a_document_name_it_and_it_lists_them(vault: Vault) -> None:
    document = kept(vault)
    first, second = vault.records.documents.add_results([typed(), typed("0.80", "2025-01-05")], document)
    view = vault.records.read(first)
    assert view.row.source == f"document:{text_of(document)}"
    assert read_json(view.body)["derivedFrom"] == [{"reference": f"urn:uuid:{text_of(document)}"}]
    assert read_json(view.body)["meta"]["tag"][0]["code"] == "document"
    opened = vault.records.documents.open(document)
    assert opened.file.data == PHOTO
    assert {each.record_id for each in opened.results} == {first, second}
    assert vault.records.original(first).filename == "result.json"


def test_the_same_result_from_the_same_document_is_kept_once_and_apart_from_one_typed_without(vault: Vault) -> None:
    document = kept(vault)
    add = vault.records.documents.add_results
    assert add([typed()], document) == add([typed()], document)
    assert add([typed()]) != add([typed()], document)
    assert vault.records.read(add([typed()])[0]).row.source == "typed"


def test_all_results_are_kept_or_none(vault: Vault) -> None:
    document = kept(vault)
    before = len(vault.records.list().items)
    for wrong, kind in (
        (typed("0,80"), BadValue),
        (typed(taken_at="2026-02-30"), BadDate),
        (typed("9" * 600), BadText),
    ):
        with pytest.raises(kind):
            vault.records.documents.add_results([typed(), wrong], document)
    for count in (0, MOST_AT_ONCE + 1):
        with pytest.raises(TooManyResults):
            vault.records.documents.add_results([typed()] * count, document)
    assert len(vault.records.list().items) == before


def test_a_document_must_be_here_and_be_one(vault: Vault) -> None:
    document, result = kept(vault), vault.records.add_result(typed())
    for other in (RecordId(make_id()), result):
        with pytest.raises(UnknownDocument):
            vault.records.documents.add_results([typed()], other)
        with pytest.raises(NotFound):
            vault.records.documents.open(other)
    vault.records.delete(document)
    with pytest.raises(UnknownDocument):
        vault.records.documents.add_results([typed("0.9")], document)


def test_one_look_is_one_entry_and_its_images_need_no_more_for_an_hour(vault: Vault) -> None:
    documents, document = vault.records.documents, kept(vault)
    other = vault.records.add_file(PHOTO + b"\0", "IMG_2.jpg", "image/jpeg").document
    assert other is not None
    look = documents.open(document).look
    assert looks(vault) == 1
    assert documents.file(document, look).data == PHOTO
    assert looks(vault) == 1
    for wrong in ("", "x" * 60, look[:-2], look + "é", documents.seal_password(document, "")):
        documents.file(document, wrong)
    documents.file(other, look)
    assert looks(vault) == 7
    vault.clock.moment += timedelta(hours=1)
    documents.file(document, look)
    assert looks(vault) == 8


def test_a_password_comes_back_for_its_document_within_the_hour_and_for_no_other(vault: Vault) -> None:
    documents, document = vault.records.documents, kept(vault)
    sealed = documents.seal_password(document, "nachtzug ü")
    assert "nachtzug" not in sealed
    assert documents.open_password(document, sealed) == "nachtzug ü"
    assert documents.open_password(RecordId(make_id()), sealed) is None
    assert documents.open_password(document, sealed[:-4]) is None
    assert documents.open_password(document, documents.open(document).look) is None
    vault.clock.moment += timedelta(hours=1)
    assert documents.open_password(document, sealed) is None


def test_what_was_read_from_a_document_outlives_it(vault: Vault) -> None:
    document = kept(vault)
    (result,) = vault.records.documents.add_results([typed()], document)
    vault.records.delete(document)
    vault.clock.moment += timedelta(days=31)
    assert vault.records.empty_bin(vault.clock.now()) == 1
    assert vault.records.read(result).row.source == f"document:{text_of(document)}"
    vault.records.delete(result)
    vault.clock.moment += timedelta(days=31)
    assert vault.records.empty_bin(vault.clock.now()) == 1
