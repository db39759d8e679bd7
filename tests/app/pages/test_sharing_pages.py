"""Sharing by forms: nothing pre-ticked, exactly what was shown is what is given, stopped in one press."""

from __future__ import annotations

import re
from html import unescape

from starlette.testclient import TestClient

from tests.app.conftest import House, fhir, observation
from tests.app.pages.conftest import confirmed, type_in

FORM = {
    "include": "analyte:magnesium",
    "recipient.name": "Dr <Okafor>",
    "purpose": "treatment",
    "days": "7",
    "passcode": "482915",
}


def hidden(page: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        fields.setdefault(unescape(name), []).append(unescape(value))
    return fields


def give(client: TestClient) -> str:
    """The page of a share given by the two forms."""
    checked = client.post("/share", data=FORM)
    assert checked.status_code == 200, checked.text
    return str(client.post("/share/agree", data=hidden(checked.text)).text)


def test_nothing_is_ticked_beforehand_but_what_was_pointed_at(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    assert " checked" not in citizen.get("/share").text
    pointed = citizen.get("/share", params={"record": record_id}).text
    assert re.findall(r'value="([^"]+)" checked', pointed) == [f"record_id:{record_id}"]


def test_check_your_answers_names_what_leaves_and_what_is_held_back(citizen: TestClient) -> None:
    type_in(citizen)
    unsorted = observation(code={"text": "Mystery test"}, day="2026-01-21")
    citizen.post("/import", files={"file": ("f.json", fhir(unsorted), "application/json")})
    page = citizen.post("/share", data=FORM | {"include": "kind:observation"}).text
    assert "exactly this 1 record" in page
    assert "Held back: 1" in page
    assert "Mystery test" in page
    assert "tell for sure what kind of test it is" in page
    assert "Dr &lt;Okafor&gt;" in page
    assert "482915" in page


def test_a_share_is_given_looked_at_and_stopped(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    page = give(citizen)
    link = re.search(r"http://localhost:8000/view#shlink:/[A-Za-z0-9_-]+", page)
    assert link is not None
    address = re.search(r'action="(/shares/[0-9a-f-]{36})/stop"', page)
    assert address is not None
    picture = citizen.get(f"{address[1]}/qr.svg")
    assert (picture.headers["content-type"], picture.text[:4]) == ("image/svg+xml", "<svg")
    assert "style=" not in picture.text
    assert "Dr &lt;Okafor&gt;" in citizen.get(f"/results/{record_id}").text
    assert "482915" not in citizen.get(address[1]).text
    receipt = citizen.get(f"{address[1]}/receipt.json")
    assert receipt.headers["content-disposition"] == 'attachment; filename="receipt.json"'
    assert "signature" in receipt.json()
    stopped = citizen.post(f"{address[1]}/stop")
    assert "The link opens nothing any more" in stopped.text
    assert citizen.get(f"{address[1]}/qr.svg").status_code == 404
    assert "Only you." in citizen.get(f"/results/{record_id}").text
    assert "Stopped by you" in citizen.get("/shares").text
    assert "stopped a share" in citizen.get("/who-looked").text


def test_agreeing_to_a_list_that_changed_is_refused_and_the_form_is_kept(citizen: TestClient) -> None:
    type_in(citizen)
    checked = citizen.post("/share", data=FORM)
    type_in(citizen, "0.91", taken_at="2026-01-25")
    answer = citizen.post("/share/agree", data=hidden(checked.text))
    assert answer.status_code == 409
    assert "has changed since you looked" in answer.text
    assert 'value="Dr &lt;Okafor&gt;"' in answer.text
    assert "482915" not in answer.text
    assert "Nobody can see anything of yours" in citizen.get("/shares").text


def test_each_fault_of_the_form_is_said_beside_its_field(citizen: TestClient) -> None:
    type_in(citizen)
    faults = {
        "include": {"include": ""},
        "purpose": {"purpose": ""},
        "recipient-name": {"recipient.name": ""},
        "recipient-email": {"recipient.email": "nonsense"},
        "taken_from": {"taken_from": "2026-02-30"},
        "taken_until": {"taken_from": "2026-02-02", "taken_until": "2026-01-01"},
        "max_opens": {"max_opens": "-1"},
        "passcode": {"passcode": "1"},
        "days": {"days": "999"},
    }
    for field, change in faults.items():
        answer = citizen.post("/share", data=FORM | change)
        assert answer.status_code == 422, field
        assert f'href="#{field}"' in answer.text, field
        assert f'id="{field}"' in answer.text, field
        assert "482915" not in answer.text


def test_another_citizens_share_is_not_there(sqlite_house: House) -> None:
    ada, eve = confirmed(sqlite_house), confirmed(sqlite_house, "eve@example.org")
    type_in(ada)
    address = re.search(r'action="(/shares/[0-9a-f-]{36})/stop"', give(ada))
    assert address is not None
    for answer in (eve.get(address[1]), eve.get(f"{address[1]}/qr.svg"), eve.post(f"{address[1]}/stop")):
        assert answer.status_code == 404
    assert eve.get("/shares/not-an-id").status_code == 404


def test_a_share_form_sent_twice_shares_once(citizen: TestClient) -> None:
    type_in(citizen)
    checked = citizen.post("/share", data=FORM)
    first = citizen.post("/share/agree", data=hidden(checked.text))
    second = citizen.post("/share/agree", data=hidden(checked.text))
    assert first.url == second.url
    assert len(citizen.get("/api/grants").json()["items"]) == 1
