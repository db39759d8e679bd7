"""Signing in, out, back, and everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from auth.errors import WrongRecoveryGroup
from auth.sessions import Session
from tests.auth.conftest import ANOTHER, EMAIL, ORIGIN, PASSPHRASE, House
from vault.audit.events import Origin
from vault.audit.tables import AuditEntry, AuditFlood
from vault.crypto.passphrases import PassphraseLength, WeakPassphrase
from vault.database import table_of
from vault.errors import TooManyTries, Unauthenticated, VaultError
from vault.keys.generations import KeysChanged
from vault.keys.unlocking import WrongSecret


def reasons(house: House, vault_id: bytes) -> list[str]:
    entry = table_of(AuditEntry)
    with house.database.read() as connection:
        query = select(entry.c.reason).where(entry.c.vault_id == vault_id).order_by(entry.c.at)
        return list(connection.scalars(query))


def test_passphrase_opens_the_same_vault_that_was_founded(house: House) -> None:
    made = house.create()
    session = house.sessions.resume(house.sessions.with_passphrase(EMAIL.upper(), PASSPHRASE, ORIGIN).token)
    assert session.vault_id == made.vault_id
    assert house.accounts.profile(session.keyring).name == "Ada Example"


def test_wrong_passphrase_and_unknown_address_get_the_same_answer(house: House) -> None:
    house.create()
    for email, passphrase in ((EMAIL, ANOTHER), ("nobody@example.org", PASSPHRASE), ("'; drop table", "x" * 10_000)):
        with pytest.raises(WrongSecret):
            house.sessions.with_passphrase(email, passphrase, ORIGIN)


def test_refused_sign_ins_are_logged_at_the_account_and_counted_where_there_is_none(house: House) -> None:
    made = house.create()
    for email in (EMAIL, "nobody@example.org"):
        with pytest.raises(WrongSecret):
            house.sessions.with_passphrase(email, ANOTHER, ORIGIN)
    assert "wrong-credentials" in reasons(house, made.vault_id)
    with house.database.read() as connection:
        assert connection.scalar(select(table_of(AuditFlood).c.count)) == 1


def test_a_session_ends_at_its_time_at_sign_out_and_everywhere(house: House) -> None:
    house.create()
    first, second, third = (house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN).token for _ in range(3))
    house.sessions.sign_out(house.sessions.resume(first))
    with pytest.raises(Unauthenticated):
        house.sessions.resume(first)
    house.sessions.sign_out_everywhere(house.sessions.resume(second), ORIGIN)
    for token in (second, third):
        with pytest.raises(Unauthenticated):
            house.sessions.resume(token)
    last = house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN).token
    house.clock.advance(timedelta(hours=12))
    with pytest.raises(Unauthenticated):
        house.sessions.resume(last)


@pytest.mark.parametrize("token", ["", "hv1_", "hv1_" + "A" * 86, "nonsense", "hv1_" + "é" * 86])
def test_a_token_that_was_never_given_out_is_nobody(house: House, token: str) -> None:
    house.create()
    with pytest.raises(Unauthenticated):
        house.sessions.resume(token)


def test_a_new_passphrase_replaces_the_old_and_ends_other_sessions(house: House) -> None:
    made = house.create()
    other = house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN).token
    here = house.sessions.resume(made.token)
    house.ways_in.change_passphrase(here, PASSPHRASE, ANOTHER, ORIGIN)
    assert house.sessions.resume(made.token).session_id == here.session_id
    with pytest.raises(Unauthenticated):
        house.sessions.resume(other)
    with pytest.raises(WrongSecret):
        house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN)
    assert house.sessions.with_passphrase(EMAIL, ANOTHER, ORIGIN)
    assert "passphrase-changed" in reasons(house, made.vault_id)


def test_a_new_passphrase_needs_the_old_one_and_strength(house: House) -> None:
    session = house.sessions.resume(house.create().token)
    with pytest.raises(WrongSecret):
        house.ways_in.change_passphrase(session, ANOTHER, "another quite unusual phrase", ORIGIN)
    with pytest.raises(WeakPassphrase) as weak:
        house.ways_in.change_passphrase(session, PASSPHRASE, "passwordpassword", ORIGIN)
    assert weak.value.field == "new_passphrase"
    with pytest.raises(PassphraseLength):
        house.ways_in.change_passphrase(session, PASSPHRASE, "x" * 10_000, ORIGIN)
    assert house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN)


def test_the_recovery_code_brings_back_once_and_gives_a_new_one(house: House) -> None:
    made = house.create()
    back = house.sessions.with_recovery_code(EMAIL, made.recovery_code.lower().replace("-", " "), ANOTHER, ORIGIN)
    session = house.sessions.resume(back.token)
    assert (session.vault_id, session.recovery_confirmed) == (made.vault_id, False)
    assert back.recovery_code not in {None, made.recovery_code}
    with pytest.raises(Unauthenticated):
        house.sessions.resume(made.token)
    for email, code in ((EMAIL, made.recovery_code), (EMAIL, "nonsense"), ("nobody@example.org", made.recovery_code)):
        with pytest.raises(WrongSecret):
            house.sessions.with_recovery_code(email, code, ANOTHER, ORIGIN)
    assert house.sessions.with_passphrase(EMAIL, ANOTHER, ORIGIN)
    assert house.sessions.with_recovery_code(EMAIL, back.recovery_code or "", PASSPHRASE, ORIGIN)


def test_asking_for_a_judgement_by_the_recovery_form_is_slowed_too(house: House) -> None:
    house.create()

    def ask() -> None:
        house.sessions.with_recovery_code(EMAIL, "0000", "passwordpassword", ORIGIN)

    for _ in range(5):
        with pytest.raises(WeakPassphrase):
            ask()
    with pytest.raises(TooManyTries):
        ask()


def test_the_recovery_code_is_confirmed_by_its_last_group(house: House) -> None:
    made = house.create()
    session = house.sessions.resume(made.token)
    for wrong in ("", "AAAAA", made.recovery_code, "💊"):
        with pytest.raises(WrongRecoveryGroup):
            house.ways_in.confirm_recovery_code(session, wrong)
    house.ways_in.confirm_recovery_code(session, f" {made.recovery_code[-4:].lower()} ")
    house.ways_in.confirm_recovery_code(session, made.recovery_code[-4:])
    assert house.sessions.resume(made.token).recovery_confirmed


def test_a_lost_sheet_is_replaced_by_who_has_the_passphrase(house: House) -> None:
    made = house.create()
    session = house.sessions.resume(made.token)
    house.ways_in.confirm_recovery_code(session, made.recovery_code[-4:])
    code = house.ways_in.new_recovery_code(session, PASSPHRASE, ORIGIN)
    assert not house.sessions.resume(made.token).recovery_confirmed
    with pytest.raises(WrongSecret):
        house.sessions.with_recovery_code(EMAIL, made.recovery_code, ANOTHER, ORIGIN)
    assert house.sessions.with_recovery_code(EMAIL, code, ANOTHER, ORIGIN)


def test_guessing_is_slowed_per_account_from_any_address(house: House) -> None:
    house.create()
    for number in range(5):
        with pytest.raises(WrongSecret):
            house.sessions.with_passphrase(EMAIL, ANOTHER, Origin(f"192.0.2.{number}", ""))
    with pytest.raises(TooManyTries) as slowed:
        house.sessions.with_passphrase(EMAIL, PASSPHRASE, Origin("198.51.100.1", ""))
    assert slowed.value.retry_after_seconds == 1
    house.clock.advance(timedelta(seconds=1))
    assert house.sessions.with_passphrase(EMAIL, PASSPHRASE, Origin("198.51.100.1", ""))


def test_guessing_is_slowed_per_address_over_many_accounts(house: House) -> None:
    for number in range(30):
        with pytest.raises(WrongSecret):
            house.sessions.with_passphrase(f"n{number}@example.org", ANOTHER, Origin(f"2001:db8::{number}", ""))
    with pytest.raises(TooManyTries):
        house.sessions.with_passphrase("another@example.org", ANOTHER, Origin("2001:db8::ffff", ""))


def test_parallel_guesses_are_all_counted(house: House) -> None:
    house.create()

    def guess(_: int) -> type[Exception]:
        try:
            house.sessions.with_passphrase(EMAIL, ANOTHER, ORIGIN)
        except (WrongSecret, TooManyTries) as error:
            return type(error)
        raise AssertionError

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(16)))
    assert outcomes.count(WrongSecret) == 5


def test_a_sign_in_that_raced_a_changed_passphrase_opens_nothing(house: House) -> None:
    here = house.sessions.resume(house.create().token)
    unlock = house.sessions._unlocking.by_passphrase

    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(unlocking, name)

        def by_passphrase(self, vault_id: object, passphrase: str) -> object:
            found = unlock(vault_id, passphrase)  # type: ignore[arg-type]
            house.sessions._unlocking = unlocking
            house.ways_in.change_passphrase(here, PASSPHRASE, ANOTHER, ORIGIN)
            return found

    unlocking = house.sessions._unlocking
    house.sessions._unlocking = Slow()  # type: ignore[assignment]
    with pytest.raises(KeysChanged):
        house.sessions.with_passphrase(EMAIL, PASSPHRASE, ORIGIN)


def everything_goes(house: House, act: Callable[[Origin], object], times: int) -> Counter[str]:
    """What many at once, each from an address of their own, got for their trouble."""

    def attempt(number: int) -> str:
        try:
            act(Origin(f"192.0.2.{number}", ""))
        except VaultError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(attempt, range(times)))


def test_many_sign_ins_of_one_account_at_once_succeed_or_wait(house: House) -> None:
    house.create()
    answers = everything_goes(house, lambda origin: house.sessions.with_passphrase(EMAIL, PASSPHRASE, origin), 60)
    assert set(answers) <= {"done", "too-many-tries"}


def test_two_changes_of_the_ways_in_at_once_never_wait_for_each_other(house: House) -> None:
    session = house.sessions.resume(house.create().token)
    for _ in range(4):
        house.clock.advance(timedelta(hours=2))
        answers = everything_goes(house, lambda origin: house.ways_in.new_recovery_code(session, PASSPHRASE, origin), 4)
        assert answers["done"] >= 1
        assert set(answers) <= {"done", "keys-changed"}


def test_ended_sessions_and_old_tries_are_swept(house: House) -> None:
    made = house.create()
    house.clock.advance(timedelta(hours=13))
    house.sessions.forget_ended()
    house.sessions.forget_ended()
    with pytest.raises(Unauthenticated):
        house.sessions.resume(made.token)


def test_a_session_prints_no_key(house: House) -> None:
    made = house.create()
    session: Session = house.sessions.resume(made.token)
    assert made.token not in repr(made)
    assert "<Keyring>" in repr(session)
