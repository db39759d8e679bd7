"""A citizen who shares, on both databases."""

from __future__ import annotations

import pytest

from tests.conftest import FixedClock
from tests.sharing.shares import Citizen, make_citizen
from vault.database import Database
from vault.keys.file_provider import FileKeyProvider


@pytest.fixture
def citizen(database: Database, provider: FileKeyProvider, clock: FixedClock) -> Citizen:
    return make_citizen(database, provider, clock)
