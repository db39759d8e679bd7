"""A record is erased while shares hold it: their links keep working without it, and paper says what happened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sharing.grants.receipts import check_receipt
from sharing.links.requests import LinkGone
from sharing.tables import KeyLinkRow, LinkFileRow, StoredGrant
from tests.sharing.shares import Citizen, contents, count_rows, fetch, make_grants, record_ids, visit
from tests.vault.erasure.erasing import House, make_house
from tests.vault.records.vaults import bundle, observation
from vault.audit.leaf import decode_leaf, derive_grant_digest, derive_set_digest
from vault.audit.tables import AuditEntry
from vault.clock import to_microseconds
from vault.database import table_of
from vault.disclosure import open_served, unwrap_serving_key
from vault.errors import Tampered
from vault.ids import RecordId, parse_id, text_of
from vault.records.views import ResultQuery
from vault.tables import BlobRow

DOCUMENTS = [{"analyte": "magnesium"}, {"kind": "document"}]


@pytest.fixture
def house(citizen: Citizen, tmp_path: Path) -> House:
    vault = citizen.vault
    return replace(make_house(vault.database, vault.provider, vault.clock, tmp_path), vault=vault)


def erase(house: House, citizen: Citizen, record_id: RecordId) -> None:
    house.erasing(citizen.grants.without).erase(record_id)


def magnesium(citizen: Citizen) -> dict[str, RecordId]:
    rows = citizen.vault.records.results(ResultQuery(analyte="magnesium")).items
    return {row.original_value: row.record_id for row in rows}


def values(opened: list[dict[str, Any]]) -> list[float]:
    entries = [each["resource"] for document in opened for each in document.get("entry", [])]
    return [each["valueQuantity"]["value"] for each in entries if each["resourceType"] == "Observation"]


def test_the_link_keeps_working_without_the_record(citizen: Citizen, house: House) -> None:
    issued, found = citizen.share(), magnesium(citizen)
    before = contents(citizen, issued, visit(citizen, issued))
    assert sorted(values(before)) == [0.80, 0.91]
    erase(house, citizen, found["0.80"])
    (after,) = contents(citizen, issued, visit(citizen, issued))
    assert values([after]) == [0.91]
    assert text_of(found["0.80"]) not in str(after)
    assert after["entry"][2:] == [each for each in before[0]["entry"][2:] if text_of(found["0.91"]) in each["fullUrl"]]
    shown = citizen.grants.get(issued.grant_id)
    assert (shown.row.state, [each.record_id for each in shown.row.records]) == ("active", [text_of(found["0.91"])])


def test_the_receipt_says_what_happened_and_the_first_one_stays(citizen: Citizen, house: House) -> None:
    issued, found = citizen.share(), magnesium(citizen)
    erase(house, citizen, found["0.80"])
    view = citizen.grants.get(issued.grant_id)
    check_receipt(view.receipt, citizen.vault.provider.public_key("receipts"))
    told = view.receipt["receipt"]
    assert (told["grant_version"], told["erased"]["count"]) == (2, 1)
    assert [each["record_id"] for each in told["records"]] == [text_of(found["0.91"])]
    assert (view.agreement.version, view.agreement.erased) == (2, 1)
    papers, paper_id = make_grants(citizen.vault)._vault.papers, _receipt_id(citizen)
    with citizen.vault.database.read() as connection:
        assert text_of(found["0.80"]) in papers.read(connection, paper_id, "receipt", 1).data.decode()


def _receipt_id(citizen: Citizen) -> Any:
    with citizen.vault.database.read() as connection:
        return connection.execute(select(table_of(StoredGrant).c.receipt_id)).scalar_one()


def test_the_log_binds_the_new_version_as_auditors_replay_it(citizen: Citizen, house: House) -> None:
    issued, found = citizen.share(), magnesium(citizen)
    erase(house, citizen, found["0.80"])
    entries, grants, files = (table_of(each) for each in (AuditEntry, StoredGrant, LinkFileRow))
    with citizen.vault.database.read() as connection:
        query = select(entries.c.leaf).where(entries.c.reason == "record-erased")
        leaf = decode_leaf(connection.execute(query).scalar_one())
        row = connection.execute(select(grants)).one()
        members = [tuple(row) for row in connection.execute(select(files.c.file_id, files.c.version))]
    assert row.set_digest == derive_set_digest(members)
    assert (leaf.event, leaf.grant_id, leaf.grant_version, row.version) == ("grant", issued.grant_id, 2, 2)
    assert leaf.digest == derive_grant_digest(
        grant_id=issued.grant_id,
        version=2,
        starts_at=to_microseconds(row.starts_at),
        ends_at=to_microseconds(row.ends_at),
        max_opens=None,
        needs_passcode=False,
        actions={"view"},
        set_digest=row.set_digest,
    )


def test_old_copies_open_with_no_key_that_is_left(citizen: Citizen, house: House) -> None:
    issued, found = citizen.share(), magnesium(citizen)
    vault_id, files, blobs = citizen.vault.keyring.vault_id, table_of(LinkFileRow), table_of(BlobRow)
    with citizen.vault.database.read() as connection:
        old = connection.execute(
            select(files.c.file_id, blobs.c.sealed).join(blobs, blobs.c.blob_id == files.c.blob_id)
        ).all()
    erase(house, citizen, found["0.80"])
    with citizen.vault.database.read() as connection:
        wrapped = connection.execute(select(table_of(KeyLinkRow).c.serving_key)).scalar_one()
        left = connection.execute(select(blobs.c.sealed)).scalars().all()
    key, _ = unwrap_serving_key(citizen.vault.provider, vault_id, issued.grant_id, wrapped)
    for file_id, sealed in old:
        assert sealed not in left
        with pytest.raises(Tampered):
            open_served(key, vault_id, issued.grant_id, file_id, sealed)


def test_a_share_that_would_hold_nothing_ends(citizen: Citizen, house: House) -> None:
    only = citizen.share(include=[{"record_id": text_of(magnesium(citizen)["0.80"])}])
    both = citizen.share()
    erase(house, citizen, magnesium(citizen)["0.80"])
    with pytest.raises(LinkGone):
        visit(citizen, only)
    assert citizen.grants.get(only.grant_id).row.state == "withdrawn"
    assert count_rows(citizen.vault.database, KeyLinkRow, grant_id=only.grant_id) == 0
    assert count_rows(citizen.vault.database, LinkFileRow, grant_id=only.grant_id) == 0
    assert values(contents(citizen, both, visit(citizen, both))) == [0.91]
    assert ("withdraw", "record-erased", "") in citizen.entries()


def test_a_corrected_or_binned_record_stays_in_the_share_as_it_was(citizen: Citizen, house: House) -> None:
    citizen.vault.records.add_file(bundle(observation(9, "0.99", "2025-09-15")), "more.json", "application/fhir+json")
    issued, found = citizen.share(), magnesium(citizen)
    citizen.vault.records.add_file(
        bundle(observation(2, "0.95", "2025-06-15", "corrected")), "corrected.json", "application/fhir+json"
    )
    citizen.vault.records.delete(found["0.99"])
    erase(house, citizen, found["0.80"])
    assert sorted(values(contents(citizen, issued, visit(citizen, issued)))) == [0.91, 0.99]


def test_a_document_goes_from_a_share_and_the_rest_is_untouched(citizen: Citizen, house: House) -> None:
    letter = RecordId(parse_id(record_ids(citizen)["letter.txt"]))
    issued = citizen.share(include=[*DOCUMENTS, {"record_id": text_of(letter)}])
    before = visit(citizen, issued)
    assert len(before.body["files"]) == 2
    erase(house, citizen, letter)
    after = visit(citizen, issued)
    assert len(after.body["files"]) == 1
    assert sorted(values(contents(citizen, issued, after))) == [0.80, 0.91]


def test_a_ticket_from_before_opens_nothing(citizen: Citizen, house: House) -> None:
    issued = citizen.share()
    (file,) = visit(citizen, issued, embeddedLengthMax=0).body["files"]
    erase(house, citizen, magnesium(citizen)["0.80"])
    with pytest.raises(LinkGone):
        fetch(citizen, issued, file["location"])


def test_a_stopped_share_stays_stopped_and_another_one_untouched(citizen: Citizen, house: House) -> None:
    stopped = citizen.share()
    citizen.grants.withdraw(stopped.grant_id)
    other = citizen.share(include=[{"analyte": "sodium"}])
    before = visit(citizen, other).body
    erase(house, citizen, magnesium(citizen)["0.80"])
    assert visit(citizen, other).body == before
    view = citizen.grants.get(stopped.grant_id)
    assert (view.row.state, len(view.agreement.records)) == ("withdrawn", 2), "the paper of what was shared stays"
