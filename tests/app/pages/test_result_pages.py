"""The list of tests and the page of one: what is shown, what is logged, what stays out of addresses."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from app.pages.results import GROUPS_FROM
from tests.app.conftest import House, fhir, observation
from tests.app.pages.conftest import type_in
from vault.health.catalogue import Analyte, all_analytes

RANGE = [{"low": {"value": 0.7, "unit": "mmol/L"}, "high": {"value": 1.0, "unit": "mmol/L"}}]


def add(client: TestClient, *resources: dict[str, object]) -> None:
    sent = {"Content-Type": "application/fhir+json"}
    answer = client.post("/api/imports?filename=a.json", content=fhir(*resources), headers=sent)
    assert answer.status_code == 201, answer.text


def shown(text: str) -> list[str]:
    """The titles of the rows that aren't hidden."""
    rows = re.findall(r'<li class="result"([^>]*)>.*?<h3><a[^>]*>(.*?)</a>', text, re.DOTALL)
    return [title for attributes, title in rows if not attributes.endswith(" hidden")]


def test_a_line_says_value_range_standing_date_and_source(citizen: TestClient) -> None:
    type_in(citizen, "0.66", range_low="0.70", range_high="1.00", lab="City Laboratory")
    text = " ".join(re.sub("<[^>]+>", " ", citizen.get("/results").text).split())
    for words in (
        "0.66 mmol/L",
        "below the lab\u2019s range",
        "0.70 to 1.00",
        "20 Jan 2026",
        "City Laboratory",
        "typed by you",
    ):
        assert words in text
    for words in ("normal", "abnormal", "fine", "good", "bad"):
        assert not re.search(rf"\b{words}\b", text)


