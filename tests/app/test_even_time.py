"""Refusals that must tell nothing leave on a beat, so that their time tells nothing either."""

from __future__ import annotations

import time

import pytest

from app.doors import BEAT_SECONDS
from tests.app.conftest import ANOTHER, House

WRONG = {"passphrase": ANOTHER}
LOST = {"recovery_code": "0000-0000-0000-0000-0000-0000-0000-0000", "new_passphrase": ANOTHER}


def seconds_of(house: House, path: str, body: dict[str, str], status: int) -> float:
    client = house.client
    began = time.monotonic()
    assert client.post(path, json=body).status_code == status
    return time.monotonic() - began


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
@pytest.mark.parametrize("secret", [WRONG, LOST])
def test_a_refused_sign_in_never_leaves_before_its_beat(
    sqlite_house: House, email: str, secret: dict[str, str]
) -> None:
    sqlite_house.citizen()
    assert seconds_of(sqlite_house, "/api/sessions", {"email": email} | secret, 401) >= BEAT_SECONDS


def test_a_dead_link_never_answers_before_its_beat(sqlite_house: House) -> None:
    assert seconds_of(sqlite_house, "/shl/" + "A" * 43, {"recipient": "x"}, 404) >= BEAT_SECONDS
