"""Opening a link: counted opens, passcodes, viewing tokens, tickets, and one answer for every dead link."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from sharing.grants.grants import Issued
from sharing.links.files import MOST_EMBEDDED
from sharing.links.requests import BadManifestRequest, LinkGone, PasscodeWrong, RecipientMissing
from sharing.links.shlink import LINK_ID_CHARACTERS, LONGEST_URL
from sharing.tables import LinkViewingRow, StoredGrant
from tests.sharing.shares import (
    READER,
    Citizen,
    contents,
    count_rows,
    fetch,
    key_of,
    link_id_of,
    payload_of,
    record_ids,
    silenced,
    visit,
)
from vault.crypto.jwe import open_jwe
from vault.database import table_of
from vault.errors import LogUnavailable

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def opens_of(citizen: Citizen, issued: Issued) -> int:
    return citizen.grants.get(issued.grant_id).row.opens


def refused(citizen: Citizen, issued: Issued, recipient: str = "Dr Lee", **more: Any) -> None:
    with pytest.raises(LinkGone) as caught:
        visit(citizen, issued, recipient, **more)
    assert caught.value.code == "link-gone"


def test_the_link_is_as_the_standard_wants_it(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913")
    payload = payload_of(issued)
    assert len(payload["url"]) <= LONGEST_URL
    assert len(link_id_of(issued)) == LINK_ID_CHARACTERS
    assert payload["flag"] == "P"
    assert payload["exp"] == int(issued.expires_at.timestamp())
    assert len(payload["label"]) <= 80
    assert "flag" not in payload_of(citizen.share())
    assert issued.link == f"http://localhost:8000/view#{issued.shlink}"


def test_a_manifest_embeds_what_fits_and_never_more(citizen: Citizen) -> None:
    issued = citizen.share()
    (inside,) = visit(citizen, issued).body["files"]
    size = len(inside["embedded"])
    (apart,) = visit(citizen, issued, embeddedLengthMax=size - 1).body["files"]
    (fits,) = visit(citizen, issued, embeddedLengthMax=size).body["files"]
    assert inside["contentType"] == "application/fhir+json"
    assert set(apart) == {"contentType", "location"}
    assert fits["embedded"] == inside["embedded"]
    assert fetch(citizen, issued, apart["location"]).decode() == inside["embedded"]


@pytest.mark.parametrize("body", [{}, {"recipient": ""}, {"recipient": " \n"}, {"recipient": 7}, {"recipient": None}])
def test_without_a_recipient_nothing_is_looked_at(citizen: Citizen, body: dict[str, Any]) -> None:
    issued = citizen.share()
    for link_id in (link_id_of(issued), "unknown"):
        with pytest.raises(RecipientMissing):
            citizen.opening.manifest(link_id, body, None, READER)


@pytest.mark.parametrize(
    "wrong", [{"embeddedLengthMax": -1}, {"embeddedLengthMax": "5"}, {"embeddedLengthMax": True}, {"passcode": 5}]
)
def test_a_request_that_is_not_understood_is_told_so(citizen: Citizen, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadManifestRequest):
        visit(citizen, citizen.share(), **wrong)
    with pytest.raises(BadManifestRequest):
        citizen.opening.manifest("x", [], None, READER)


def test_many_large_documents_are_never_all_embedded_whatever_is_asked(citizen: Citizen) -> None:
    for number in range(3):
        citizen.vault.records.add_file(bytes((number,)) * (5 << 20), f"scan {number}.bin", "application/octet-stream")
    wanted = [{"record_id": each} for title, each in record_ids(citizen).items() if title.startswith("scan")]
    issued = citizen.share(include=wanted, actions=["view", "download"])
    asked = visit(citizen, issued, embeddedLengthMax=1 << 40)
    embedded = [len(each["embedded"]) for each in asked.body["files"] if "embedded" in each]
    assert (len(asked.body["files"]), len(embedded)) == (4, 3)
    assert sum(embedded) <= MOST_EMBEDDED
    assert len(contents(citizen, issued, asked)) == 4


def test_fields_of_others_and_a_needless_passcode_are_ignored(citizen: Citizen) -> None:
    visit(citizen, citizen.share(), passcode="whatever", somethingElse={"a": 1})


def test_the_same_recipient_within_ten_minutes_is_the_same_open(citizen: Citizen) -> None:
    issued = citizen.share(max_opens=2)
    for recipient in ("Dr Lee", "dr lee ", "Dr  Lee"):
        visit(citizen, issued, recipient)
    assert opens_of(citizen, issued) == 1
    citizen.clock.advance(9 * MINUTE)
    visit(citizen, issued)
    assert opens_of(citizen, issued) == 1
    citizen.clock.advance(MINUTE)
    visit(citizen, issued)
    assert opens_of(citizen, issued) == 2
    visit(citizen, issued)
    refused(citizen, issued, "Dr Other")
    citizen.clock.advance(10 * MINUTE)
    refused(citizen, issued)
    assert Counter(each[1] for each in citizen.visits()) == {"": 2, "again": 4, "used-up": 2}


def test_every_dead_link_gives_the_same_answer_and_its_own_entry(citizen: Citizen) -> None:
    withdrawn, expired, used_up, locked = (citizen.share(**each) for each in _ENDS)
    citizen.grants.withdraw(withdrawn.grant_id)
    visit(citizen, used_up, "Someone")
    for _ in range(10):
        with pytest.raises(PasscodeWrong):
            visit(citizen, locked, passcode="wrong")
    citizen.clock.advance(2 * HOUR)
    before = len(citizen.visits())
    for issued in (withdrawn, expired, used_up, locked):
        refused(citizen, issued, passcode="482913")
    assert sorted(each[1] for each in citizen.visits()[before:]) == ["expired", "locked", "used-up", "withdrawn"]
    for unknown in ("x", "A" * 43, "", "\ud800", "x" * 5000):
        with pytest.raises(LinkGone):
            citizen.opening.manifest(unknown, {"recipient": "Dr Lee"}, None, READER)
        with pytest.raises(LinkGone):
            citizen.opening.file(unknown, "x" * 75, READER)


_ENDS: list[dict[str, Any]] = [
    {},
    {"expires_at": "2026-03-01T13:00:00Z"},
    {"max_opens": 1},
    {"passcode": "482913"},
]


def test_nothing_is_admitted_at_the_very_end(citizen: Citizen) -> None:
    issued = citizen.share(expires_at="2026-03-01T13:00:00Z")
    citizen.clock.advance(HOUR - timedelta(microseconds=1))
    visit(citizen, issued)
    citizen.clock.advance(timedelta(microseconds=1))
    refused(citizen, issued)


# -- passcodes ------------------------------------------------------------------------------------------------------


def test_a_missing_or_empty_passcode_costs_nothing_and_is_no_entry(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913")
    for probe in ({}, {"passcode": ""}, {"passcode": None}, {"passcode": "  "}):
        with pytest.raises(PasscodeWrong) as caught:
            visit(citizen, issued, **probe)
        assert caught.value.remaining == 10
    assert citizen.visits() == []


def test_wrong_passcodes_are_counted_for_the_links_whole_life(citizen: Citizen) -> None:
    issued, other = citizen.share(passcode="482913"), citizen.share(passcode="771024")
    for number in range(9):
        with pytest.raises(PasscodeWrong) as caught:
            visit(citizen, issued, passcode="wrong")
        assert caught.value.remaining == 9 - number
    visit(citizen, issued, passcode="482913")
    with pytest.raises(PasscodeWrong) as caught:
        visit(citizen, issued, passcode="wrong")
    assert caught.value.remaining == 0
    refused(citizen, issued, passcode="482913")
    refused(citizen, issued)
    assert citizen.grants.get(issued.grant_id).row.state == "locked"
    visit(citizen, other, passcode="771024")


def test_one_tap_of_the_citizen_arms_a_locked_link_again(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913")
    for _ in range(10):
        with pytest.raises(PasscodeWrong):
            visit(citizen, issued, passcode="wrong")
    refused(citizen, issued, passcode="482913")
    assert citizen.grants.rearm(issued.grant_id).state == "active"
    visit(citizen, issued, passcode="482913")
    assert ("grant", "re-armed", "") in citizen.entries()


def test_a_passcode_is_read_in_any_way_of_writing_its_letters(citizen: Citizen) -> None:
    visit(citizen, citizen.share(passcode="schlüssel"), passcode=" schlu\u0308ssel ")


def test_a_used_up_link_hears_no_passcode(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913", max_opens=1)
    visit(citizen, issued, passcode="482913")
    refused(citizen, issued, "Other", passcode="482913")
    refused(citizen, issued, "Other", passcode="wrong")
    refused(citizen, issued, "Other")
    assert count_rows(citizen.vault.database, StoredGrant, tries=0) == 1


# -- viewing tokens -------------------------------------------------------------------------------------------------


def test_a_viewing_token_is_the_same_open_without_passcode_even_when_used_up(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913", max_opens=1)
    token = visit(citizen, issued, viewing="new", passcode="482913").viewing_token
    assert token is not None
    citizen.clock.advance(11 * HOUR)
    again = visit(citizen, issued, viewing=token)
    assert again.viewing_token is None
    assert contents(citizen, issued, again)
    assert opens_of(citizen, issued) == 1
    with citizen.vault.database.read() as connection:
        kept = connection.execute(table_of(LinkViewingRow).select()).all()
    assert token.encode() not in b"".join(bytes(each.viewing_digest) for each in kept)


def test_a_viewing_token_lasts_twelve_hours_and_never_past_the_grant(citizen: Citizen) -> None:
    long, short = citizen.share(max_opens=1), citizen.share(expires_at="2026-03-01T13:00:00Z")
    of_long = visit(citizen, long, viewing="new").viewing_token
    of_short = visit(citizen, short, viewing="new").viewing_token
    citizen.clock.advance(HOUR)
    refused(citizen, short, viewing=of_short)
    citizen.clock.advance(11 * HOUR)
    refused(citizen, long, viewing=of_long)


def test_a_viewing_token_ends_when_the_citizen_stops(citizen: Citizen) -> None:
    issued = citizen.share()
    token = visit(citizen, issued, viewing="new").viewing_token
    citizen.grants.withdraw(issued.grant_id)
    refused(citizen, issued, viewing=token)


def test_a_token_of_another_link_or_a_made_up_one_is_no_proof(citizen: Citizen) -> None:
    issued, other = citizen.share(passcode="482913"), citizen.share(passcode="771024")
    token = visit(citizen, other, viewing="new", passcode="771024").viewing_token
    for viewing in (token, "x", "", "x" * 5000, "new"):
        with pytest.raises(PasscodeWrong):
            visit(citizen, issued, viewing=viewing)


def test_a_reader_with_a_token_goes_on_when_a_guesser_locks_the_link(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913")
    token = visit(citizen, issued, viewing="new", passcode="482913").viewing_token
    for _ in range(10):
        with pytest.raises(PasscodeWrong):
            visit(citizen, issued, "Guesser", passcode="wrong")
    visit(citizen, issued, viewing=token)


# -- tickets --------------------------------------------------------------------------------------------------------


def test_a_ticket_is_refused_after_an_hour_or_after_stopping(citizen: Citizen) -> None:
    issued = citizen.share()
    (file,) = visit(citizen, issued, embeddedLengthMax=0).body["files"]
    citizen.clock.advance(59 * MINUTE)
    fetch(citizen, issued, file["location"])
    citizen.clock.advance(MINUTE)
    with pytest.raises(LinkGone):
        fetch(citizen, issued, file["location"])
    (file,) = visit(citizen, issued, embeddedLengthMax=0).body["files"]
    fetch(citizen, issued, file["location"])
    citizen.grants.withdraw(issued.grant_id)
    with pytest.raises(LinkGone):
        fetch(citizen, issued, file["location"])


def test_a_ticket_works_for_its_own_link_and_unchanged_only(citizen: Citizen) -> None:
    issued, other = citizen.share(), citizen.share()
    (file,) = visit(citizen, issued, embeddedLengthMax=0).body["files"]
    ticket = file["location"].rsplit("/", 1)[1]
    changed = ticket[:-3] + ("AAA" if ticket[-3:] != "AAA" else "BBB")
    for wrong in (changed, ticket + "A", ticket[:-1], "", "\u00e9" * 75, "." * 75):
        with pytest.raises(LinkGone):
            citizen.opening.file(link_id_of(issued), wrong, READER)
    with pytest.raises(LinkGone):
        citizen.opening.file(link_id_of(other), ticket, READER)


def test_each_fetch_of_a_file_is_an_entry_and_never_an_open(citizen: Citizen) -> None:
    issued = citizen.share(max_opens=1)
    (file,) = visit(citizen, issued, embeddedLengthMax=0).body["files"]
    for _ in range(2):
        plain, content_type = open_jwe(key_of(issued), fetch(citizen, issued, file["location"]).decode())
        assert content_type == "application/fhir+json"
        assert plain
    assert sorted(each[0] for each in citizen.visits()) == ["file", "file", "open"]
    assert opens_of(citizen, issued) == 1


# -- no log, no look ------------------------------------------------------------------------------------------------


def test_nothing_leaves_and_nothing_counts_when_the_log_is_down(citizen: Citizen) -> None:
    issued = citizen.share(max_opens=1)
    (file,) = visit(citizen, issued, embeddedLengthMax=0).body["files"]

    silent = silenced(citizen)
    for ask in (lambda: visit(silent, issued), lambda: visit(silent, issued, "Other")):
        with pytest.raises(LogUnavailable):
            ask()
    with pytest.raises(LogUnavailable):
        fetch(silent, issued, file["location"])
    assert opens_of(citizen, issued) == 1


def test_the_recipient_is_a_claim_cut_short_and_kept_for_the_citizen(citizen: Citizen) -> None:
    visit(citizen, citizen.share(), "Dr\u0000 <b>Lee</b>\u202e" + "x" * 900)
    ((event, reason, recipient),) = citizen.visits()
    assert (event, reason) == ("open", "")
    assert recipient.startswith("Dr <b>Lee</b> xxx")
    assert len(recipient) == 200
