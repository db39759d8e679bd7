"""Mail and chat programs look at links before people do: that burns no open, and nobody is said to have looked."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import House
from tests.app.test_sharing_api import filled, granted, link_path

READERS = {
    "whatsapp": {"User-Agent": "WhatsApp/2.23.20.0"},
    "slack": {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    "teams": {"User-Agent": "Mozilla/5.0 SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com"},
    "facebook": {"User-Agent": "facebookexternalhit/1.1"},
    "outlook": {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) BingPreview/1.0b"},
    "prefetch": {"Sec-Purpose": "prefetch", "Purpose": "prefetch", "X-Purpose": "preview"},
    "prerender": {"Sec-Purpose": "prefetch;prerender"},
}


@pytest.mark.parametrize("reader", READERS)
def test_a_previewer_burns_no_open_and_leaves_no_entry(house: House, reader: str) -> None:
    person = filled(house)
    made = granted(person, max_opens=1)
    path = link_path(made)
    before = [each["event"] for each in person.get("/api/log").json()["items"]]
    visitor = TestClient(house.app, base_url="http://localhost:8000")
    for method in ("GET", "HEAD", "OPTIONS"):
        for address in ("/view", "/view/tests.json", path, f"{path}?recipient=preview"):
            answer = visitor.request(method, address, headers=READERS[reader])
            assert answer.status_code < 500
            assert "Magnesium" not in answer.text or address == "/view/tests.json"
    assert visitor.get("/view", headers=READERS[reader]).status_code == 200
    assert visitor.get(path, headers=READERS[reader]).status_code == 405
    assert [each["event"] for each in person.get("/api/log").json()["items"]] == before
    assert person.get(f"/api/grants/{made['grant_id']}").json()["opens"] == 0
    assert visitor.post(path, json={"recipient": "Dr Grey"}).status_code == 200, "the one open is still there"


def test_what_a_previewer_shows_of_a_link_names_nobody(house: House) -> None:
    page = house.client.get("/view").text
    assert "<title>Shared records" in page
    assert "og:" not in page
    assert "Ada" not in page.replace("Dr Ada Okafor", "")
