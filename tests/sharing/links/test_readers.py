"""A link for one person, on both databases: who opens it, what is counted, and what its citizen reads of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from sharing.consent.readers import Reader
from sharing.grants.granting import Issued
from sharing.links.opening import LinkGone, Manifest, PasscodeWrong
from sharing.links.readers import LASTS
from sharing.links.requests import NotTheReader, SignInNeeded
from sharing.tables import KeyLinkRow
from tests.sharing.grants.test_rebuilding import erase, house
from tests.sharing.shares import ISSUER, READER, Citizen, contents, link_id_of, payload_of, record_ids, visit
from tests.vault.erasure.erasing import House
from vault.database import table_of
from vault.ids import GrantId, RecordId, VaultId, parse_id

__all__ = ["house"]
EMAIL = "Grey@clinic.example"
GREY = Reader(ISSUER, "grey@clinic.example")
OTHERS = (
    Reader(ISSUER, "other@clinic.example"),
    Reader("https://elsewhere.example", "grey@clinic.example"),
    Reader(ISSUER, ""),
)


def bound(citizen: Citizen, **more: Any) -> Issued:
    return citizen.share(recipient={"name": "Dr Grey", "email": EMAIL}, sign_in=ISSUER, **more)


def prove(citizen: Citizen, issued: Issued, who: Reader = GREY) -> str:
    wanted = citizen.opening.readers.wanted(link_id_of(issued), READER)
    assert wanted.issuer == ISSUER
    return citizen.opening.readers.prove(VaultId(wanted.vault_id), GrantId(wanted.grant_id), who, READER)


def open_with(citizen: Citizen, issued: Issued, proof: str, viewing: str | None = None, **more: Any) -> Manifest:
    body = {"recipient": "Dr Grey"} | more
    return citizen.opening.manifest(link_id_of(issued), body, viewing, READER, proof=proof)


def test_it_opens_for_the_one_it_names_and_the_history_says_that_it_was_proven(citizen: Citizen) -> None:
    issued = bound(citizen)
    assert contents(citizen, issued, open_with(citizen, issued, prove(citizen, issued)))
    (line,) = [each for each in citizen.lines() if each.event == "open"]
    assert line.accountability is not None
    assert line.accountability["proven"] == "grey@clinic.example at sign-in.example"
    assert line.accountability["recipient"] == "Dr Grey"


def test_without_a_sign_in_nothing_opens_and_nothing_is_counted(citizen: Citizen) -> None:
    issued = bound(citizen, max_opens=1)
    for proof in ("", "reader_", "reader_AAAA", "pass_" + "A" * 43, "x" * 5_000, "reader_é"):
        with pytest.raises(SignInNeeded) as refused:
            open_with(citizen, issued, proof)
        assert refused.value.issuer == ISSUER
    assert citizen.grants.get(issued.grant_id).row.opens == 0
    assert citizen.visits() == []  # Readers probe before they ask their user to sign in.
    assert open_with(citizen, issued, prove(citizen, issued))


@pytest.mark.parametrize("who", OTHERS)
def test_anybody_else_gets_no_proof_and_is_in_the_history(citizen: Citizen, who: Reader) -> None:
    issued = bound(citizen)
    with pytest.raises(NotTheReader):
        prove(citizen, issued, who)
    assert [each[:2] for each in citizen.visits()] == [("refusal", "sign-in-wrong")]
    (line,) = [each for each in citizen.lines() if each.event == "refusal"]
    assert (line.accountability or {})["proven"] == who.shown


def test_a_proof_is_one_links_and_lasts_a_quarter_of_an_hour(citizen: Citizen) -> None:
    issued, other = bound(citizen), bound(citizen)
    proof = prove(citizen, issued)
    with pytest.raises(SignInNeeded):
        open_with(citizen, other, proof)
    changed = proof[:-2] + ("AA" if not proof.endswith("AA") else "BB")
    with pytest.raises(SignInNeeded):
        open_with(citizen, issued, changed)
    citizen.clock.advance(LASTS - timedelta(seconds=1))
    assert open_with(citizen, issued, proof)
    citizen.clock.advance(timedelta(minutes=11))  # No longer the open that was counted.
    with pytest.raises(SignInNeeded):
        open_with(citizen, issued, proof)


def test_a_viewing_that_was_begun_goes_on_without_another_sign_in(citizen: Citizen) -> None:
    issued = bound(citizen, max_opens=1)
    first = open_with(citizen, issued, prove(citizen, issued), "new")
    citizen.clock.advance(timedelta(hours=1))
    assert open_with(citizen, issued, "", first.viewing_token)
    with pytest.raises(LinkGone):
        open_with(citizen, issued, "")


def test_a_passcode_and_a_sign_in_are_both_wanted_where_both_were_asked_for(citizen: Citizen) -> None:
    issued = bound(citizen, passcode="orchid 4417")
    assert payload_of(issued)["flag"] == "P"
    with pytest.raises(SignInNeeded):
        open_with(citizen, issued, "", passcode="orchid 4417")
    with pytest.raises(PasscodeWrong) as missing:
        open_with(citizen, issued, prove(citizen, issued))
    assert missing.value.remaining == 10
    assert open_with(citizen, issued, prove(citizen, issued), passcode="orchid 4417")


def test_a_sign_in_opens_no_link_that_ended(citizen: Citizen) -> None:
    issued = bound(citizen)
    proof = prove(citizen, issued)
    citizen.grants.withdraw(issued.grant_id)
    with pytest.raises(LinkGone):
        open_with(citizen, issued, proof)
    with pytest.raises(LinkGone):
        prove(citizen, issued)


def test_an_open_link_asks_nobody_to_sign_in(citizen: Citizen) -> None:
    issued = citizen.share()
    with pytest.raises(LinkGone):
        citizen.opening.readers.wanted(link_id_of(issued), READER)
    assert visit(citizen, issued)


def test_whom_it_is_for_is_nowhere_in_the_database_in_the_clear(citizen: Citizen) -> None:
    issued = bound(citizen)
    prove(citizen, issued)
    found = []
    with citizen.vault.database.read() as connection:
        for name, table in KeyLinkRow.metadata.tables.items():
            for column in table.columns:
                values = connection.execute(select(column)).scalars()
                data = (v if isinstance(v, bytes) else str(v).encode() for v in values if v is not None)
                found += [name for each in data if b"clinic.example" in each.lower() or b"sign-in.example" in each]
    assert found == []


def test_who_takes_the_demand_out_of_the_database_opens_nothing(citizen: Citizen) -> None:
    """Serving key and demand are one sealed value: without the one there is none of the other."""
    issued, open_one = bound(citizen), citizen.share()
    key = table_of(KeyLinkRow)
    with citizen.vault.database.write() as connection:
        other = connection.execute(select(key.c.serving_key).where(key.c.grant_id == open_one.grant_id)).scalar_one()
        mine = connection.execute(select(key.c.serving_key).where(key.c.grant_id == issued.grant_id)).scalar_one()
        for forged in (other, mine[:69]):
            connection.execute(key.update().where(key.c.grant_id == issued.grant_id).values(serving_key=forged))
    with pytest.raises(Exception, match="tampered"):
        open_with(citizen, issued, "")


def test_it_stays_one_persons_when_a_record_of_it_is_erased(citizen: Citizen, house: House) -> None:
    issued = bound(citizen, include=[{"analyte": "magnesium"}])
    (first, *_) = [parse_id(each) for title, each in record_ids(citizen).items() if title.startswith("Magnesium")]
    erase(house, citizen, RecordId(first))
    with pytest.raises(SignInNeeded):
        open_with(citizen, issued, "")
    assert contents(citizen, issued, open_with(citizen, issued, prove(citizen, issued)))


def test_its_receipt_says_who_must_sign_in_and_sharing_again_asks_for_the_same(citizen: Citizen) -> None:
    issued = bound(citizen)
    view = citizen.grants.get(issued.grant_id)
    assert view.receipt["receipt"]["sign_in"] == {"issuer": ISSUER, "email": EMAIL}
    assert view.agreement.terms.sign_in == ISSUER
    assert "sign_in" not in citizen.grants.get(citizen.share().grant_id).receipt["receipt"]
