"""Uploading and typing in by forms."""

from __future__ import annotations

import re

from httpx2 import Response
from starlette.testclient import TestClient

from tests.app.conftest import PASSPHRASE, House, fhir, observation
from tests.app.pages.conftest import confirmed, type_in

TYPED = {"analyte": "magnesium", "value": "0.80", "unit": "mmol/L", "taken_at": "2026-01-20"}


def upload(client: TestClient, data: bytes, name: str = "export.json", media: str = "application/json") -> Response:
    """Choose a file, see what is in it, and add it; the first answer if it was refused."""
    shown = client.post("/import", files={"file": (name, data, media)})
    if shown.status_code != 200 or "/confirm" not in shown.text:
        return shown
    return client.post(re.findall(r'action="(/imports/waiting/[^"]+/confirm)"', shown.text)[0], data={"whose": ""})


def test_a_file_leads_to_a_report_of_what_it_held(citizen: TestClient) -> None:
    broken = observation(day="2026-02-30")
    answer = upload(citizen, fhir(observation(), broken))
    assert answer.status_code == 200
    text = answer.text
    assert "1 record added" in text
    assert "Left aside" in text
    assert "export.json" in text
    assert "You have all of this already" in upload(citizen, fhir(observation())).text


def test_what_cannot_be_taken_is_refused_by_the_same_form_and_nothing_is_kept(citizen: TestClient) -> None:
    for data, status in ((b'{"a": NaN}', 422), (b"", 422), (b"x" * (10 * 1024 * 1024 + 1), 413)):
        answer = upload(citizen, data)
        assert answer.status_code == status
        assert "Add to your vault" in answer.text
        assert 'id="file-fault"' in answer.text
    assert citizen.post("/import", files={"other": ("", b"")}).status_code == 422
    assert citizen.post("/import", data={"file": "text"}).status_code == 400
    assert citizen.get("/api/records").json()["items"] == []


def test_a_hostile_file_name_is_only_text(citizen: TestClient) -> None:
    answer = upload(citizen, b"letter", '"><script>alert(1)</script>.txt', "text/plain")
    assert "<script>alert" not in answer.text
    assert "<script>alert" not in citizen.get("/records").text


def test_a_refused_result_keeps_what_was_typed_beside_the_field_at_fault(citizen: TestClient) -> None:
    for field, value in (
        ("value", "0,80"),
        ("unit", "furlong"),
        ("taken_at", "2026-02-30"),
        ("taken_at", "2026-03-03"),
        ("taken_at", "0026-01-20"),
        ("range_low", "x"),
    ):
        answer = citizen.post("/type-in", data=TYPED | {field: value, "lab": 'Lab "<i>"'})
        assert answer.status_code == 422, field
        assert f'id="{field}-fault"' in answer.text
        assert f'value="{value}"' in answer.text
        assert "Lab &#34;&lt;i&gt;&#34;" in answer.text
        assert '<option value="magnesium" selected>' in answer.text
    assert "Magnesium can be in mmol/L, mg/dL" in citizen.post("/type-in", data=TYPED | {"unit": "furlong"}).text
    empty = citizen.post("/type-in", data={"lab": "Town"})
    assert empty.status_code == 422
    assert re.findall(r'<li><a href="#([a-z_]+)">', empty.text) == ["analyte", "value", "taken_at"]
    assert "Kept. It is locked with your key." in citizen.post("/type-in", data=TYPED).text


def test_a_result_shows_its_range_its_trend_and_its_units(citizen: TestClient) -> None:
    record_id = type_in(citizen, "0.66", range_low="0.70", range_high="1.00")
    type_in(citizen, "<0.5", taken_at="2025-06-01")
    page = citizen.get(f"/results/{record_id}", params={"unit": 2}).text
    assert "below the lab\u2019s range" in page
    assert "converted from <strong>0.66 mmol/L</strong>" in page
    assert 'data-bound="&lt;"' in page
    assert "Only you." in page
    assert citizen.get(f"/results/{record_id}", params={"unit": "furlong"}).status_code == 422
    assert citizen.get(f"/results/{record_id}", params={"part": 1}).status_code == 404


def test_a_record_goes_to_the_bin_and_comes_back(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    moved = citizen.post(f"/records/{record_id}/delete")
    assert "Undo" in moved.text
    assert "Bring back" in citizen.get("/bin").text
    assert "Add your first result" in citizen.get("/results").text
    assert "Move to the bin" in citizen.post(f"/records/{record_id}/restore").text


def test_the_newest_real_value_comes_first_and_a_later_sample_without_one_is_said_in_words(citizen: TestClient) -> None:
    real = type_in(citizen, "0.66", range_low="0.70", range_high="1.00")
    missing = observation(day="2026-02-03", dataAbsentReason={"text": "Not Performed"})
    del missing["valueQuantity"]
    upload(citizen, fhir(missing))
    page = citizen.get("/results").text
    said = "gave no value: Not Performed."
    assert f'/results/{real}"' in page
    assert '<span class="value">0.66</span>' in page
    assert said in page
    assert " data-outside" in page
    assert said in citizen.get(f"/results/{real}").text
    rows = citizen.get("/api/results", params={"analyte": "magnesium"}).json()["items"]
    other = citizen.get(f"/results/{rows[0]['record_id']}").text
    assert said in other
    assert other.index("Not Performed") < other.index('<p class="big"><span class="value">0.66</span>')


def test_a_test_that_never_gave_a_value_has_no_headline(citizen: TestClient) -> None:
    missing = observation(dataAbsentReason={"text": "Not Performed"})
    del missing["valueQuantity"]
    upload(citizen, fhir(missing))
    record_id = citizen.get("/api/results").json()["items"][0]["record_id"]
    assert '<span class="quiet">no value: Not Performed</span>' in citizen.get("/results").text
    assert 'class="big"' not in citizen.get(f"/results/{record_id}").text


def test_who_was_signed_out_while_typing_signs_in_and_finds_it_again(sqlite_house: House) -> None:
    citizen = confirmed(sqlite_house)
    nobody = sqlite_house.client
    door = nobody.post("/type-in", data=TYPED | {"lab": "Town <b>"})
    assert door.status_code == 401
    carried = dict(re.findall(r'<input type="hidden" name="(kept\.[a-z_]+)" value="([^"]*)">', door.text))
    assert carried == {f"kept.{name}": value for name, value in TYPED.items()} | {"kept.lab": "Town &lt;b&gt;"}
    person = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    slip = nobody.post("/sign-in", data={**person, **carried, "passphrase": "velvet glacier pencil"})
    assert 'name="kept.value" value="0.80"' in slip.text
    back = nobody.post("/sign-in", data={**person, **carried})
    assert back.headers["set-cookie"].startswith("__Host-session=")
    assert "What you typed is still here" in back.text
    assert 'value="0.80"' in back.text
    assert citizen.get("/api/results").json()["items"] == []
    other = nobody.post("/account/passphrase", data={})
    assert "What you just sent was not done" in other.text
