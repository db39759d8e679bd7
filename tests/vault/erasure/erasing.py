"""A founded vault with everything that erases, and byte copies of what a database holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, select
from sqlmodel import SQLModel

from tests.conftest import FixedClock
from tests.vault.records.vaults import ORIGIN, Vault, found_vault
from vault.audit.trails import trail_of
from vault.blobs import RowBlobs
from vault.database import Database
from vault.erasure.erasures import Erasures, Terms
from vault.erasure.ledger import Ledger
from vault.erasure.one_record import RecordErasure
from vault.freshness import Change, State
from vault.ids import RecordId
from vault.server_keys.holder import ServerKeys

Rows = dict[str, list[dict[str, Any]]]


class Nothing:
    """No other room keeps anything of the record."""

    change = Change()

    def __init__(self, record_id: RecordId) -> None:
        pass

    def store(self, connection: Connection, state: State) -> None:
        pass


@dataclass(frozen=True)
class House:
    vault: Vault
    ledger: Ledger
    ledger_path: Path
    erasures: Erasures

    @property
    def database(self) -> Database:
        return self.vault.database

    def erasing(self, prepare: Any = Nothing) -> RecordErasure:
        vault = self.vault
        with vault.database.read() as connection:
            trail = trail_of(connection, vault.keyring.vault_id)
        return RecordErasure(
            vault.database,
            vault.keyring,
            RowBlobs(),
            vault.clock,
            log=vault.log,
            trail=trail,
            origin=ORIGIN,
            erasures=self.erasures,
            prepare=prepare,
        )


def make_house(database: Database, provider: ServerKeys, clock: FixedClock, folder: Path) -> House:
    vault, path = found_vault(database, provider, clock), folder / "erasures.ledger"
    ledger = Ledger(path, provider)
    terms = Terms("http://localhost:8000", timedelta(days=7))
    return House(vault, ledger, path, Erasures(database, provider, vault.log, clock, ledger, terms))


def tables(*, keys: bool | None = None) -> list[Table]:
    """All tables in the order of their making, or (``keys``) those of keys, or the others."""
    found = SQLModel.metadata.sorted_tables
    return [table for table in found if keys is None or table.name.startswith("key_") is keys]


def rows_of(database: Database, wanted: list[Table]) -> Rows:
    with database.read() as connection:
        return {table.name: [dict(row._mapping) for row in connection.execute(select(table))] for table in wanted}


def put_back(database: Database, rows: Rows) -> None:
    """These rows into a database without any of them."""
    with database.write() as connection:
        for table in tables():
            if rows.get(table.name):
                connection.execute(insert(table), rows[table.name])
