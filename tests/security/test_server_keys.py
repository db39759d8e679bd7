"""The server's own keys changed, moved and forgotten beside a running server, in files, SoftHSM and OpenBao."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select
from starlette.testclient import TestClient

from app.cli import main
from app.key_commands import WRAPPED, count_needs
from app.migrations import metadata
from auth.accounts import find_account
from auth.single_sign_on.identity import Identity
from auth.single_sign_on.linking import link, list_linked
from tests.app.conftest import House, fhir, observation, open_house
from tests.app.pages.conftest import confirmed
from tests.app.test_sharing_api import granted, link_path
from tests.conftest import FixedClock
from tests.key_stores import CHOSEN, forget, make_store, settings_of
from tests.security.test_second_factor import begin, now, turn_on
from tests.servers import Server
from vault.database import Database
from vault.keys.provider import KeysUnavailable, Purpose
from vault.server_keys.files import FileStore
from vault.server_keys.holder import ServerKeys, head_of
from vault.server_keys.rewrapping import rewrap

EMAIL, CODE = "ada@example.org", "orchid 4417"
JSON = {"Content-Type": "application/fhir+json"}


class Household:
    """A house with something under every one of the server's keys, and the operator's commands for it."""

    def __init__(self, house: House, folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.folder, self.kind, self.monkeypatch = house, folder, kind, monkeypatch
        self.keys = folder / "server-keys"
        self.use(settings_of(self.keys, kind))
        monkeypatch.setenv("HEALTHVAULT_DATABASE_URL", house.services.settings.database_url)
        self.citizen = confirmed(house, EMAIL)
        self.citizen.post("/api/imports", content=fhir(observation()), headers=JSON)
        self.path = link_path(granted(self.citizen, passcode=CODE))
        self.trust(confirmed(house, "ben@example.org"))
        self.app = turn_on(house, self.citizen)
        services = house.services
        with services.database.write() as connection:
            account = find_account(connection, services.provider, EMAIL)
            assert account is not None
            identity = Identity("https://id.example.org", "ada", EMAIL)
            link(connection, services.provider, account, identity, house.clock.now())
        self.account = account

    def use(self, stated: dict[str, str]) -> None:
        for name, value in stated.items():
            self.monkeypatch.setenv(f"HEALTHVAULT_{name.upper()}", value)

    def command(self, *words: str) -> int:
        return main(["keys", *words, "--data", str(self.folder / "data"), "--keys", str(self.keys)])

    def trust(self, ben: TestClient) -> None:
        page = self.citizen.post("/trusted-person/invite", data={"called": "My brother", "wait_days": "7"}).text
        found = re.search(r'value="(http[^"]+#hvi1_[^"]+)"', page)
        assert found is not None, page
        ben.post("/trusted-by/answer", data={"invitation": found[1], "called": "Ada"})
        self.citizen.post("/trusted-person/accept", data={"x": ""})

    def again(self, clock: FixedClock) -> Iterator[House]:
        """The server after its next start."""
        database, stated = self.house.services.database, settings_of(self.keys, self.kind)
        return open_house(database, self.folder, clock, **stated)

    def check(self, house: House) -> None:
        """Everything that needs the server's keys does what it did."""
        house.clock.advance(timedelta(minutes=1))
        waiting = house.bearer(begin(house)["token"])
        token = waiting.post("/api/sessions/current/code", json={"code": now(house, self.app)}).json()["token"]
        person = house.bearer(token)
        assert person.get("/api/account").json()["email"] == EMAIL
        assert len(person.get("/api/records").json()["items"]) == 1
        assert any(line["accountability"] for line in person.get("/api/log").json()["items"])
        opened = house.client.post(self.path, json={"recipient": "Dr Grey", "passcode": CODE})
        assert opened.status_code == 200, opened.text
        assert "Remove Ada Example" in person.get("/trusted-person").text
        with house.services.database.read() as connection:
            (sign_in,) = list_linked(connection, house.services.provider, self.account)
        assert sign_in.shown == EMAIL


@pytest.fixture(params=["file-sqlite", "file-postgres", "pkcs11-sqlite", "openbao-postgres"])
def household(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Household]:
    kind, _, name = str(request.param).partition("-")
    database: Database = request.getfixturevalue(f"{name}_database")
    stated = settings_of(tmp_path / "server-keys", kind)
    for house in open_house(database, tmp_path, clock, **stated):
        yield Household(house, tmp_path, kind, monkeypatch)
        forget(tmp_path / "server-keys", kind)


def stored_heads(database: Database, heads: set[bytes]) -> list[str]:
    """Columns in which a value begins as one of these wraps does."""
    found = []
    with database.read() as connection:
        for table in metadata().sorted_tables:
            for column in table.columns:
                if isinstance(column.type, LargeBinary):
                    values = connection.execute(select(column)).scalars()
                    found += [f"{table.name}.{column.name}" for value in values if bytes(value or b"")[:9] in heads]
    return found


def test_the_household_has_something_under_every_wrapping_key(household: Household) -> None:
    provider, database = household.house.services.provider, household.house.services.database
    heads = {head_of(bytes.fromhex(each)) for each in provider.key_ids().values()}
    columns = {f"{each.table.name}.{each.column}" for each in WRAPPED}
    assert set(stored_heads(database, heads)) == columns


