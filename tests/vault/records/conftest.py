"""Vaults for the records room, on both databases."""

from __future__ import annotations

import pytest

from tests.conftest import FixedClock
from tests.vault.records.vaults import Vault, found_vault
from vault.database import Database
from vault.server_keys.holder import ServerKeys


@pytest.fixture
def vault(database: Database, provider: ServerKeys, clock: FixedClock) -> Vault:
    return found_vault(database, provider, clock)


@pytest.fixture
def vault_on_sqlite(sqlite_database: Database, provider: ServerKeys, clock: FixedClock) -> Vault:
    return found_vault(sqlite_database, provider, clock)
