"""Attacks on single sign-on, through the pages, with providers that lie as they are told to."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from auth.single_sign_on.attempts import LASTS
from tests.app.conftest import PASSPHRASE, House, open_house
from tests.app.pages.conftest import confirmed, with_cookies
from tests.conftest import FixedClock
from tests.fake_sign_in_provider import FakeProvider, with_providers
from vault.database import Database

BACK = "/sign-in/back/example"


@pytest.fixture
def fake(clock: FixedClock) -> FakeProvider:
    return FakeProvider(clock)


@pytest.fixture
def house(sqlite_database: Database, tmp_path: Path, clock: FixedClock, fake: FakeProvider) -> Iterator[House]:
    """With Ada, who linked the subject ada there."""
    for house in open_house(sqlite_database, tmp_path, clock):
        with_providers(house, fake)
        assert "Linked" in link(ada(house), fake).text
        yield house


@pytest.fixture
def either_house(database: Database, tmp_path: Path, clock: FixedClock, fake: FakeProvider) -> Iterator[House]:
    for house in open_house(database, tmp_path, clock):
        yield with_providers(house, fake)


def ada(house: House, email: str = "ada@example.org") -> TestClient:
    confirmed(house, email)
    client = with_cookies(house)
    client.post("/sign-in", data={"email": email, "passphrase": PASSPHRASE})
    client.post("/prove", data={"passphrase": PASSPHRASE, "to": "/account"})
    return client


def address_in(page: str) -> str:
    found = re.search(r'<a class="button" href="(https://[^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def begin(client: TestClient, **form: str) -> str:
    return address_in(client.post("/sign-in/with/example", data=form).text)


def link(client: TestClient, fake: FakeProvider) -> Any:
    page = client.post(f"/account/linked/with/{fake.name}").text
    return client.get(f"/sign-in/back/{fake.name}", params=fake.visit(address_in(page)))


def sign_in(house: House, fake: FakeProvider, **form: str) -> Any:
    client = with_cookies(house)
    return client.get(BACK, params=fake.visit(begin(client, **form)), follow_redirects=False)


def is_known(answer: Any) -> bool:
    return bool(answer.headers.get("location") == "/unlock")


def test_who_signs_in_there_is_known_and_nothing_is_open(either_house: House, fake: FakeProvider) -> None:
    assert "Linked" in link(ada(either_house), fake).text
    client = with_cookies(either_house)
    answer = client.get(BACK, params=fake.visit(begin(client)), follow_redirects=False)
    assert is_known(answer)
    assert "__Host-session" not in client.cookies
    assert client.get("/api/records").status_code == 401
    assert "ada@example.org" in client.get("/unlock").text


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"iss": "https://other.example"},
    {"iss": None},
    {"aud": "somebody else"},
    {"aud": ["vault", "somebody else"], "azp": "somebody else"},
    {"exp": 1_000_000_000},
    {"exp": None},
    {"iat": 1_000_000_000},
    {"iat": 4_000_000_000},
    {"sub": None},
    {"sub": ""},
    {"sub": ["ada"]},
    {"email_verified": False},
    {"email_verified": "true"},
    {"email_verified": None},
]


def test_a_token_with_one_wrong_claim_is_refused(house: House, fake: FakeProvider) -> None:
    for claims in WRONG_CLAIMS:
        fake.claims = claims
        assert sign_in(house, fake).status_code == 403, claims
    fake.claims = {}
    assert is_known(sign_in(house, fake))


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_nobody_signed_with_the_providers_key_is_refused(
    house: House, fake: FakeProvider, algorithm: str
) -> None:
    fake.algorithm = algorithm
    assert sign_in(house, fake).status_code == 403


def test_a_token_by_another_key_of_the_same_name_is_refused(house: House, fake: FakeProvider) -> None:
    assert is_known(sign_in(house, fake))
    fake.key = ECKey.generate_key("P-256", {"kid": "one"})
    assert sign_in(house, fake).status_code == 403


@pytest.mark.parametrize("changed", [{"state": "A" * 43}, {"state": ""}, {"state": "é" * 43}])
def test_an_answer_with_another_state_is_refused_and_ends_nothing(
    house: House, fake: FakeProvider, changed: dict[str, str]
) -> None:
    client = with_cookies(house)
    answer = fake.visit(begin(client))
    assert client.get(BACK, params=answer | changed).status_code == 403
    assert fake.spent == 1  # Linking; this code was never spent.


def test_an_answer_in_another_browser_is_refused(house: House, fake: FakeProvider) -> None:
    victim = with_cookies(house)
    begin(victim)
    answer = fake.visit(begin(with_cookies(house)))
    assert victim.get(BACK, params=answer).status_code == 403
    assert with_cookies(house).get(BACK, params=answer).status_code == 403


def test_an_answer_is_heard_once(house: House, fake: FakeProvider) -> None:
    client = with_cookies(house)
    token, answer = None, fake.visit(begin(client))
    token = client.cookies["__Host-sign-in"]
    assert is_known(client.get(BACK, params=answer, follow_redirects=False))
    client.cookies.set("__Host-sign-in", token, domain="localhost.local", path="/")
    assert client.get(BACK, params=answer).status_code == 403


def test_an_answer_after_ten_minutes_is_refused(house: House, fake: FakeProvider) -> None:
    client = with_cookies(house)
    answer = fake.visit(begin(client))
    house.clock.advance(LASTS)
    assert client.get(BACK, params=answer).status_code == 403


@pytest.mark.parametrize("iss", ["https://other.example", "https://sign-in.example/", None])
def test_an_answer_that_names_another_issuer_or_none_is_refused(
    house: House, fake: FakeProvider, iss: str | None
) -> None:
    client = with_cookies(house)
    answer = fake.visit(begin(client)) | {"iss": iss}
    kept = {name: value for name, value in answer.items() if value is not None}
    assert client.get(BACK, params=kept).status_code == 403


def test_an_answer_at_another_providers_address_is_refused_before_its_code_is_spent(
    house: House, fake: FakeProvider
) -> None:
    evil = FakeProvider(fake.clock, name="evil", host="evil.example")
    with_providers(house, fake, evil)
    client = with_cookies(house)
    answer = fake.visit(begin(client))
    assert client.get("/sign-in/back/evil", params=answer).status_code == 403
    assert (fake.spent, evil.spent) == (1, 0)


def test_another_providers_same_subject_is_somebody_else(house: House, fake: FakeProvider) -> None:
    with_providers(house, FakeProvider(fake.clock, host="other.example"))
    other = FakeProvider(fake.clock, host="other.example")
    with_providers(house, other)
    assert "No vault is linked" in sign_in(house, other).text


def test_an_address_alone_finds_no_account(house: House, fake: FakeProvider) -> None:
    fake.subject, fake.claims = "mallory", {"email": "ada@example.org"}
    answer = sign_in(house, fake)
    assert (answer.status_code, "No vault is linked" in answer.text) == (200, True)


def test_linking_is_for_who_is_signed_in_and_freshly_proven(house: House, fake: FakeProvider) -> None:
    nobody = with_cookies(house)
    refused = nobody.post("/account/linked/with/example", follow_redirects=False)
    assert refused.headers["location"].startswith("/sign-in")
    client = with_cookies(house)
    client.post("/sign-in", data={"email": "ada@example.org", "passphrase": PASSPHRASE})
    house.clock.advance(timedelta(minutes=11))
    assert "Is it you?" in client.post("/account/linked/with/example").text


def test_an_attempt_to_link_ends_in_the_account_that_began_it(house: House, fake: FakeProvider) -> None:
    fake.subject = "grace"
    client = ada(house, "grace@example.org")
    answer = fake.visit(address_in(client.post("/account/linked/with/example").text))
    client.post("/sign-out")
    client.post("/sign-in", data={"email": "ada@example.org", "passphrase": PASSPHRASE})
    assert client.get(BACK, params=answer).status_code == 403


def test_somebody_elses_linked_sign_in_is_taken(house: House, fake: FakeProvider) -> None:
    answer = link(ada(house, "grace@example.org"), fake)
    assert (answer.status_code, "belongs to another account" in answer.text) == (409, True)


def test_an_unlinked_sign_in_is_nobodys(house: House, fake: FakeProvider) -> None:
    client = with_cookies(house)
    client.post("/sign-in", data={"email": "ada@example.org", "passphrase": PASSPHRASE})
    client.post("/prove", data={"passphrase": PASSPHRASE, "to": "/account"})
    (address,) = re.findall(r'action="(/account/linked/[0-9a-f]{64}/remove)"', client.get("/account/linked").text)
    other = ada(house, "grace@example.org")
    assert other.post(address).status_code == 404
    assert "Unlinked" in client.post(address).text
    assert "No vault is linked" in sign_in(house, fake).text


def test_an_admin_needs_the_group_at_every_sign_in_and_a_citizen_is_no_admin(house: House, fake: FakeProvider) -> None:
    fake.subject, fake.claims = "root", {"groups": ["staff", "vault-admins"]}
    house.admin()
    client = with_cookies(house)
    client.post("/admin/sign-in", data={"email": "root@example.org", "passphrase": PASSPHRASE})
    client.post("/prove", data={"passphrase": PASSPHRASE, "to": "/account"})
    assert "Linked" in link(client, fake).text
    assert is_known(sign_in(house, fake, is_admin="1"))
    for groups in (["staff"], "vault-admins-too", [], None, {"vault-admins": True}):
        fake.claims = {"groups": groups}
        assert sign_in(house, fake, is_admin="1").status_code == 403, groups
    fake.subject, fake.claims = "ada", {"groups": ["vault-admins"]}
    assert "No vault is linked" in sign_in(house, fake, is_admin="1").text


def test_a_sign_in_never_takes_over_a_token_that_was_there_before(house: House, fake: FakeProvider) -> None:
    client = with_cookies(house)
    client.cookies.set("__Host-locked", "planted", domain="localhost.local", path="/")
    client.cookies.set("__Host-session", "planted", domain="localhost.local", path="/")
    answer = client.get(BACK, params=fake.visit(begin(client)), follow_redirects=False)
    (set_locked,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith("__Host-locked=")]
    assert "planted" not in set_locked
    assert client.get("/unlock").status_code == 200


def test_a_provider_that_is_down_is_said_and_nobody_is_locked_out(house: House, fake: FakeProvider) -> None:
    down = replace(fake, host="down.example")
    down.answer = lambda _request: (_ for _ in ()).throw(OSError)  # type: ignore[method-assign]
    with_providers(house, down)
    client = with_cookies(house)
    assert client.post("/sign-in/with/example").status_code == 503
    assert client.post("/sign-in", data={"email": "ada@example.org", "passphrase": PASSPHRASE}).status_code == 200


def test_codes_and_tokens_of_a_sign_in_are_in_no_page(house: House, fake: FakeProvider) -> None:
    client = with_cookies(house)
    answer = fake.visit(begin(client)) | {"iss": "https://other.example"}
    refused = client.get(BACK, params=answer)
    assert all(answer[name] not in refused.text for name in ("state", "code"))


def test_where_admins_come_by_a_provider_alone_a_passphrase_is_not_enough(
    sqlite_database: Database, tmp_path: Path, clock: FixedClock, fake: FakeProvider
) -> None:
    for house in open_house(sqlite_database, tmp_path, clock):
        with_providers(house, fake)
        fake.subject, fake.claims = "root", {"groups": ["vault-admins"]}
        house.admin()
        client = with_cookies(house)
        client.post("/admin/sign-in", data={"email": "root@example.org", "passphrase": PASSPHRASE})
        client.post("/prove", data={"passphrase": PASSPHRASE, "to": "/account"})
        link(client, fake)
    for house in open_house(sqlite_database, tmp_path, clock, admins_by_provider=True):
        with_providers(house, fake)
        secrets = {"email": "root@example.org", "passphrase": PASSPHRASE}
        assert with_cookies(house).post("/admin/sign-in", data=secrets).status_code == 403
        assert house.client.post("/api/sessions", json=secrets).json()["code"] == "admins-by-provider"
        client = with_cookies(house)
        assert is_known(client.get(BACK, params=fake.visit(begin(client, is_admin="1")), follow_redirects=False))
        opened = client.post("/unlock", data={"passphrase": PASSPHRASE}, follow_redirects=False)
        assert opened.headers["location"] == "/admin/log"
