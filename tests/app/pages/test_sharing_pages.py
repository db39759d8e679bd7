"""Sharing by forms: four steps, nothing pre-ticked, exactly what was shown is what is given, stopped in one press."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import House, fhir, observation
from tests.app.pages.conftest import confirmed, type_in

WHAT = {"include": ["analyte:magnesium"]}
WHO = {"recipient.name": ["Dr <Okafor>"], "purpose": ["treatment"]}
HOW = {"days": ["7"], "passcode": ["482915"]}
ALL = WHAT | WHO | HOW
NEVER_MINE = "00000000-0000-4000-8000-000000000000"


def hidden(page: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        fields.setdefault(unescape(name), []).append(unescape(value))
    return fields


def press(client: TestClient, at: str, go: str, answers: dict[str, list[str]]) -> Any:
    return client.post("/share", data={"at": at, "go": go} | answers)


def check(client: TestClient, answers: dict[str, list[str]] = ALL) -> Any:
    return press(client, "how", "check", answers)


def give(client: TestClient, answers: dict[str, list[str]] = ALL) -> str:
    """The page of a share given."""
    checked = check(client, answers)
    assert checked.status_code == 200, checked.text
    return str(client.post("/share/agree", data=hidden(checked.text)).text)


def add(client: TestClient, *resources: dict[str, Any]) -> None:
    answer = client.post("/api/imports", content=fhir(*resources), headers={"Content-Type": "application/fhir+json"})
    assert answer.status_code == 201, answer.text


def address_of(page: str) -> str:
    found = re.search(r'action="(/shares/[0-9a-f-]{36})/stop"', page)
    assert found is not None
    return found[1]


def test_nothing_is_ticked_beforehand_but_what_was_pointed_at(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    assert " checked" not in citizen.get("/share").text
    assert " checked" not in press(citizen, "what", "who", WHAT).text
    assert " checked" not in press(citizen, "who", "how", WHAT | WHO).text
    pointed = citizen.get("/share", params={"record": record_id}).text
    assert re.findall(r'value="([^"]+)" checked', pointed) == [f"record_id:{record_id}"]


def test_the_steps_are_walked_one_page_each_with_their_number(citizen: TestClient) -> None:
    type_in(citizen)
    first = citizen.get("/share").text
    assert ("Step 1 of 4" in first, "Magnesium (1)" in first) == (True, True)
    second = press(citizen, "what", "who", hidden(first) | WHAT).text
    assert "Step 2 of 4" in second
    third = press(citizen, "who", "how", hidden(second) | WHO).text
    assert "Step 3 of 4" in third
    assert re.search(r'name="passcode"[^>]*\s+value="\d{6}"', third)
    assert '<option value="7" selected>' in third
    fourth = press(citizen, "how", "check", hidden(third) | HOW).text
    assert ("Step 4 of 4" in fourth, "exactly this 1 record" in fourth, "482915" in fourth) == (True, True, True)


def test_going_back_keeps_every_answer_even_one_that_is_wrong(citizen: TestClient) -> None:
    type_in(citizen)
    wrong = {"days": ["30"], "passcode": ["12"], "max_opens": ["many"], "actions": ["print"]}
    second = press(citizen, "how", "who", WHAT | WHO | wrong)
    assert second.status_code == 200
    assert 'value="Dr &lt;Okafor&gt;"' in second.text
    first = press(citizen, "who", "what", hidden(second.text) | WHO).text
    assert re.findall(r'value="([a-z:]+)" checked', first) == ["analyte:magnesium"]
    third = press(citizen, "who", "how", hidden(first) | WHAT | WHO).text
    for value in ("12", "many"):
        assert f'value="{value}"' in third
    assert '<option value="30" selected>' in third
    assert re.findall(r'value="([a-z:]+)" checked', third) == ["print"]


def test_check_your_answers_names_what_leaves_and_what_is_held_back(citizen: TestClient) -> None:
    type_in(citizen)
    unsorted = observation(code={"text": "Mystery test"}, day="2026-01-21")
    citizen.post("/api/imports", content=fhir(unsorted), headers={"Content-Type": "application/json"})
    page = check(citizen, ALL | {"include": ["kind:observation"]}).text
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
    assert ("482915" in page, "Read the passcode aloud" in page) == (True, True)
    assert "This link opens only on this computer" in page
    address = address_of(page)
    picture = citizen.get(f"{address}/qr.svg")
    assert (picture.headers["content-type"], picture.text[:4]) == ("image/svg+xml", "<svg")
    assert "style=" not in picture.text
    assert "Dr &lt;Okafor&gt;" in citizen.get(f"/results/{record_id}").text
    assert "482915" not in citizen.get(address).text
    receipt = citizen.get(f"{address}/receipt.json")
    assert receipt.headers["content-disposition"] == 'attachment; filename="receipt.json"'
    assert "signature" in receipt.json()
    stopped = citizen.post(f"{address}/stop")
    assert "The link opens nothing any more" in stopped.text
    assert citizen.get(f"{address}/qr.svg").status_code == 404
    assert "Only you." in citizen.get(f"/results/{record_id}").text
    assert "Stopped by you" in citizen.get("/shares").text
    assert "stopped a share" in citizen.get("/who-looked").text


def test_agreeing_to_a_list_that_changed_shows_the_new_list_and_keeps_every_answer(citizen: TestClient) -> None:
    type_in(citizen)
    checked = check(citizen)
    type_in(citizen, "0.91", taken_at="2026-01-25")
    answer = citizen.post("/share/agree", data=hidden(checked.text))
    assert answer.status_code == 409
    assert "has changed since you looked" in answer.text
    assert "exactly these 2 records" in answer.text
    assert "482915" in answer.text
    assert "Nobody can see anything of yours" in citizen.get("/shares").text
    assert "Ready to share" in citizen.post("/share/agree", data=hidden(answer.text)).text


FAULTS = [
    ("what", "include", {"include": []}),
    ("what", "include", {"include": ["analyte:nonsense"]}),
    ("what", "include", {"include": ["nonsense"]}),
    ("what", "taken_from", {"taken_from": ["2026-02-30"]}),
    ("what", "taken_until", {"taken_from": ["2026-02-02"], "taken_until": ["2026-01-01"]}),
    ("who", "purpose", {"purpose": []}),
    ("who", "recipient-name", {"recipient.name": [""]}),
    ("who", "recipient-email", {"recipient.email": ["nonsense"]}),
    ("how", "max_opens", {"max_opens": ["-1"]}),
    ("how", "passcode", {"passcode": ["1"]}),
    ("how", "days", {"days": ["999"]}),
]


@pytest.mark.parametrize(("step", "field", "change"), FAULTS)
def test_each_fault_stays_in_its_step_beside_its_field_and_keeps_the_rest(
    citizen: TestClient, step: str, field: str, change: dict[str, list[str]]
) -> None:
    type_in(citizen)
    onward = {"what": "who", "who": "how", "how": "check"}[step]
    answers = {name: values for name, values in (ALL | change).items() if values}
    for answer in (press(citizen, step, onward, answers), press(citizen, "check", "check", answers)):
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert f'id="{field}"' in answer.text
        assert f"Step {['what', 'who', 'how'].index(step) + 1} of 4" in answer.text
        for name, values in answers.items():
            kept = hidden(answer.text).get(name) == values or name in change
            assert kept or all(f'value="{unescape(v)}"' in unescape(answer.text) for v in values), name


def test_a_step_says_all_that_is_missing_at_once(citizen: TestClient) -> None:
    type_in(citizen)
    answer = press(citizen, "who", "how", WHAT | {"recipient.email": ["nonsense"]})
    listed = re.findall(r'<li><a href="#([a-z-]+)">', answer.text)
    assert sorted(listed) == ["purpose", "recipient-email", "recipient-name"]


def test_a_record_that_is_not_mine_is_a_fault_in_the_form_and_loses_nothing(citizen: TestClient) -> None:
    type_in(citizen)
    odd = ALL | {"include": ["analyte:magnesium", f"record_id:{NEVER_MINE}"]}
    for answer in (
        press(citizen, "what", "who", odd),
        check(citizen, odd),
        citizen.get("/share", params={"record": NEVER_MINE}),
        citizen.get("/share", params={"record": "not-an-id"}),
    ):
        assert answer.status_code == 422
        assert "is not in your vault" in answer.text
        assert "Step 1 of 4" in answer.text
    kept = check(citizen, odd).text
    assert re.findall(r'value="([^"]+)" checked', kept) == ["analyte:magnesium"]
    assert hidden(kept)["passcode"] == ["482915"]


def test_another_citizens_share_is_not_there(sqlite_house: House) -> None:
    ada, eve = confirmed(sqlite_house), confirmed(sqlite_house, "eve@example.org")
    type_in(ada)
    address = address_of(give(ada))
    for path in ("", "/qr.svg", "/receipt", "/again"):
        assert eve.get(address + path).status_code == 404
    assert eve.post(f"{address}/stop").status_code == 404
    assert eve.get("/shares/not-an-id").status_code == 404


def test_a_share_form_sent_twice_shares_once(citizen: TestClient) -> None:
    type_in(citizen)
    checked = check(citizen)
    first = citizen.post("/share/agree", data=hidden(checked.text))
    second = citizen.post("/share/agree", data=hidden(checked.text))
    assert address_of(first.text) == address_of(second.text)
    assert len(citizen.get("/api/grants").json()["items"]) == 1


def test_one_answer_is_changed_from_the_check_and_leads_back_there(citizen: TestClient) -> None:
    type_in(citizen)
    answers = ALL | {"days": ["30"], "taken_from": ["2026-01-01"], "taken_until": ["2026-01-31"], "max_opens": ["3"]}
    checked = check(citizen, answers).text
    for step in ("what", "who", "how"):
        page = citizen.post("/share", data=hidden(checked) | {"go": step}).text
        assert "Back to check your answers" in page
        for value in ("2026-01-01", "2026-01-31", "482915", "3", "Dr &lt;Okafor&gt;"):
            assert f'value="{value}"' in page, (step, value)
    who = citizen.post("/share", data=hidden(checked) | {"go": "who"}).text
    again = citizen.post("/share", data=hidden(who) | {"go": "check", "recipient.name": "", "purpose": "family"})
    assert (again.status_code, "Back to check your answers" in again.text) == (422, True)
    again = citizen.post("/share", data=hidden(who) | {"go": "check", "recipient.name": "Mum", "purpose": "family"})
    assert ("Step 4 of 4" in again.text, "Mum" in again.text, "482915" in again.text) == (True, True, True)


def test_show_this_to_my_doctor_leads_straight_to_the_check(citizen: TestClient) -> None:
    type_in(citizen)
    page = citizen.post("/share/doctor", data={"test": "magnesium"})
    assert page.status_code == 200
    assert ("Step 4 of 4" in page.text, "My doctor" in page.text, "7 days" in page.text) == (True, True, True)
    answers = hidden(page.text)
    assert re.fullmatch(r"\d{6}", answers["passcode"][0])
    assert (answers["include"], answers["purpose"]) == (["analyte:magnesium"], ["treatment"])
    who = citizen.post("/share", data=answers | {"go": "who"}).text
    assert 'value="My doctor"' in who
    assert "Ready to share with My doctor" in citizen.post("/share/agree", data=answers).text
    assert citizen.post("/share/doctor", data={"test": "nonsense"}).status_code == 422
    assert citizen.post("/share/doctor", data={"x": "y"}).status_code == 422


def test_share_again_fills_in_the_answers_of_an_ended_or_active_share_and_gives_nothing(citizen: TestClient) -> None:
    type_in(citizen)
    more = {"days": ["30"], "max_opens": ["3"], "actions": ["print"], "taken_from": ["2026-01-01"]}
    address = address_of(give(citizen, ALL | more))
    for _ in range(2):
        again = hidden(citizen.get(f"{address}/again").text)
        assert again["passcode"] != ["482915"]
        assert {name: again[name] for name in [*more, *WHAT, *WHO]} == more | WHAT | WHO
        citizen.post(f"{address}/stop")
    assert len(citizen.get("/api/grants").json()["items"]) == 1
    assert "Ready to share" in citizen.post("/share/agree", data=again).text


def doubts_in(page: str) -> list[str]:
    return re.findall(r'data-code="([a-z-]+)"', page)


def test_what_may_contradict_the_wish_is_said_before_it_is_given_and_blocks_nothing(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    assert doubts_in(check(citizen).text) == []
    wide = {"passcode": [""], "max_opens": ["1"], "actions": ["download"], "recipient.name": ["Everyone"]}
    page = check(citizen, ALL | wide).text
    assert doubts_in(page) == ["no-passcode", "for-many", "soon-used-up", "download"]
    assert "Anyone who gets hold of the link can open it" in page
    add(citizen, {"resourceType": "Condition", "code": {"text": "An ailment"}})
    ailment = next(
        each["record_id"] for each in citizen.get("/api/records").json()["items"] if each["record_id"] != record_id
    )
    page = check(citizen, ALL | {"include": [f"record_id:{ailment}"]}).text
    assert doubts_in(page) == ["whole-record"]
    assert "Ready to share" in citizen.post("/share/agree", data=hidden(page)).text


def test_a_long_vault_is_searched_and_ticks_stay(citizen: TestClient) -> None:
    record_id = type_in(citizen)
    many = [{"resourceType": "Condition", "code": {"text": f"Ailment {n}"}} for n in range(30)]
    add(citizen, *many)
    first = citizen.get("/share").text
    assert ("Conditions (30)" in first, "And 20 older ones" in first) == (True, True)
    ticked = {"include": ["analyte:magnesium", f"record_id:{record_id}"], "find": ["ailment 29"]}
    found = press(citizen, "what", "find", ticked).text
    assert found.count("Ailment") == 1
    assert re.findall(r'value="([^"]+)" checked', found) == [f"record_id:{record_id}", "analyte:magnesium"]
    assert "No test has that name" not in found
    assert "No single record" in press(citizen, "what", "find", {"find": ["zzz"]}).text
    assert "ailment 29" not in press(citizen, "what", "all", ticked).text


def test_a_document_goes_as_pictures_and_the_check_says_so(citizen: TestClient) -> None:
    made = citizen.post("/api/imports", content=b"Dear Dr Lee", headers={"Content-Type": "text/plain"})
    assert made.status_code == 201
    (record,) = citizen.get("/api/records").json()["items"]
    named = ALL | {"include": [f"record_id:{record['record_id']}"]}
    page = check(citizen, named).text
    assert "Its pages go as pictures" in page
    assert "The file can\u2019t be saved." in page
    assert doubts_in(page) == ["document"]
    assert "The file goes too." in check(citizen, named | {"actions": ["download"]}).text


def test_an_empty_vault_says_so(citizen: TestClient) -> None:
    assert "nothing to share" in citizen.get("/share").text


def test_the_help_page_is_there_for_everybody_and_named_neutrally(sqlite_house: House) -> None:
    for client in (sqlite_house.client, confirmed(sqlite_house)):
        page = client.get("/help/pressure").text
        assert "<title>Help " in page
        assert ("0808 2000 247" in page, "999" in page, "United Kingdom" in page) == (True, True, True)
