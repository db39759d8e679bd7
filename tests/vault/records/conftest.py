"""Vaults for the records room, on both databases."""

from __future__ import annotations

import pytest

from tests.conftest import FixedClock
from tests.vault.records.vaults import Vault, found_vault
from vault.database import Database
from vault.keys.file_provider import FileKeyProvider


@pytest.fixture
def vault(database: Database, provider: FileKeyProvider, clock: FixedClock) -> Vault:
    return found_vault(database, provider, clock)


@pytest.fixture
def vault_on_sqlite(sqlite_database: Database, provider: FileKeyProvider, clock: FixedClock) -> Vault:
    return found_vault(sqlite_database, provider, clock)
