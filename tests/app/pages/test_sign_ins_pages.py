"""Where you are signed in: in plain words, one or all others signed out, and no token known before a sign-in."""

from __future__ import annotations

import re
from datetime import timedelta

from starlette.testclient import TestClient

from tests.app.conftest import ANOTHER, PASSPHRASE, House
from tests.app.pages.conftest import PERSON, confirmed, with_cookies

PAGE = "/account/sign-ins"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"


def browser(house: House, agent: str) -> TestClient:
    client = with_cookies(house)
    client.headers["User-Agent"] = agent
    assert client.post("/sign-in", data=PERSON, follow_redirects=False).status_code == 303
    return client


def presses(page: str) -> list[str]:
    return re.findall(rf'action="({PAGE}/[^"]+/end)"', page)


def test_devices_are_named_in_plain_words_and_one_is_signed_out(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    there, here = browser(sqlite_house, WINDOWS), browser(sqlite_house, "curl/8.5.0")
    page = here.get(PAGE).text
    assert ("Firefox on Windows" in page, "after 2 hours without use" in page) == (True, True)
    assert page.index("unknown browser") < page.index("This one") < page.index("Firefox on Windows")
    firefox = re.findall(rf'<h2>Firefox on Windows.*?action="({PAGE}/[^"]+)"', page, re.DOTALL)[0]
    assert "Signed out there." in here.post(firefox).text
    assert there.get(PAGE, follow_redirects=False).headers["location"] == "/sign-in?again=1"
    assert here.get(PAGE).status_code == 200


def test_everywhere_else_is_signed_out_and_this_one_last(sqlite_house: House) -> None:
    confirmed(sqlite_house)
    there, here = browser(sqlite_house, WINDOWS), browser(sqlite_house, WINDOWS)
    assert len(presses(here.get(PAGE).text)) == 4  # Three sign-ins, and the press for all others.
    alone = here.post(f"{PAGE}/others/end")
    assert ("every other device" in alone.text, len(presses(alone.text))) == (True, 1)
    assert there.get(PAGE, follow_redirects=False).status_code == 303
    gone = here.post(presses(alone.text)[0], follow_redirects=False)
    assert (gone.headers["location"], here.get(PAGE, follow_redirects=False).status_code) == ("/", 303)


def test_a_token_that_was_known_before_is_never_the_one_after(sqlite_house: House) -> None:
    """Session fixation: whoever planted or saw a cookie gains nothing by a sign-in, a proof or coming back."""
    made = sqlite_house.client.post("/api/accounts", json=PERSON).json()
    victim = with_cookies(sqlite_house)
    seen: set[str] = {made["token"]}
    steps = (
        ("/sign-in", {"email": PERSON["email"], "passphrase": PASSPHRASE}),
        ("/prove", {"passphrase": PASSPHRASE, "to": "/results"}),
        ("/sign-in", {"email": PERSON["email"], "passphrase": PASSPHRASE}),
        ("/come-back", {"email": PERSON["email"], "recovery_code": made["recovery_code"], "new_passphrase": ANOTHER}),
    )
    for path, form in steps:
        planted = victim.cookies.get("__Host-session") or made["token"]
        victim.cookies.set("__Host-session", planted, domain="localhost.local", path="/")
        victim.post(path, data=form, follow_redirects=False)
        after = {cookie.value or "" for cookie in victim.cookies.jar if cookie.name == "__Host-session"} - seen
        assert len(after) == 1, path
        seen |= after
        victim.cookies.clear()
        victim.cookies.set("__Host-session", after.pop(), domain="localhost.local", path="/")


def test_an_open_page_that_asks_for_the_time_keeps_nobody_signed_in(sqlite_house: House) -> None:
    client = confirmed(sqlite_house)
    first = client.get("/session-end").json()["seconds"]
    for _ in range(3):
        before = client.get("/session-end").json()["seconds"]
        sqlite_house.clock.advance(timedelta(minutes=30))
        assert client.get("/session-end").json()["seconds"] == before - 1800
    assert client.get("/results").status_code == 200
    assert client.get("/session-end").json()["seconds"] == first