def test_after_a_rotation_everything_opens_and_nothing_stored_names_an_old_key(
    household: Household, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    house = household.house
    before = house.services.provider.key_ids()
    assert household.command("rotate") == 0
    assert "Wrapped or signed again:" in capsys.readouterr().out
    assert stored_heads(house.services.database, {head_of(bytes.fromhex(each)) for each in before.values()}) == []
    household.check(house)  # The server that ran meanwhile.
    for later in household.again(clock):
        assert not set(later.services.provider.key_ids().values()) & set(before.values())
        household.check(later)


def test_old_keys_that_nothing_needs_can_be_forgotten_and_others_stay(
    household: Household, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = household.house.services.provider
    before = provider.key_ids()
    assert household.command("retire", before[Purpose.VAULT_KEYS]) == 1
    assert household.command("rotate") == 0
    stay = {Purpose.PEPPER, Purpose.E_MAIL, Purpose.LINKS, Purpose.CERTIFICATES}
    left = {purpose for purpose in Purpose if household.command("retire", before[purpose]) == 1}
    assert left == stay
    assert household.command("retire", "0011223344556677") == 2
    for later in household.again(clock):
        household.check(later)
        assert "vault-keys" in later.services.provider.key_ids()
        assert before["vault-keys"] not in later.services.provider.public_keys("vault-keys")


def test_a_rotation_that_stopped_half_way_goes_on(household: Household, clock: FixedClock) -> None:
    services = household.house.services
    stopped = ServerKeys(make_store(household.kind, household.keys))
    for purpose in Purpose:
        stopped.rotate(purpose)
    rewrap(services.database, stopped, WRAPPED[0])
    household.check(household.house)
    assert household.command("rotate", "log") == 0
    needs = count_needs(services.database, ServerKeys(make_store(household.kind, household.keys)))
    newest = set(ServerKeys(make_store(household.kind, household.keys)).key_ids().values())
    assert set(needs) <= newest


def test_a_rotation_is_in_the_administrators_log(household: Household) -> None:
    admin = household.house.admin()
    assert household.command("rotate", "links", "receipts") == 0
    items = admin.get("/api/admin/log").json()["items"]
    (entry,) = [each for each in items if each["event"] == "keys"]
    assert (entry["reason"], entry["count"], entry["role"]) == ("server-keys", 2, "server")


def test_a_rotation_makes_no_keys_where_there_are_none(
    household: Household, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped folder must not become a second set of keys beside a database that needs the first."""
    monkeypatch.delenv("HEALTHVAULT_KEY_STORE", raising=False)
    monkeypatch.delenv("HEALTHVAULT_KEY_STORE_SECRET", raising=False)
    empty = tmp_path / "mistyped"
    assert main(["keys", "rotate", "--data", str(tmp_path / "data"), "--keys", str(empty)]) == 2
    assert "no keys" in capsys.readouterr().err
    assert not list(empty.glob("*"))


def test_status_names_the_store_and_each_key_and_shows_none(
    household: Household, capsys: pytest.CaptureFixture[str]
) -> None:
    assert household.command("status") == 0
    printed = capsys.readouterr().out
    assert make_store(household.kind, household.keys).name in printed
    for purpose, key_id in household.house.services.provider.key_ids().items():
        assert re.search(rf"^{purpose} +{key_id}  in use", printed, re.MULTILINE)
    if household.kind == "file":
        assert not any(path.read_text().split()[-1] in printed for path in household.keys.glob("*.key"))


@pytest.mark.parametrize("target", ["pkcs11", "openbao"])
def test_keys_move_from_files_and_everything_opens_there(
    target: str, database: Database, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = settings_of(tmp_path / "there", target)
    to = ("move", "--to", stated["key_store"], "--secret", stated["key_store_secret"])
    if CHOSEN != "file":
        pytest.skip("keys move out of files only")
    for house in open_house(database, tmp_path, clock):
        household = Household(house, tmp_path, "file", monkeypatch)
        household.command("rotate", "links")
        household.check(house)
        assert household.command(*to) == 0
        ids = ServerKeys(FileStore(household.keys)).key_ids()
        for path in household.keys.glob("*.key"):
            path.unlink()
        for later in open_house(database, tmp_path, clock, **stated):
            assert later.services.provider.key_ids() == ids
            household.check(later)
            household.use(stated)
            assert household.command(*to) == 2  # They never leave.
            assert household.command("rotate") == 0
            household.check(later)
        forget(tmp_path / "there", target)


def test_a_server_whose_key_store_is_gone_says_so_and_loses_nothing(household: Household) -> None:
    house = household.house
    store = make_store(household.kind, household.keys)
    for key in store.list_keys():
        store.destroy(key)
    with pytest.raises(KeysUnavailable):
        house.services.provider.health()
    assert house.client.get("/health/ready").status_code == 503


@pytest.mark.parametrize("kind", ["pkcs11", "openbao"])
@pytest.mark.parametrize("secret", ["not-the-secret", "", None])
def test_a_wrong_or_missing_secret_is_refused_with_a_sentence_that_shows_none(
    kind: str, secret: str | None, tmp_path: Path
) -> None:
    stated, file = settings_of(tmp_path / "keys", kind), tmp_path / "wrong"
    if secret is not None:
        file.touch(0o600)
        file.write_text(secret)
    server = Server(tmp_path, environment={"HEALTHVAULT_KEY_STORE": stated["key_store"]})
    variables = server.variables() | {"HEALTHVAULT_KEY_STORE_SECRET": str(file)}
    words = server.command("keys", "status", "--data", str(tmp_path / "data"))  # One login lasts for a whole process.
    done = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert ("can't be used" if secret else "KEY_STORE_SECRET") in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "not-the-secret" not in done.stderr + done.stdout
