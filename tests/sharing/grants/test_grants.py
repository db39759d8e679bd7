"""Granting: what is previewed is what is permitted is what is sealed; stopping; what is kept and how."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from sharing.consent.decide import Reason
from sharing.consent.requests import UnknownRecord
from sharing.grants.grants import NothingToShare, PreviewStale
from sharing.grants.receipts import check_receipt
from sharing.links.requests import LinkGone
from sharing.tables import KeyLinkRow, StoredGrant
from tests.sharing.shares import (
    Citizen,
    contents,
    count_rows,
    logged,
    make_grants,
    payload_of,
    record_ids,
    silenced,
    visit,
)
from tests.vault.records.vaults import bundle, found_vault, observation
from vault.audit.reading import CitizenLog
from vault.errors import LogUnavailable, NotFound, Tampered
from vault.ids import GrantId, RecordId, make_id, text_of


def values_in(opened: list[dict[str, Any]]) -> set[tuple[str, float]]:
    entries = [each["resource"] for document in opened for each in document.get("entry", [])]
    return {
        (each["code"]["text"], each["valueQuantity"]["value"])
        for each in entries
        if each["resourceType"] == "Observation"
    }


def test_previewed_permitted_and_sealed_are_one_set(citizen: Citizen) -> None:
    preview = citizen.grants.preview(citizen.body())
    issued = citizen.share()
    agreed = citizen.grants.get(issued.grant_id).agreement
    assert [text_of(each) for each in preview.permitted] == [each.record_id for each in agreed.records]
    assert len(preview.permitted) == 2
    opened = contents(citizen, issued, visit(citizen, issued))
    assert values_in(opened) == {("Magnesium", 0.80), ("Magnesium", 0.91)}
    assert agreed.statement.id == preview.statement.id


def test_what_is_asked_for_and_withheld_is_listed_with_its_reason(citizen: Citizen) -> None:
    preview = citizen.grants.preview(citizen.body(include=[{"kind": "observation"}, {"kind": "document"}]))
    held = {each.title: each.reason for each in preview.held_back}
    assert sorted(held.values()) == [Reason.NOT_SORTED, Reason.SENSITIVE]
    assert len(preview.permitted) == 3


def test_a_document_travels_by_its_record_id(citizen: Citizen) -> None:
    letter = next(each for title, each in record_ids(citizen).items() if "letter" in title.lower())
    issued = citizen.share(include=[{"record_id": letter}])
    opened = contents(citizen, issued, visit(citizen, issued, embeddedLengthMax=0))
    assert len(opened) == 2
    assert "Dear Dr Lee" not in json.dumps(opened[0])


def test_an_empty_preview_shares_nothing_and_cannot_be_granted(citizen: Citizen) -> None:
    body = citizen.body(include=[])
    preview = citizen.grants.preview(body)
    assert preview.permitted == ()
    statement = {"id": preview.statement.id, "version": preview.statement.version}
    with pytest.raises(NothingToShare):
        citizen.grants.issue(body | {"statement": statement})


def test_a_record_that_came_after_the_preview_makes_it_stale(citizen: Citizen) -> None:
    body = citizen.body()
    shown = citizen.grants.preview(body).statement
    citizen.vault.records.add_file(bundle(observation(9, "0.7", "2025-09-01")), "more.json", "application/json")
    with pytest.raises(PreviewStale):
        citizen.grants.issue(body | {"statement": {"id": shown.id, "version": shown.version}})
    assert count_rows(citizen.vault.database, StoredGrant) == 0


def test_other_terms_than_shown_are_stale(citizen: Citizen) -> None:
    shown = citizen.grants.preview(citizen.body()).statement
    statement = {"id": shown.id, "version": shown.version}
    for changed in ({"max_opens": 5}, {"actions": ["view", "download"]}, {"passcode": "482913"}):
        with pytest.raises(PreviewStale):
            citizen.grants.issue(citizen.body(**changed) | {"statement": statement})


def test_a_record_that_is_not_mine_is_unknown(citizen: Citizen) -> None:
    for field in ("include", "exclude"):
        with pytest.raises(UnknownRecord):
            citizen.grants.preview(citizen.body(**{field: [{"record_id": text_of(make_id())}]}))


def test_the_list_is_newest_first_and_pages(citizen: Citizen) -> None:
    made = []
    for number in range(3):
        made.append(citizen.share(recipient={"name": f"Reader {number}"}, max_opens=number + 1).grant_id)
        citizen.clock.advance(timedelta(seconds=1))
    first = citizen.grants.list(2, None)
    rest = citizen.grants.list(2, first.next)
    assert [each.grant_id for each in (*first.items, *rest.items)] == made[::-1]
    assert rest.next is None
    assert (first.items[0].recipient.name, first.items[0].state, first.items[0].max_opens) == ("Reader 2", "active", 3)


def test_the_link_is_shown_again_while_it_is_active_only(citizen: Citizen) -> None:
    issued = citizen.share()
    view = citizen.grants.get(issued.grant_id)
    assert (view.link, view.shlink) == (issued.link, issued.shlink)
    citizen.grants.withdraw(issued.grant_id)
    view = citizen.grants.get(issued.grant_id)
    assert (view.link, view.shlink, view.row.state) == (None, None, "withdrawn")


def test_stopping_destroys_the_keys_and_is_logged_once(citizen: Citizen) -> None:
    issued = citizen.share()
    assert count_rows(citizen.vault.database, KeyLinkRow) == 1
    for _ in range(2):
        assert citizen.grants.withdraw(issued.grant_id).state == "withdrawn"
    assert count_rows(citizen.vault.database, KeyLinkRow) == 0
    assert logged(citizen.vault.database, "withdraw") == 1
    with pytest.raises(LinkGone):
        visit(citizen, issued)


def test_another_citizens_grant_is_not_found(citizen: Citizen) -> None:
    issued = citizen.share()
    stranger = make_grants(found_vault(citizen.vault.database, citizen.vault.provider, citizen.clock, "Someone Else"))
    for act in (stranger.get, stranger.withdraw, stranger.rearm):
        with pytest.raises(NotFound):
            act(issued.grant_id)
    with pytest.raises(NotFound):
        citizen.grants.get(GrantId(make_id()))
    visit(citizen, issued)


def test_who_can_see_a_record_names_living_grants_only(citizen: Citizen) -> None:
    record = RecordId(citizen.grants.preview(citizen.body()).permitted[0])
    assert citizen.grants.granted_to(record) == ()
    first, second = citizen.share(), citizen.share(recipient={"name": "Ana"})
    assert {each.recipient.name for each in citizen.grants.granted_to(record)} == {"Dr Lee", "Ana"}
    citizen.grants.withdraw(first.grant_id)
    assert [each.grant_id for each in citizen.grants.granted_to(record)] == [second.grant_id]
    citizen.clock.advance(timedelta(days=8))
    assert citizen.grants.granted_to(record) == ()


def test_the_receipt_is_signed_and_says_what_was_agreed(citizen: Citizen) -> None:
    view = citizen.grants.get(citizen.share(passcode="482913", max_opens=3).grant_id)
    key = citizen.vault.provider.public_key("receipts")
    check_receipt(view.receipt, key)
    receipt = view.receipt["receipt"]
    assert receipt["giver"] == "Stanley Jones"
    assert receipt["receiver"]["name"] == "Dr Lee"
    assert receipt["notice"]["text"] == view.agreement.statement.text
    assert [each["record_id"] for each in receipt["records"]] == [each.record_id for each in view.agreement.records]
    assert receipt["consent"]["resourceType"] == "Consent"
    assert "482913" not in json.dumps(view.receipt)
    receipt["most_opens"] = 4
    with pytest.raises(Tampered):
        check_receipt(view.receipt, key)


def test_a_receipt_of_the_end_follows_the_end(citizen: Citizen) -> None:
    issued = citizen.share()
    assert citizen.grants.get(issued.grant_id).end_receipt is None
    citizen.grants.withdraw(issued.grant_id)
    end = citizen.grants.get(issued.grant_id).end_receipt
    assert end is not None
    check_receipt(end, citizen.vault.provider.public_key("receipts"))
    assert end["receipt"]["ended"] == {"how": "withdrawn", "at": "2026-03-01T12:00:00Z"}
    assert end["receipt"]["consent"]["status"] == "inactive"


def test_a_grant_whose_entry_cannot_be_written_does_not_exist(citizen: Citizen) -> None:
    with pytest.raises(LogUnavailable):
        silenced(citizen).share()
    assert count_rows(citizen.vault.database, StoredGrant) == count_rows(citizen.vault.database, KeyLinkRow) == 0


def test_a_share_that_cannot_be_logged_as_stopped_says_so(citizen: Citizen) -> None:
    issued = citizen.share()
    with pytest.raises(LogUnavailable):
        silenced(citizen).grants.withdraw(issued.grant_id)
    assert citizen.grants.get(issued.grant_id).row.state == "active"


def test_terms_passcodes_and_link_ids_are_not_in_the_clear_at_rest(citizen: Citizen) -> None:
    issued = citizen.share(recipient={"name": "canary-name", "email": "canary@mail.example"}, passcode="canary-code")
    visit(citizen, issued, "canary-reader", passcode="canary-code")
    canaries = [b"canary", payload_of(issued)["url"][-43:].encode(), b"magnesium", b"Magnesium"]
    with citizen.vault.database.read() as connection:
        for table in (
            "grant",
            "key_link",
            "link_address",
            "link_file",
            "link_opening",
            "link_viewing",
            "paper",
            "blob",
        ):
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                stored = b"|".join(
                    bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode() for each in row
                )
                assert not any(canary in stored for canary in canaries), table


TABLES = ("grant", "key_link", "link_address", "link_file", "link_opening", "link_viewing", "paper", "blob")


def test_the_grant_entry_tells_the_citizen_what_and_to_whom(citizen: Citizen) -> None:
    issued = citizen.share()
    lines = CitizenLog(citizen.vault.database, citizen.vault.provider, citizen.vault.keyring).page(200, None).items
    (line,) = [each for each in lines if each.event == "grant"]
    assert line.grant_id == issued.grant_id
    assert line.subject is not None
    assert line.subject["recipient"] == "Dr Lee"
    assert len(line.subject["records"]) == 2


def test_living_and_ended_shares_are_told_apart_and_the_last_opening_is_known(citizen: Citizen) -> None:
    stopped, used, kept = citizen.share(), citizen.share(max_opens=1), citizen.share()
    citizen.grants.withdraw(stopped.grant_id)
    visit(citizen, used)
    visit(citizen, kept)
    citizen.clock.advance(timedelta(hours=1))
    visit(citizen, kept, "Dr Grey")
    (living,) = citizen.grants.living()
    assert (living.grant_id, living.opens, living.last_opened_at) == (kept.grant_id, 2, citizen.clock.now())
    assert {each.grant_id for each in citizen.grants.ended().items} == {stopped.grant_id, used.grant_id}
    first = citizen.grants.ended(1)
    assert len(first.items) + len(citizen.grants.ended(1, first.next).items) == 2
    citizen.clock.advance(timedelta(days=7))
    assert citizen.grants.living() == ()
    assert len(citizen.grants.ended().items) == 3
