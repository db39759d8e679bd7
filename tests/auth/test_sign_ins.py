"""Where somebody is signed in, and when a sign-in ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from auth.devices import Device, coarse_network, device_of
from auth.sessions import Session
from tests.auth.conftest import EMAIL, ORIGIN, PASSPHRASE, House
from vault.audit.events import Origin
from vault.database import table_of
from vault.errors import NotFound, Tampered, Unauthenticated
from vault.ids import SessionId, make_id
from vault.keys.sessions import USE_IS_NOTED_EVERY
from vault.keys.tables import KeySession

IDLE = timedelta(hours=2)
PHONE = Origin(
    "2001:db8:1:2::7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile Safari/604.1"
)


def signed_in(house: House, origin: Origin = ORIGIN) -> tuple[str, Session]:
    token = house.sessions.with_passphrase(EMAIL, PASSPHRASE, origin).token
    return token, house.sessions.resume(token)


def stored_use(house: House, session: Session) -> object:
    table = table_of(KeySession)
    with house.database.read() as connection:
        query = select(table.c.last_used_at).where(table.c.session_id == session.session_id)
        return connection.execute(query).scalar_one()


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "firefox", "windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", "chrome", "linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "edge", "windows"),
        (
            "Mozilla/5.0 (Linux; Android 15; SM-S931B) SamsungBrowser/28.0 Chrome/130 Safari/537.36",
            "samsung",
            "android",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15", "safari", "mac"),
        (PHONE.agent, "safari", "iphone"),
        ("curl/8.5.0", "", ""),
        ("", "", ""),
    ],
)
def test_a_user_agent_is_told_in_two_words(agent: str, browser: str, system: str) -> None:
    assert device_of(Origin("", agent)) == Device(browser, system, "")


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::7", "2001:db8:1::/48"), ("", ""), ("testclient", "")],
)
def test_an_address_is_kept_as_its_network(address: str, network: str) -> None:
    assert coarse_network(address) == network


def test_sign_ins_are_listed_with_their_devices_and_this_one_first(house: House) -> None:
    house.create()
    house.clock.advance(timedelta(minutes=1))
    signed_in(house, PHONE)
    house.clock.advance(timedelta(minutes=1))
    _, here = signed_in(house)
    listed = house.sign_ins.list(here)
    assert [each.is_this for each in listed] == [True, False, False]
    assert listed[1].device == Device("safari", "iphone", "2001:db8:1::/48")
    assert listed[1].since == house.clock.now() - timedelta(minutes=1)


def test_what_a_sign_in_says_of_its_device_is_sealed(house: House) -> None:
    house.create()
    _, session = signed_in(house, PHONE)
    table = table_of(KeySession)
    with house.database.write() as connection:
        stored = connection.execute(
            select(table.c.details).where(table.c.session_id == session.session_id)
        ).scalar_one()
        assert b"iphone" not in stored
        connection.execute(update(table).values(details=stored))
    with pytest.raises(Tampered):
        house.sign_ins.list(session)


def test_one_sign_in_ends_or_all_others_do(house: House) -> None:
    house.create()
    (lost, there), (other, _), (kept, here) = (signed_in(house) for _ in range(3))
    house.sign_ins.end(here, there.session_id, ORIGIN)
    with pytest.raises(Unauthenticated):
        house.sessions.resume(lost)
    with pytest.raises(NotFound):
        house.sign_ins.end(here, there.session_id, ORIGIN)
    with pytest.raises(NotFound):
        house.sign_ins.end(here, SessionId(make_id()), ORIGIN)
    assert house.sessions.resume(other)
    assert house.sign_ins.end_others(here, ORIGIN) == 2
    with pytest.raises(Unauthenticated):
        house.sessions.resume(other)
    assert house.sessions.resume(kept)


def test_nobody_ends_the_sign_in_of_somebody_else(house: House) -> None:
    house.create()
    house.create("eve@example.org")
    _, ada = signed_in(house)
    eve = house.sessions.resume(house.sessions.with_passphrase("eve@example.org", PASSPHRASE, ORIGIN).token)
    with pytest.raises(NotFound):
        house.sign_ins.end(eve, ada.session_id, ORIGIN)


def test_a_sign_in_that_nobody_uses_ends_before_its_time_and_one_in_use_does_not(house: House) -> None:
    house.create()
    idle, _ = signed_in(house)
    used, _ = signed_in(house)
    for _ in range(5):
        house.clock.advance(IDLE / 2)
        assert house.sessions.resume(used)
    with pytest.raises(Unauthenticated):
        house.sessions.resume(idle)


def test_use_does_not_carry_a_sign_in_past_its_absolute_end(house: House) -> None:
    house.create()
    token, _ = signed_in(house)
    end = house.clock.now() + timedelta(hours=12)
    for _ in range(11):
        house.clock.advance(timedelta(hours=1))
        assert house.sessions.resume(token)
    assert house.sessions.resume(token).expires_at == end
    house.clock.advance(timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        house.sessions.resume(token)


def test_use_is_noted_at_most_every_five_minutes_and_looking_at_the_clock_is_no_use(house: House) -> None:
    house.create()
    token, session = signed_in(house)
    first = stored_use(house, session)
    house.clock.advance(USE_IS_NOTED_EVERY - timedelta(seconds=1))
    house.sessions.resume(token)
    assert stored_use(house, session) == first
    house.clock.advance(timedelta(seconds=1))
    house.sessions.resume(token, is_use=False)
    assert stored_use(house, session) == first
    house.sessions.resume(token)
    assert stored_use(house, session) == house.clock.now()


def test_a_session_of_the_first_release_is_idle_since_it_was_made(house: House) -> None:
    house.create()
    token, session = signed_in(house)
    with house.database.write() as connection:
        connection.execute(update(table_of(KeySession)).values(last_used_at=None, details=None))
    assert house.sign_ins.list(session)[0].device == Device()
    house.clock.advance(IDLE)
    with pytest.raises(Unauthenticated):
        house.sessions.resume(token)
