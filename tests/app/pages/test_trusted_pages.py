"""Pages of the trusted person: chosen, asked, refused, and the way back for who lost everything."""

from __future__ import annotations

import email
import re
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import PASSPHRASE, House
from tests.app.pages.conftest import confirmed, type_in

NEW = "velvet glacier pencil mango"


@pytest.fixture
def ben(citizen: TestClient, sqlite_house: House) -> TestClient:
    return confirmed(sqlite_house, "ben@example.org")


@pytest.fixture
def trusted(citizen: TestClient, ben: TestClient) -> TestClient:
    """Ben, whom Ada trusts after seven days of waiting."""
    page = citizen.post("/trusted-person/invite", data={"called": "My brother", "wait_days": "7"}).text
    link = re.search(r'value="(http[^"]+#hvi1_[^"]+)"', page)
    assert link is not None, page
    ben.post("/trusted-by/answer", data={"invitation": link[1], "called": "Ada, my sister"})
    assert "said yes" in citizen.get("/trusted-person").text
    citizen.post("/trusted-person/accept", data={"x": ""})
    return ben


def letters(folder: Path) -> list[str]:
    found = sorted((folder / "data" / "outbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [email.message_from_bytes(path.read_bytes()).get_payload(decode=True).decode() for path in found]


def ask(house: House, folder: Path) -> tuple[TestClient, str, str]:
    """Who lost everything, the code they keep, and the digits they tell."""
    lost = house.client
    lost.post("/come-back/trusted", data={"email": "ada@example.org"})
    code = re.search(r"The code is (\d{4} \d{4})", letters(folder)[-1])
    assert code is not None
    page = lost.post("/come-back/trusted/ask", data={"email": "ada@example.org", "mail_code": code[1]}).text
    groups = re.findall(r"<li>([0-9A-Z]{4})</li>", page)
    digits = re.search(r'<dd class="code">(\d{6})</dd>', page)
    assert digits is not None, page
    return lost, "-".join(groups), digits[1]


def finish(client: TestClient, code: str) -> str:
    form = {"email": "ada@example.org", "ask_code": code, "new_passphrase": NEW}
    return str(client.post("/come-back/trusted/finish", data=form).text)


def test_who_lost_every_way_in_comes_back_with_both_halves_after_the_wait(
    citizen: TestClient, trusted: TestClient, sqlite_house: House, tmp_path: Path
) -> None:
    record_id = type_in(citizen)
    lost, code, digits = ask(sqlite_house, tmp_path)
    assert "waiting time" in finish(lost, code)
    page = trusted.get("/trusted-by").text
    assert "Ada, my sister asks to come back" in page
    action = re.search(r'action="(/trusted-by/[^"]+/hand-over)"', page)
    assert action is not None
    assert trusted.post(action[1], data={"digits": "000000"}).status_code == 403
    assert "Your half is with them" in trusted.post(action[1], data={"digits": f"{digits[:3]} {digits[3:]}"}).text
    sqlite_house.clock.advance(timedelta(days=7))
    sheet = finish(lost, code)
    assert "Your recovery sheet" in sheet
    groups = re.findall(r"<li>([0-9A-Z]{4})</li>", sheet)
    lost.post("/recovery-code", data={"last_group": groups[-1]})
    assert lost.get(f"/results/{record_id}").status_code == 200
    assert citizen.get("/results", follow_redirects=False).status_code == 303


def test_one_press_in_the_mail_ends_it_and_looking_at_the_link_does_not(
    citizen: TestClient, trusted: TestClient, sqlite_house: House, tmp_path: Path
) -> None:
    lost, code, _ = ask(sqlite_house, tmp_path)
    assert sqlite_house.services.come_back_mail.run() == 1
    link = re.search(r"http\S+/come-back/no#(\S+)", letters(tmp_path)[-1])
    assert link is not None
    assert sqlite_house.client.get("/come-back/no").status_code == 200
    assert "Somebody asks to come back" in citizen.get("/trusted-person").text
    assert "Somebody asks to come back" in citizen.get("/notices").text
    assert sqlite_house.client.post("/come-back/no", data={"no": "x" * 43}).status_code == 403
    assert "Refused" in sqlite_house.client.post("/come-back/no", data={"no": link[1]}).text
    sqlite_house.clock.advance(timedelta(days=7))
    assert "was refused" in finish(lost, code)


def test_a_mail_tells_every_day_and_names_nothing_of_the_vault(
    citizen: TestClient, trusted: TestClient, sqlite_house: House, tmp_path: Path
) -> None:
    type_in(citizen)
    ask(sqlite_house, tmp_path)
    for _day in range(3):
        assert (sqlite_house.services.come_back_mail.run(), sqlite_house.services.come_back_mail.run()) == (1, 0)
        sqlite_house.clock.advance(timedelta(days=1))
    for letter in letters(tmp_path):
        assert not re.search("magnesium|Ada|Ben|result", letter)


def test_no_in_the_app_ends_it_too(
    citizen: TestClient, trusted: TestClient, sqlite_house: House, tmp_path: Path
) -> None:
    ask(sqlite_house, tmp_path)
    assert "Nobody comes in that way" in citizen.post("/trusted-person/no").text
    assert "Nobody asks to come back just now" in trusted.get("/trusted-by").text


def test_an_unknown_address_and_one_without_a_trusted_person_get_the_same_pages(
    citizen: TestClient, sqlite_house: House, tmp_path: Path
) -> None:
    pages = []
    for address in ("ada@example.org", "nobody@example.org"):
        lost = sqlite_house.client
        sent = lost.post("/come-back/trusted", data={"email": address}).text
        code = re.search(r"The code is (\d{4} \d{4})", letters(tmp_path)[-1])
        assert code is not None
        told = lost.post("/come-back/trusted/ask", data={"email": address, "mail_code": code[1]}).text
        pages.append((sent.replace(address, ""), told))
    assert pages[0] == pages[1]
    assert "There is no way back here" in pages[0][1]


def test_a_trusted_person_removed_is_not_told_and_holds_nothing(citizen: TestClient, trusted: TestClient) -> None:
    before = trusted.get("/notices").text
    assert "Choose a trusted person" in citizen.post("/trusted-person/remove").text
    assert trusted.get("/notices").text == before


def ask_to_erase(house: House, folder: Path) -> TestClient:
    lost = house.client
    lost.post("/come-back/erase", data={"email": "ada@example.org"})
    code = re.search(r"The code is (\d{4} \d{4})", letters(folder)[-1])
    assert code is not None
    typed = {"email": "ada@example.org", "mail_code": code[1]}
    again = lost.post("/come-back/erase/ask", data=typed)
    assert (again.status_code, "type the word erase" in again.text) == (422, True)
    page = lost.post("/come-back/erase/ask", data=typed | {"word": " Erase "}).text
    assert "It will be erased on" in page
    return lost


def test_who_has_no_way_back_has_the_vault_erased_after_thirty_days_of_mails(
    citizen: TestClient, sqlite_house: House, tmp_path: Path
) -> None:
    type_in(citizen)
    lost = ask_to_erase(sqlite_house, tmp_path)
    for _day in range(30):
        assert sqlite_house.services.come_back_mail.run() == 1
        sqlite_house.clock.advance(timedelta(days=1))
    assert sqlite_house.services.come_back_mail.run() == 2
    certificate = re.search(r"http\S+(/erased/\S+)", letters(tmp_path)[-1])
    assert certificate is not None
    while sqlite_house.services.erasures.finish() == 0:
        pass
    assert lost.get(certificate[1]).status_code == 200
    signed_in = lost.post("/sign-in", data={"email": "ada@example.org", "passphrase": PASSPHRASE})
    assert signed_in.status_code == 401
    for letter in letters(tmp_path):
        assert not re.search("magnesium|Ada|result", letter)


def test_signing_in_ends_an_ask_to_erase_and_a_notice_tells_of_it(
    citizen: TestClient, sqlite_house: House, tmp_path: Path
) -> None:
    lost = ask_to_erase(sqlite_house, tmp_path)
    assert sqlite_house.services.come_back_mail.run() == 1
    assert "asks to erase your vault" in citizen.get("/notices").text
    assert lost.post("/sign-in", data={"email": "ada@example.org", "passphrase": PASSPHRASE}).status_code in (200, 303)
    sqlite_house.clock.advance(timedelta(days=40))
    assert sqlite_house.services.come_back_mail.run() == 0


def test_one_press_in_the_mail_ends_an_ask_to_erase(citizen: TestClient, sqlite_house: House, tmp_path: Path) -> None:
    ask_to_erase(sqlite_house, tmp_path)
    assert sqlite_house.services.come_back_mail.run() == 1
    link = re.search(r"http\S+/come-back/no#(\S+)", letters(tmp_path)[-1])
    assert link is not None
    assert "Refused" in sqlite_house.client.post("/come-back/no", data={"no": link[1]}).text
    assert sqlite_house.client.post("/come-back/no", data={"no": link[1]}).status_code == 403
