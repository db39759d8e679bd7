"""A citizen who shares, on both databases."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.conftest import FixedClock
from tests.sharing.shares import Citizen, make_citizen
from vault.database import Database
from vault.server_keys.holder import ServerKeys

# A busy machine is no fault of what is tested.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def citizen(database: Database, provider: ServerKeys, clock: FixedClock) -> Citizen:
    return make_citizen(database, provider, clock)
