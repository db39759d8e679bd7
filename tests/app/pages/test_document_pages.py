"""A photo or PDF is kept, looked at, and typed in from, all by plain forms."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import PASSPHRASE, House, fhir, observation
from tests.app.pages.conftest import confirmed, type_in
from tests.vault.documents.locked import locked_pdf
from tests.vault.documents.papers import dark_part, exif, heic, opened, pdf, photo
from vault.documents.jpeg import is_bare_jpeg

ROW = {"analyte-1": "magnesium", "value-1": "0.68", "unit-1": "mmol/L", "range_low-1": "0.70", "range_high-1": "1.00"}
PAPER = {"rows": "3", "taken_at": "2026-01-20", "lab": "Town Lab"}


def bring(client: TestClient, data: bytes, name: str = "IMG_1.jpg", media: str = "image/jpeg") -> Any:
    return client.post("/add/document", files={"file": (name, data, media)})


def document_in(answer: Any) -> str:
    found = re.search(r"/documents/([0-9a-f-]{36})", str(answer.url))
    assert found, answer.text
    return found[1]


def images(page: str) -> list[str]:
    return [each.replace("&amp;", "&") for each in re.findall(r'<img src="(/documents/[^"]+)"', page)]


def views(client: TestClient) -> int:
    return sum(line["event"] == "view" for line in client.get("/api/log", params={"limit": 200}).json()["items"])


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (photo(exif=exif(6)), "IMG_1.jpg"),
        (photo(form="PNG"), "scan.json"),
        (heic(), "IMG_2.HEIC"),
        (pdf("a", "b"), "x"),
    ],
    ids=["jpeg", "png", "heic", "pdf"],
)
def test_a_photo_or_pdf_is_kept_and_stands_beside_rows(citizen: TestClient, data: bytes, name: str) -> None:
    answer = bring(citizen, data, name)
    assert answer.status_code == 200
    assert str(answer.url).endswith("/type-in")
    assert answer.text.count("<legend>Row ") == 3
    record_id, shown = document_in(answer), images(answer.text)
    assert len(shown) == (2 if name == "x" else 1)
    for address in shown:
        image = citizen.get(address)
        assert image.headers["content-type"] == "image/jpeg"
        assert image.headers["cache-control"] == "no-store"
        assert is_bare_jpeg(image.content)
        assert dark_part(opened(image.content))
    assert citizen.get(f"/api/records/{record_id}/original").content == data


def test_one_look_at_a_document_is_one_entry_with_all_its_images(citizen: TestClient) -> None:
    record_id = document_in(bring(citizen, pdf("a", "b", "c")))
    before = views(citizen)
    for address in images(citizen.get(f"/documents/{record_id}").text):
        assert citizen.get(address).status_code == 200
    assert views(citizen) == before + 1
    assert citizen.get(f"/documents/{record_id}/pages/1.jpg").status_code == 200
    assert views(citizen) == before + 2


def test_pages_that_are_not_there_and_others_documents_are_not_found(citizen: TestClient, sqlite_house: House) -> None:
    record_id = document_in(bring(citizen, pdf("a")))
    for path in ("pages/0.jpg", "pages/2.jpg", "pages/999999.jpg"):
        assert citizen.get(f"/documents/{record_id}/{path}").status_code == 404
    other = confirmed(sqlite_house, "eve@example.org")
    for path in ("", "/type-in", "/pages/1.jpg"):
        assert other.get(f"/documents/{record_id}{path}").status_code == 404
        assert "Sign in" in sqlite_house.client.get(f"/documents/{record_id}{path}").text
    assert other.post(f"/documents/{record_id}/type-in", data=PAPER | ROW).status_code == 404
    assert citizen.get(f"/documents/{type_in(citizen)}").status_code == 404


def test_what_is_no_photo_and_no_pdf_is_refused_kindly_and_not_kept(citizen: TestClient) -> None:
    for data, status in (
        (b"plain words", 422),
        (b"", 422),
        (fhir(observation()), 422),
        (photo() + bytes(11 << 20), 413),
    ):
        answer = bring(citizen, data)
        assert answer.status_code == status
        assert 'id="file-fault"' in answer.text
    assert citizen.post("/add/document", data={"file": "text"}).status_code == 400
    assert citizen.get("/api/records").json()["items"] == []


def test_rows_become_results_at_once_and_name_their_document(citizen: TestClient) -> None:
    record_id = document_in(bring(citizen, photo()))
    second = {
        "analyte-3": "potassium",
        "value-3": "4.1",
        "unit-3": "mmol/L",
        "taken_at-3": "2025-12-01",
        "lab-3": "Hill",
    }
    kept = citizen.post(f"/documents/{record_id}/type-in", data=PAPER | ROW | second)
    assert "2 results kept" in kept.text
    items = citizen.get("/api/results").json()["items"]
    assert {(each["value"], each["taken_at"], each["lab"]) for each in items} == {
        ("0.68", "2026-01-20", "Town Lab"),
        ("4.1", "2025-12-01", "Hill"),
    }
    for each in items:
        assert citizen.get(f"/api/records/{each['record_id']}").json()["source"] == f"document:{record_id}"
        page = citizen.get(f"/results/{each['record_id']}").text
        assert f'href="/documents/{record_id}"' in page
        assert "read from your document" in page
        assert f"/results/{each['record_id']}" in kept.text


def test_wrong_rows_are_named_with_their_number_and_everything_typed_stays(citizen: TestClient) -> None:
    record_id = document_in(bring(citizen, photo()))
    wrong = PAPER | ROW | {"value-1": "0,68", "analyte-2": "potassium", "lab-2": 'Hill "<i>"', "range_low-3": "7"}
    answer = citizen.post(f"/documents/{record_id}/type-in", data=wrong)
    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#([a-z_0-9-]+)">', answer.text) == ["value-1", "value-2", "analyte-3", "value-3"]
    assert "Row 1: " in answer.text
    assert 'value="0,68"' in answer.text
    assert "Hill &#34;&lt;i&gt;&#34;" in answer.text
    assert re.search(r'<option value="potassium" selected>', answer.text)
    assert citizen.get("/api/results").json()["items"] == []
    for change, field in (
        ({"taken_at": ""}, "taken_at"),
        ({"taken_at": "2026-02-30"}, "taken_at"),
        ({"taken_at-1": "2036-01-01"}, "taken_at-1"),
        ({"unit-1": "furlong"}, "unit-1"),
        ({"range_low-1": "x"}, "range_low-1"),
    ):
        again = citizen.post(f"/documents/{record_id}/type-in", data=PAPER | ROW | change)
        assert re.findall(r'<li><a href="#([a-z_0-9-]+)">', again.text) == [field]
    empty = citizen.post(f"/documents/{record_id}/type-in", data=PAPER)
    assert "Please type in at least one result." in empty.text


def test_another_row_keeps_what_was_typed(citizen: TestClient) -> None:
    record_id = document_in(bring(citizen, photo()))
    answer = citizen.post(f"/documents/{record_id}/type-in", data=PAPER | ROW | {"more": "1"})
    assert answer.status_code == 200
    assert answer.text.count("<legend>Row ") == 4
    assert 'value="0.68"' in answer.text
    assert 'name="rows" value="4"' in answer.text
    full = citizen.post(f"/documents/{record_id}/type-in", data=PAPER | {"rows": "30", "more": "1"})
    assert full.text.count("<legend>Row ") == 30
    assert "Add another row" not in full.text
    for rows in ("0", "-1", "x", "9" * 40):
        assert (
            citizen.post(f"/documents/{record_id}/type-in", data=PAPER | ROW | {"rows": rows, "more": "1"}).status_code
            == 200
        )


def test_a_locked_pdf_is_kept_and_asks_for_its_password_until_it_is_right(citizen: TestClient) -> None:
    answer = bring(citizen, locked_pdf("night train", "Magnesium"), "lab.pdf", "application/pdf")
    record_id = document_in(answer)
    assert "This PDF is locked" in answer.text
    assert images(answer.text) == []
    assert citizen.get(f"/documents/{record_id}/pages/1.jpg").status_code == 422
    for wrong in ("", "Night Train"):
        again = citizen.post(f"/documents/{record_id}/password", data={"password": wrong, "then": "type-in"})
        assert again.status_code == 422
        assert 'id="password-fault"' in again.text
        assert "set-cookie" not in again.headers
        assert "Night Train" not in again.text
    seen = citizen.post(
        f"/documents/{record_id}/password", data={"password": "night train", "then": "type-in"}, follow_redirects=False
    )
    assert seen.status_code == 303
    cookie = seen.headers["set-cookie"]
    assert f"Path=/documents/{record_id};" in cookie
    assert "HttpOnly" in cookie
    assert "Secure" in cookie
    assert "night" not in cookie
    sealed = {"Cookie": cookie.partition(";")[0]}
    page = citizen.get(f"/documents/{record_id}/type-in", headers=sealed).text
    assert page.count("<legend>Row ") == 3
    assert is_bare_jpeg(citizen.get(images(page)[0], headers=sealed).content)
    assert images(citizen.get(f"/documents/{record_id}").text) == []


def test_who_has_no_password_types_in_without_seeing_it(citizen: TestClient) -> None:
    record_id = document_in(bring(citizen, locked_pdf("night train", "Magnesium"), "lab.pdf"))
    blind = citizen.get(f"/documents/{record_id}/type-in", params={"unseen": "1"}).text
    assert blind.count("<legend>Row ") == 3
    wrong = citizen.post(f"/documents/{record_id}/type-in", data=PAPER | ROW | {"unseen": "1", "value-1": ""})
    assert wrong.text.count("<legend>Row ") == 3
    assert "1 result kept" in citizen.post(f"/documents/{record_id}/type-in", data=PAPER | ROW | {"unseen": "1"}).text


def test_a_damaged_document_is_kept_and_says_so(citizen: TestClient) -> None:
    answer = bring(citizen, b"%PDF-1.7 nothing", "lab.pdf")
    assert answer.status_code == 200
    assert "It may be damaged." in answer.text
    assert "The file itself is kept as it came." in answer.text
    assert len(citizen.get("/api/records").json()["items"]) == 1


def test_who_was_signed_out_while_typing_beside_a_document_goes_on_where_they_were(sqlite_house: House) -> None:
    citizen, nobody = confirmed(sqlite_house), sqlite_house.client
    record_id = document_in(bring(citizen, photo()))
    door = nobody.post(f"/documents/{record_id}/type-in", data=PAPER | ROW | {"lab": "Town <b>"})
    assert door.status_code == 401
    kept = re.findall(r'<input type="hidden" name="(kept\.[^"]+)" value="([^"]*)">', door.text)
    person = {"email": "ada@example.org", "passphrase": PASSPHRASE}
    back = nobody.post(
        "/sign-in", data={**person, **{name: value.replace("&lt;", "<").replace("&gt;", ">") for name, value in kept}}
    )
    assert "What you typed is still here" in back.text
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', back.text))
    assert carried["value-1"] == "0.68"
    assert f'action="/documents/{record_id}/type-in"' in back.text
    again = citizen.post(f"/documents/{record_id}/type-in", data=carried | {"again": "1"})
    assert 'value="0.68"' in again.text
    assert citizen.get("/api/results").json()["items"] == []
