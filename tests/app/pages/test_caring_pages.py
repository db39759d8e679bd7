"""Pages of looking after somebody: whose vault one is in, what one may do there, and who let whom in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from app.deps import citizen_session
from tests.app.conftest import PASSPHRASE, House
from tests.app.pages.conftest import confirmed, type_in
from tests.app.pages.test_lent_pages import all_routes
from tests.auth.conftest import ANOTHER, ORIGIN

SAM = {"name": "Sam Example", "birth_date": "2018-05-06", "colour": "plum"}

# Of nobody: for who has lost every way in or has none yet, or looks at a share.
OF_NOBODY = {"/take-over", "/come-back/no", "/view", "/open"}


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


def address(page: str, last: str) -> str:
    found = re.search(rf'action="(/[^"]+/{last})"', page)
    assert found is not None, page
    return found[1]


def make_sam(client: TestClient) -> str:
    page = client.post("/looking-after/new", data=SAM)
    assert page.status_code == 200, page.text
    return address(page.text, "go")


def let_in(owner: TestClient, carer: TestClient, *powers: str) -> None:
    page = owner.post("/carers/invite", data={"called": "Ben", "powers": list(powers)} | whose(owner)).text
    link = re.search(r'value="(http[^"]+#hvi1_[^"]+)"', page)
    assert link is not None, page
    assert carer.post("/looking-after/answer", data={"invitation": link[1]}).status_code == 200
    accept = address(owner.get("/carers").text, "accept")
    assert owner.post(accept, data={"powers": list(powers)} | whose(owner)).status_code == 200


def whose(client: TestClient) -> dict[str, str]:
    stated = hidden(client.get("/carers/invite").text).get("opened-in")
    return {"opened-in": stated} if stated else {}


@pytest.fixture
def ben(citizen: TestClient, sqlite_house: House) -> TestClient:
    return confirmed(sqlite_house, "ben@example.org")


def go(client: TestClient) -> str:
    """Into the vault of the first person on the list; an id to state in its forms."""
    client.post(address(client.get("/looking-after").text, "go"))
    return hidden(client.get("/looking-after").text)["opened-in"]


def test_a_vault_made_for_somebody_says_on_every_page_whose_it_is(citizen: TestClient) -> None:
    citizen.post(make_sam(citizen))
    for path in ("/results", "/records", "/add", "/shares", "/who-looked", "/notices", "/carers", "/looking-after"):
        page = citizen.get(path).text
        assert ("acting plum" in page, "<strong>Sam Example</strong>" in page) == (True, True), path
    citizen.post("/looking-after/back")
    assert "Sam Example</strong>" not in citizen.get("/results").text


def test_every_page_that_opens_while_acting_says_whose_vault_it_is(citizen: TestClient, sqlite_house: House) -> None:
    citizen.post(make_sam(citizen))
    opened = []
    for route in all_routes(sqlite_house.client.app.router.routes):  # type: ignore[attr-defined]
        elsewhere = route.path.startswith(("/api", "/health", "/admin", "/leave"))
        if "GET" not in route.methods or "{" in route.path or elsewhere:
            continue
        answer = citizen.get(route.path, follow_redirects=False)
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            says = "acting plum" in answer.text and "<strong>Sam Example</strong>" in answer.text
            opened.append((route.path, says))
    assert len(opened) > 15
    assert {path for path, says in opened if not says} == OF_NOBODY


def test_what_is_typed_in_for_somebody_is_in_their_vault_and_not_in_ones_own(citizen: TestClient) -> None:
    citizen.post(make_sam(citizen))
    form = hidden(citizen.get("/type-in").text)
    typed = {"analyte": "magnesium", "value": "0.91", "unit": "mmol/L", "taken_at": "2026-01-20"}
    assert citizen.post("/type-in", data=typed | form).status_code == 200
    assert "0.91" in citizen.get("/results").text
    citizen.post("/looking-after/back")
    assert "0.91" not in citizen.get("/results").text


def test_a_form_of_one_persons_vault_is_refused_in_anothers(citizen: TestClient) -> None:
    typed = {"analyte": "magnesium", "value": "0.91", "unit": "mmol/L", "taken_at": "2026-01-20"}
    own_form = hidden(citizen.get("/type-in").text)
    assert "opened-in" not in own_form
    citizen.post(make_sam(citizen))
    sams_form = hidden(citizen.get("/type-in").text)
    assert citizen.post("/type-in", data=typed | own_form).status_code == 409
    citizen.post("/looking-after/back")
    refused = citizen.post("/type-in", data=typed | sams_form)
    assert (refused.status_code, "another person" in refused.text) == (409, True)
    assert "0.91" not in citizen.get("/results").text
    citizen.post(make_sam(citizen))
    assert citizen.post("/type-in", data=typed | sams_form).status_code == 409


def test_a_carer_sees_and_does_only_what_was_ticked(citizen: TestClient, ben: TestClient) -> None:
    record_id = type_in(citizen)
    let_in(citizen, ben, "view")
    stated = go(ben)
    assert "0.66" in ben.get(f"/results/{record_id}").text or ben.get(f"/results/{record_id}").status_code == 200
    typed = {"analyte": "magnesium", "value": "0.91", "unit": "mmol/L", "taken_at": "2026-01-20", "opened-in": stated}
    assert ben.post("/type-in", data=typed).status_code == 403
    assert ben.get("/share").status_code == 403
    assert ben.post(f"/records/{record_id}/delete", data={"opened-in": stated}).status_code == 403
    assert ben.get("/account").status_code == 403
    assert 'href="/shares"' not in ben.get("/results").text


def test_a_carer_cant_let_others_in(citizen: TestClient, ben: TestClient) -> None:
    let_in(citizen, ben, "view", "upload", "share")
    stated = go(ben)
    page = ben.get("/carers").text
    assert ("Invite a carer" in page, "Remove" in page) == (False, False)
    assert ben.post("/carers/invite", data={"called": "Eve", "powers": "view", "opened-in": stated}).status_code == 403


def test_a_removed_carer_lands_in_their_own_vault(citizen: TestClient, ben: TestClient) -> None:
    type_in(citizen)
    let_in(citizen, ben, "view")
    go(ben)
    gone = citizen.post(address(citizen.get("/carers").text, "remove"))
    assert "Nobody was told" in gone.text
    page = ben.get("/results").text
    assert ("acting" in page, "Ada" in page) == (False, False)


def test_the_history_names_the_carer_who_looked(citizen: TestClient, ben: TestClient) -> None:
    record_id = type_in(citizen)
    let_in(citizen, ben, "view")
    go(ben)
    ben.get(f"/results/{record_id}")
    page = citizen.get("/who-looked").text
    assert page.count('Ada Example <span class="tag">carer</span>') >= 2
    theirs = ben.get("/who-looked").text
    assert "Someone who looks after you" not in theirs


def test_an_empty_vault_offers_a_carer_only_what_they_may_do(citizen: TestClient, ben: TestClient) -> None:
    let_in(citizen, ben, "view")
    go(ben)
    page = ben.get("/results").text
    assert ("No results yet" in page, 'href="/add' in page, 'href="/type-in"' in page) == (True, False, False)
    type_in(citizen)
    page = ben.get("/results").text
    assert ("0.66" in page or "Magnesium" in page, 'href="/add' in page, 'href="/share"' in page) == (
        True,
        False,
        False,
    )


def test_the_holders_own_powers_are_shown_and_not_offered_for_change(citizen: TestClient) -> None:
    citizen.post(make_sam(citizen))
    page = citizen.get("/carers").text
    assert ("Holds this vault." in page, "Add records" in page) == (True, True)
    assert ('type="checkbox"' in page, "Remove" in page) == (False, False)


def test_a_review_that_is_due_is_settled_by_one_press(citizen: TestClient, sqlite_house: House) -> None:
    young = SAM | {"birth_date": f"{sqlite_house.clock.now().year - 12}-01-01"}
    citizen.post("/looking-after/new", data=young)
    page = citizen.get("/looking-after").text
    assert "Sam Example is 11 now" in page
    page = citizen.post(address(page, "reviewed")).text
    assert "is 11 now" not in page


def test_carers_hear_of_a_review_in_the_app_and_by_mail_without_a_health_word(
    citizen: TestClient, sqlite_house: House
) -> None:
    house = sqlite_house.services
    citizen.put("/api/account/notices", json={"by_mail": True})
    year = sqlite_house.clock.now().year
    citizen.post("/looking-after/new", data=SAM | {"birth_date": f"{year - 11}-12-24"})
    sqlite_house.clock.advance(datetime(year + 1, 1, 1, tzinfo=UTC) - sqlite_house.clock.now())
    house.runner.announce()
    for _twice in range(2):  # The mail leaves after the notice is there.
        house.runner.run_due()
        sqlite_house.clock.advance(timedelta(minutes=1))
    (letter,) = (message_from_bytes(each.read_bytes()) for each in (house.settings.data / "outbox").glob("*.eml"))
    text = letter.get_payload(decode=True).decode()
    assert "talk with someone you look after" in text
    assert not any(word in f"{letter['Subject']} {text}".lower() for word in ("health", "record", "result", "sam"))
    client = sqlite_house.bearer(house.sessions.with_passphrase("ada@example.org", PASSPHRASE, ORIGIN).token)
    assert "Someone you look after has grown" in client.get("/notices").text


def test_a_vault_is_held_again_by_the_sheet_that_was_shown_once(citizen: TestClient, ben: TestClient) -> None:
    sheet = citizen.post("/looking-after/new", data=SAM).text
    number, groups = (
        re.findall(r'<dd class="code">([^<]+)</dd>', sheet)[0],
        re.findall(r"<li>([0-9A-Z]{4})</li>", sheet),
    )
    wrong = {"number": "nonsense", "recovery_code": "-".join(groups)}
    refused = ben.post("/looking-after/sheet", data=wrong)
    assert (refused.status_code, "not right" in refused.text, groups[3] in refused.text) == (401, True, False)
    assert ben.post("/looking-after/sheet", data={}).text.count('class="fault"') == 2
    page = ben.post("/looking-after/sheet", data={"number": number.upper(), "recovery_code": " ".join(groups).lower()})
    assert "You hold the vault of Sam Example" in page.text
    go(ben)
    assert "acting teal" in ben.get("/results").text
    assert "You hold this vault" in ben.get("/looking-after").text


def hand_over(citizen: TestClient, visitor: TestClient) -> tuple[str, str]:
    """The digits that the person sees, and their recovery code."""
    page = citizen.post("/looking-after/hand-over/invite", data=whose(citizen)).text
    link = re.search(r'value="(http[^"]+/take-over#hvi1_[^"]+)"', page)
    assert link is not None, page
    answers = {"invitation": link[1], "email": "sam@example.org", "new_passphrase": ANOTHER}
    sheet = visitor.post("/take-over", data=answers).text
    groups = re.findall(r"<li>([0-9A-Z]{4})</li>", sheet)
    kept = visitor.post("/take-over/kept", data=hidden(sheet)).text
    done = visitor.post("/take-over/kept", data=hidden(kept) | {"last_group": groups[-1].lower()}).text
    digits = re.search(r'id="digits">(\d{3} \d{3})<', done)
    assert digits is not None, done
    return digits[1], "-".join(groups)


def test_a_vault_handed_over_by_pages_is_signed_in_to_by_the_person_alone(
    citizen: TestClient, sqlite_house: House
) -> None:
    citizen.post(make_sam(citizen))
    digits, _ = hand_over(citizen, sqlite_house.client)
    page = citizen.get("/looking-after/hand-over").text
    assert "sam@example.org" in page
    wrong = citizen.post("/looking-after/hand-over", data={"digits": "1"} | whose(citizen))
    assert (wrong.status_code, "not the digits" in wrong.text) == (422, True)
    gone = citizen.post("/looking-after/hand-over", data={"digits": digits} | whose(citizen))
    assert "The vault is theirs now" in gone.text
    assert "Sam Example" not in citizen.get("/looking-after").text
    assert "acting plum" not in citizen.get("/results").text
    token = sqlite_house.services.sessions.with_passphrase("sam@example.org", ANOTHER, ORIGIN).token
    assert sqlite_house.bearer(token).get("/results").status_code == 200


def test_an_answer_to_take_over_keeps_what_was_typed_and_never_the_passphrase(sqlite_house: House) -> None:
    typed = {"invitation": "x#hvi1_nothing", "email": "sam@example.org", "new_passphrase": ANOTHER}
    page = sqlite_house.client.post("/take-over", data=typed)
    assert (page.status_code, "sam@example.org" in page.text, ANOTHER in page.text) == (422, True, False)
    page = sqlite_house.client.post("/take-over", data={})
    assert page.text.count('class="fault"') == 3
    page = sqlite_house.client.post("/take-over/kept", data={"last_group": "0000"})
    assert page.status_code == 422


def routes_for_citizens(house: House) -> Iterator[tuple[str, str]]:
    for route in all_routes(house.client.app.router.routes):  # type: ignore[attr-defined]
        if asks_for_citizen(route):
            yield from ((method, route.path) for method in route.methods)


def asks_for_citizen(route: APIRoute) -> bool:
    waiting = [route.dependant]
    while waiting:
        each = waiting.pop()
        if each.call is citizen_session or getattr(each.call, "__name__", "").endswith("citizen"):
            return True
        waiting += each.dependencies
    return False


def test_without_a_power_every_page_but_a_carers_own_list_is_refused(
    citizen: TestClient, ben: TestClient, sqlite_house: House
) -> None:
    let_in(citizen, ben, "view")
    stated = go(ben)
    found = sorted(routes_for_citizens(sqlite_house))
    assert len(found) > 50
    opened: dict[bool, set[str]] = {True: set(), False: set()}
    for method, path in found:
        room = path.removeprefix("/api")
        if room.startswith(("/looking-after", "/carers")):
            continue
        named, reads = re.sub(r"\{[^}]+\}", "0b0f5d0e-1111-4222-8333-444455556666", path), method in ("GET", "HEAD")
        sent = {"json": {}} if path.startswith("/api/") else {"data": {"opened-in": stated}}
        answer = ben.request(method, named, **({} if reads else sent))
        if answer.status_code not in (403, 405):
            opened[reads].add(room.split("/")[1] if reads else path)
    assert opened[True] <= {"results", "records", "documents", "imports", "who-looked", "notices", "log"}
    looks = {"/results", "/documents/{record_id}/password"}
    seen = {"/notices/seen", "/notices/{notice_id}/seen", "/notices/{notice_id}/again", "/api/notices/seen"}
    assert opened[False] == looks | seen
