"""Opening accounts."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from auth.accounts import find_account
from auth.errors import BadBirthDate, BadEmail, BadName, EmailTaken
from auth.roles import Role
from auth.tables import AccountEmailRow, AccountRow
from tests.auth.conftest import ANOTHER, EMAIL, ORIGIN, PASSPHRASE, House
from vault.audit.tables import AuditEntry
from vault.crypto.passphrases import PassphraseLength, WeakPassphrase
from vault.database import table_of
from vault.errors import NotFound, Unauthenticated
from vault.founding import Profile
from vault.keys.unlocking import WrongSecret


def test_a_citizen_is_signed_in_by_the_token_of_the_new_account(house: House) -> None:
    made = house.create()
    session = house.sessions.resume(made.token)
    assert (session.account_id, session.vault_id) == (made.account_id, made.vault_id)
    assert session.role is Role.CITIZEN
    assert not session.recovery_confirmed
    assert house.accounts.profile(session.keyring) == Profile("Ada Example", "1980-04-05")


def test_an_admin_has_keys_and_no_profile(house: House) -> None:
    made = house.accounts.create_admin("root@example.org", PASSPHRASE, ORIGIN)
    session = house.sessions.resume(made.token)
    assert session.role is Role.ADMIN
    with pytest.raises(NotFound):
        house.accounts.profile(session.keyring)


def test_an_address_has_one_account_however_it_is_spelt(house: House) -> None:
    house.create("Ada@Example.org")
    with pytest.raises(EmailTaken):
        house.create(" ada@example.ORG ")
    with house.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(table_of(AccountRow))) == 1


def test_a_refused_account_leaves_nothing(house: House) -> None:
    with house.database.read() as connection:
        before = connection.scalar(select(func.count()).select_from(table_of(AuditEntry)))
    for email, name, born, passphrase, error in (
        ("no address", "Ada", "1980-04-05", PASSPHRASE, BadEmail),
        ("a@example.org", " ", "1980-04-05", PASSPHRASE, BadName),
        ("a@example.org", "A\x00da", "1980-04-05", PASSPHRASE, BadName),
        ("a@example.org", "x" * 201, "1980-04-05", PASSPHRASE, BadName),
        ("a@example.org", "Ada", "1980-02-30", PASSPHRASE, BadBirthDate),
        ("a@example.org", "Ada", "19800405", PASSPHRASE, BadBirthDate),
        ("a@example.org", "Ada", "2080-04-05", PASSPHRASE, BadBirthDate),
        ("a@example.org", "Ada", "1980-04-05", "short", PassphraseLength),
        ("a@example.org", "Ada", "1980-04-05", "x" * 10_000, PassphraseLength),
        ("a@example.org", "Ada", "1980-04-05", "passwordpassword", WeakPassphrase),
    ):
        with pytest.raises(error):
            house.accounts.create_citizen(email, name, born, passphrase, ORIGIN)
    with house.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(table_of(AccountEmailRow))) == 0
        assert connection.scalar(select(func.count()).select_from(table_of(AuditEntry))) == before


def test_a_weak_passphrase_is_answered_with_four_words_to_take(house: House) -> None:
    with pytest.raises(WeakPassphrase) as refused:
        house.accounts.create_citizen(EMAIL, "Ada Example", "1980-04-05", "ada@example.org", ORIGIN)
    assert len(refused.value.suggestion.split()) == 4


def test_the_address_is_stored_nowhere_in_the_clear(house: House) -> None:
    house.create()
    with house.database.read() as connection:
        rows = [row for table in (AccountRow, AccountEmailRow) for row in connection.execute(select(table_of(table)))]
        assert find_account(connection, house.provider, EMAIL) is not None
    assert EMAIL.encode() not in b"".join(value for row in rows for value in row if isinstance(value, bytes))


def test_a_sample_account_works_in_a_demo_only(house: House) -> None:
    made = house.accounts.create_citizen("s@example.org", "Sam Sample", "1980-04-05", ANOTHER, ORIGIN, sample=True)

    with pytest.raises(Unauthenticated):
        house.sessions.resume(made.token)
    with pytest.raises(WrongSecret):
        house.sessions.with_passphrase("s@example.org", ANOTHER, ORIGIN)