def test_what_was_typed_claims_no_name_of_a_lab(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    assert "The lab\u2019s name" not in citizen.get("/results").text
    page = citizen.get(f"/results/{record_id}").text
    assert "The lab\u2019s name" not in page
    assert "Magnesium (serum/plasma)" in page


def test_a_few_tests_need_no_search(citizen: TestClient) -> None:
    for analyte in ("magnesium", "potassium", "sodium"):
        type_in(citizen, analyte=analyte)
    assert "data-finder" not in citizen.get("/results").text
    type_in(citizen, analyte="chloride")
    assert "data-finder" in citizen.get("/results").text


def test_the_usual_test_of_a_kind_comes_first_in_the_list(citizen: TestClient) -> None:
    kinds = re.findall(r'<option value="(magnesium\w*)"', citizen.get("/type-in").text)
    assert kinds[0] == "magnesium"


def test_within_and_without_a_range_are_said_plainly(citizen: TestClient) -> None:
    type_in(citizen, "0.80", range_low="0.70", range_high="1.00")
    assert "in the lab\u2019s range" in citizen.get("/results").text
    type_in(citizen, "0.81", taken_at="2026-02-01")
    text = citizen.get("/results").text
    assert "no range given" in text
    assert "in the lab\u2019s range" not in text


def test_search_finds_by_common_name_by_the_labs_and_by_others(citizen: TestClient) -> None:
    type_in(citizen)
    type_in(citizen, "4.2", analyte="potassium")
    type_in(citizen, "60", analyte="alt", unit="U/L")
    for wanted, found in (
        ("magn", ["Magnesium"]),
        ("Moles serum", []),
        ("alanine", ["ALT"]),
        ("sgpt", ["ALT"]),
        ("agnes", []),
        ("", ["ALT", "Magnesium", "Potassium"]),
    ):
        answer = citizen.post("/results", data={"find": wanted})
        assert sorted(shown(answer.text)) == found, wanted
        assert f"{len(found)} of 3 tests" in answer.text or len(found) == 3


def test_the_filter_shows_only_what_is_outside_its_own_labs_range(citizen: TestClient) -> None:
    type_in(citizen, "0.66", range_low="0.70", range_high="1.00")
    type_in(citizen, "4.2", analyte="potassium", range_low="3.5", range_high="5.1")
    type_in(citizen, "160", analyte="sodium")
    assert shown(citizen.get("/results?show=outside").text) == ["Magnesium"]
    assert shown(citizen.post("/results", data={"find": "pot", "show": "outside"}).text) == []


def test_a_pinned_test_stands_on_top_until_it_is_unpinned(citizen: TestClient) -> None:
    type_in(citizen)
    type_in(citizen, "4.2", analyte="potassium")
    assert shown(citizen.get("/results").text) == ["Magnesium", "Potassium"]
    answer = citizen.post("/results/pins", data={"test": "potassium", "keep": "yes"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/results")
    assert shown(citizen.get("/results").text) == ["Potassium", "Magnesium"]
    citizen.post("/results/pins", data={"test": "potassium", "keep": "no"})
    assert shown(citizen.get("/results").text) == ["Magnesium", "Potassium"]
    assert citizen.post("/results/pins", data={"test": "nonsense", "keep": "yes"}).status_code == 422


def test_a_name_outside_the_catalogue_never_joins_an_analyte(citizen: TestClient) -> None:
    add(citizen, observation(), observation("0.9", code={"text": "magnesium"}, day="2026-02-01"))
    text = citizen.get("/results").text
    assert len(shown(text)) == 2


def test_one_look_at_a_result_is_one_entry(sqlite_house: House, citizen: TestClient) -> None:
    record_id = type_in(citizen)
    for path in ("/results", f"/results/{record_id}"):
        before = len(citizen.get("/api/log").json()["items"])
        assert citizen.get(path).status_code == 200
        assert len(citizen.get("/api/log").json()["items"]) == before + 1, path


def test_no_address_on_these_pages_holds_a_health_word(citizen: TestClient) -> None:
    record_id = type_in(citizen, "0.66", range_low="0.70", range_high="1.00")
    for path in ("/results", f"/results/{record_id}", f"/results/{record_id}?unit=2"):
        text = citizen.get(path).text
        for address in re.findall(r'(?:href|action)="([^"]*)"', text):
            assert not re.search("magn|mmol|mg|dL", address), address


def test_a_unit_is_chosen_by_its_number_and_the_original_stays_beside(citizen: TestClient) -> None:
    record_id = type_in(citizen, "0.72", range_low="0.70", range_high="1.00")
    text = citizen.get(f"/results/{record_id}?unit=2").text
    assert "converted from <strong>0.72 mmol/L</strong>" in text
    assert ">1.7</span>" in text
    assert "1.70 to 2.43" in text
    assert "in the lab\u2019s range" in text
    assert "below the lab" not in text
    assert citizen.get(f"/results/{record_id}?unit=0").status_code == 200
    assert citizen.get(f"/results/{record_id}?unit=99").status_code == 422
    assert citizen.get(f"/results/{record_id}?unit=mg").status_code == 422


def test_programs_see_tests_pins_and_one_result_too(sqlite_house: House, citizen: TestClient) -> None:
    record_id = type_in(citizen, "1.75", unit="mg/dL", range_low="1.70", range_high="2.43")
    type_in(citizen, "4.2", analyte="potassium")
    assert citizen.put("/api/results/pins", json={"test": "potassium", "pinned": True}).status_code == 204
    first, second = citizen.get("/api/results/latest").json()["items"]
    assert (first["test"], first["pinned"], first["standing"]) == ("potassium", True, "no-range")
    assert (second["test"], second["pinned"], second["count"]) == ("magnesium", False, 1)
    assert citizen.put("/api/results/pins", json={"test": "potassium", "pinned": False}).status_code == 204
    assert [each["pinned"] for each in citizen.get("/api/results/latest").json()["items"]] == [False, False]
    assert citizen.put("/api/results/pins", json={"test": "nonsense", "pinned": True}).status_code == 422
    one = citizen.get(f"/api/results/{record_id}", params={"unit": "mmol/L"}).json()
    assert (one["result"]["value"], one["result"]["original"]["value"], one["unit"]) == ("0.720", "1.75", "mmol/L")
    assert (one["standing"], len(one["items"]), one["earlier"]) == ("within", 1, [])
    assert citizen.get(f"/api/results/{record_id}", params={"part": 7}).status_code == 404
    assert citizen.get("/api/results/nothing").status_code == 404
    assert citizen.get(f"/api/results/{record_id}", params={"unit": "kg"}).status_code == 422
    assert sqlite_house.client.get("/api/results/latest").status_code == 401


def test_what_the_lab_corrected_is_shown_beside_what_it_said_before(citizen: TestClient) -> None:
    add(citizen, observation("0.70", id="one"))
    add(citizen, observation("0.72", id="one", status="corrected"))
    record_id = citizen.get("/api/results").json()["items"][0]["record_id"]
    text = citizen.get(f"/results/{record_id}").text
    assert "corrected by the lab" in text
    assert "Before it was changed" in text
    earlier = citizen.get(f"/api/results/{record_id}").json()["earlier"]
    assert earlier == [{"version": 1, "value": "0.7", "unit": "mmol/L"}]


def test_every_result_says_whom_to_ask(citizen: TestClient) -> None:
    inside = type_in(citizen, "0.80", range_low="0.70", range_high="1.00")
    words = "Outside the range is common. Ask whoever ordered the test."
    assert words in citizen.get(f"/results/{inside}").text
    assert words in citizen.get("/results").text


def test_the_button_for_a_doctor_leads_to_the_share_of_this_test(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    text = citizen.get(f"/results/{record_id}").text
    assert '<form method="post" action="/share/doctor"><input type="hidden" name="test" value="magnesium">' in text
    answer = citizen.post("/share/doctor", data={"test": "magnesium"})
    assert answer.status_code == 200
    assert "magnesium" not in str(answer.url).lower()
    add(citizen, observation("0.9", code={"text": "Vitamin K1"}))
    others = [each for each in citizen.get("/api/results").json()["items"] if each["analyte"] is None]
    text = citizen.get(f"/results/{others[0]['record_id']}").text
    assert f'href="/share?record={others[0]["record_id"]}"' in text
    assert citizen.get(f"/share?record={others[0]['record_id']}").status_code == 200


def test_who_can_see_a_result_is_named_on_its_page(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    assert "Only you." in citizen.get(f"/results/{record_id}").text
    terms = {
        "recipient": {"name": "Dr Lee"},
        "purpose": "treatment",
        "include": [{"analyte": "magnesium"}],
        "exclude": [],
        "expires_at": "2026-03-08T12:00:00Z",
        "actions": ["view"],
    }
    statement = citizen.post("/api/grants/preview", json=terms).json()["statement"]
    said = {key: statement[key] for key in ("id", "version")}
    assert citizen.post("/api/grants", json=terms | {"statement": said}).status_code == 201
    text = citizen.get(f"/results/{record_id}").text
    assert "Dr Lee</a>, until" in text
    assert "Only you." not in text


def test_many_tests_stand_under_the_names_of_their_panels(citizen: TestClient) -> None:
    known = [analyte for analyte in all_analytes() if not analyte.sensitive][: GROUPS_FROM + 1]
    resources = [observation("1.0", analyte.units[0], code=_coded(analyte)) for analyte in known]
    add(citizen, *resources)
    text = citizen.get("/results").text
    assert len(shown(text)) == len(known)
    headings = re.findall(r'<h2 id="s-\d+">(.*?)</h2>', text)
    assert headings == ["Salts and minerals", "Bones", "Kidneys", "Liver and proteins", "Urine"]
    citizen.post("/results/pins", data={"test": "sodium", "keep": "yes"})
    again = citizen.get("/results").text
    assert re.findall(r'<h2 id="s-\d+">(.*?)</h2>', again) == ["Pinned", *headings]
    assert shown(again)[0] == "Sodium"


def _coded(analyte: Analyte) -> dict[str, object]:
    return {"coding": [{"system": "http://loinc.org", "code": analyte.code}], "text": analyte.name}
