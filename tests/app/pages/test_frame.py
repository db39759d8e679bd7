"""What holds for every page: no inline code, no health word in title or address, the same frame of headers."""

from __future__ import annotations

import re

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from tests.app.conftest import House
from tests.app.pages.conftest import confirmed, type_in

STRANGERS = ["/", "/sign-up", "/sign-in", "/come-back", "/admin/sign-in", "/view", "/nowhere"]
CITIZENS = ["/results", "/add", "/type-in", "/records", "/bin", "/share", "/shares", "/who-looked", "/account"]
HEALTH_WORDS = re.compile("magnesium|blood|lab|medic|health(?! data vault)|test|diagnos", re.IGNORECASE)


def check(answer: Response, path: str) -> str:
    text = answer.text
    assert not re.search(
        r"<script(?! type=\"module\" src=\"/static/)|<style|\sstyle=|\son[a-z]+=|javascript:|data:", text
    )
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    title = re.search("<title>(.*?)</title>", text)
    assert title is not None
    if path not in {"/", "/view"}:
        assert not HEALTH_WORDS.search(title[1]), title[1]
    return text


@pytest.mark.parametrize("path", STRANGERS)
def test_strangers_pages_keep_the_frame(sqlite_house: House, path: str) -> None:
    check(sqlite_house.client.get(path), path)


def test_citizens_pages_keep_the_frame_and_name_nothing_in_addresses(sqlite_house: House) -> None:
    client = confirmed(sqlite_house)
    record_id = type_in(client)
    pages = [*CITIZENS, f"/results/{record_id}", f"/records/{record_id}"]
    for path in pages:
        text = check(client.get(path), path)
        for address in re.findall(r'(?:href|action|src)="(/[^"]*)"', text):
            assert "magnesium" not in address.lower(), address


def test_the_admins_page_filters_and_names_no_one(sqlite_house: House) -> None:
    type_in(confirmed(sqlite_house))
    admin = sqlite_house.admin()
    text = check(admin.get("/admin/log"), "/admin/log")
    assert "import" in text
    assert not re.search("magnesium|Ada Example|example\\.org", text, re.IGNORECASE)
    only = admin.get("/admin/log", params={"event": "import", "from": "2026-03-01", "until": "2026-03-01"}).text
    assert "<td>import</td>" in only
    assert "<td>sign in</td>" not in only
    for bad in ({"event": "x"}, {"grant": "<b>"}, {"from": "2026-02-30"}, {"until": "x"}):
        assert admin.get("/admin/log", params=bad).status_code == 422
    swapped = admin.get("/admin/log", params={"from": "2026-03-02", "until": "2026-03-01"})
    assert (swapped.status_code, "This day is before the first one." in swapped.text) == (422, True)
    assert admin.get("/results").status_code == 403


def test_static_files_are_asked_for_again_and_typed(sqlite_house: House) -> None:
    client: TestClient = sqlite_house.client
    for name, media in (
        ("js/viewer.js", "text/javascript"),
        ("css/tokens.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
    ):
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media)
        assert answer.headers["cache-control"] == "no-cache"
    assert client.get("/static/../main.py").status_code == 404
