"""A vault, and what erases in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import FixedClock
from tests.vault.erasure.erasing import House, make_house
from vault.database import Database
from vault.server_keys.holder import ServerKeys


@pytest.fixture
def house(database: Database, provider: ServerKeys, clock: FixedClock, tmp_path: Path) -> House:
    return make_house(database, provider, clock, tmp_path)
