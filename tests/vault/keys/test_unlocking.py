"""Opening a vault, and being signed in to it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import FixedClock
from tests.key_stores import CHOSEN, make_store
from tests.vault.keys.conftest import PASSPHRASE, Enrolled
from vault.crypto.passphrases import Cost
from vault.crypto.secret import SessionSecret
from vault.crypto.tokens import parse_token
from vault.database import Database
from vault.errors import Unauthenticated
from vault.ids import AccountId, SessionId, VaultId, make_id
from vault.keys.unlocking import Unlocking, WrongSecret
from vault.server_keys.holder import ServerKeys

ACCOUNT = AccountId(b"a" * 16)


def sign_in(enrolled: Enrolled, clock: FixedClock) -> str:
    expires_at = clock.now() + timedelta(hours=1)
    token, row = enrolled.unlocking.sessions.prepare(enrolled.keyring, ACCOUNT, expires_at)
    with enrolled.database.write() as connection:
        enrolled.unlocking.sessions.store(connection, row)
    return token


def test_the_passphrase_opens_the_vault(enrolled: Enrolled) -> None:
    opened = enrolled.unlocking.by_passphrase(enrolled.vault_id, PASSPHRASE)
    assert (opened.vault_id, opened.generation, opened.pseudonym) == (enrolled.vault_id, 1, enrolled.keyring.pseudonym)
    wrapped = enrolled.keyring.wrap("link-key/1", b"g" * 16, b"secret")
    assert opened.unwrap("link-key/1", b"g" * 16, wrapped) == b"secret"


def test_the_recovery_code_opens_the_vault_however_it_is_typed(enrolled: Enrolled) -> None:
    for typed in (enrolled.recovery_code, f" {enrolled.recovery_code.lower().replace('-', ' ')}\n"):
        opened = enrolled.unlocking.by_recovery_code(enrolled.vault_id, typed)
        assert opened.duplicate_tag(b"x") == enrolled.keyring.duplicate_tag(b"x")


@pytest.mark.parametrize("passphrase", ["", "wrong passphrase here", PASSPHRASE + " ", "x" * 10_000, "\ud800" * 20])
def test_any_other_passphrase_is_wrong(enrolled_on_sqlite: Enrolled, passphrase: str) -> None:
    with pytest.raises(WrongSecret):
        enrolled_on_sqlite.unlocking.by_passphrase(enrolled_on_sqlite.vault_id, passphrase)


@pytest.mark.parametrize("code", ["", "nonsense", "0000-" * 7 + "0000", "U" * 32, "é" * 32, "A" * 10_000])
def test_any_other_recovery_code_is_wrong(enrolled_on_sqlite: Enrolled, code: str) -> None:
    with pytest.raises(WrongSecret):
        enrolled_on_sqlite.unlocking.by_recovery_code(enrolled_on_sqlite.vault_id, code)


@pytest.mark.parametrize("unknown", [None, VaultId(b"x" * 16)])
def test_an_unknown_account_is_refused_like_a_wrong_passphrase(enrolled: Enrolled, unknown: VaultId | None) -> None:
    with pytest.raises(WrongSecret):
        enrolled.unlocking.by_passphrase(unknown, PASSPHRASE)
    with pytest.raises(WrongSecret):
        enrolled.unlocking.by_recovery_code(unknown, enrolled.recovery_code)


def test_composed_and_decomposed_spellings_are_one_passphrase(enrolled_on_sqlite: Enrolled) -> None:
    another = enrolled_on_sqlite.enrol_another("grüne übersicht am fluss")
    decomposed = "gru\u0308ne u\u0308bersicht am fluss"
    another.unlocking.by_passphrase(another.vault_id, decomposed)


def test_a_right_beginning_does_not_make_a_passphrase_right(enrolled_on_sqlite: Enrolled) -> None:
    longest = "quiet copper owls " * 14 + "drum"
    another = enrolled_on_sqlite.enrol_another(longest)
    another.unlocking.by_passphrase(another.vault_id, longest)
    for longer in (longest + "x", longest + "x" * 10_000):
        with pytest.raises(WrongSecret):
            another.unlocking.by_passphrase(another.vault_id, longer)


class WatchingProvider(ServerKeys):
    """Notes each use, and whether a database connection was held meanwhile."""

    def __init__(self, folder: Path, database: Database) -> None:
        super().__init__(make_store(CHOSEN, folder))
        self.database = database
        self.uses: list[tuple[str, str]] = []

    def mac(self, purpose: str, data: bytes, key_id: str | None = None) -> bytes:
        assert self.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        self.uses.append(("mac", purpose))
        return super().mac(purpose, data, key_id)

    def public_keys(self, purpose: str) -> dict[str, bytes]:
        self.uses.append(("public_keys", purpose))
        return super().public_keys(purpose)


def test_unknown_accounts_cost_the_same_work_and_no_connection_is_held_meanwhile(
    enrolled: Enrolled, tmp_path: Path
) -> None:
    provider = WatchingProvider(tmp_path / "keys", enrolled.database)
    unlocking = Unlocking(enrolled.database, provider, Cost.TEST)
    work = []
    for vault_id in (enrolled.vault_id, None, VaultId(b"x" * 16)):
        provider.uses.clear()
        with pytest.raises(WrongSecret):
            unlocking.by_passphrase(vault_id, "wrong passphrase here")
        work.append(list(provider.uses))
    assert (
        work[0]
        == work[1]
        == work[2]
        == [
            ("public_keys", "vault-keys"),
            ("public_keys", "pepper"),
            ("mac", "pepper"),
        ]
    )


def test_one_persons_passphrase_does_not_open_anothers_vault(enrolled: Enrolled) -> None:
    another = enrolled.enrol_another("violet anchor sings twice")
    with pytest.raises(WrongSecret):
        enrolled.unlocking.by_passphrase(another.vault_id, PASSPHRASE)


def test_the_token_opens_the_vault_until_it_expires(enrolled: Enrolled, clock: FixedClock) -> None:
    parts = parse_token(sign_in(enrolled, clock))
    with enrolled.database.read() as connection:
        keyring, session = enrolled.unlocking.sessions.open(connection, *parts, clock.now())
    assert keyring.duplicate_tag(b"x") == enrolled.keyring.duplicate_tag(b"x")
    assert (session.vault_id, session.account_id) == (enrolled.vault_id, ACCOUNT)
    clock.advance(timedelta(hours=1))
    with enrolled.database.read() as connection, pytest.raises(Unauthenticated):
        enrolled.unlocking.sessions.open(connection, *parts, clock.now())


def test_a_token_with_another_secret_or_session_opens_nothing(enrolled: Enrolled, clock: FixedClock) -> None:
    vault_id, session_id, secret = parse_token(sign_in(enrolled, clock))
    other = SessionId(make_id())
    for wrong in (
        (vault_id, session_id, SessionSecret.make()),
        (vault_id, other, secret),
        (VaultId(other), other, secret),
    ):
        with enrolled.database.read() as connection, pytest.raises(Unauthenticated):
            enrolled.unlocking.sessions.open(connection, *wrong, clock.now())


def test_signing_out_ends_one_session_and_everywhere_ends_the_others(enrolled: Enrolled, clock: FixedClock) -> None:
    tokens = [parse_token(sign_in(enrolled, clock)) for _ in range(4)]

    def alive() -> list[bool]:
        found = []
        for parts in tokens:
            with enrolled.database.read() as connection:
                try:
                    enrolled.unlocking.sessions.open(connection, *parts, clock.now())
                    found.append(True)
                except Unauthenticated:
                    found.append(False)
        return found

    with enrolled.database.write() as connection:
        enrolled.unlocking.sessions.end(connection, enrolled.vault_id, tokens[0][1])
    assert alive() == [False, True, True, True]
    with enrolled.database.write() as connection:
        assert enrolled.unlocking.sessions.end_all(connection, enrolled.vault_id, keep=tokens[2][1]) == 2
    assert alive() == [False, False, True, False]
    with enrolled.database.write() as connection:
        assert enrolled.unlocking.sessions.end_all(connection, enrolled.vault_id) == 1
    assert alive() == [False] * 4


def test_expired_sessions_are_swept(enrolled: Enrolled, clock: FixedClock) -> None:
    sign_in(enrolled, clock)
    with enrolled.database.write() as connection:
        assert enrolled.unlocking.sessions.end_expired(connection, clock.now()) == 0
    clock.advance(timedelta(hours=2))
    with enrolled.database.write() as connection:
        assert enrolled.unlocking.sessions.end_expired(connection, clock.now()) == 1
