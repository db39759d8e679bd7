"""A vault that is locked, a sender with a key for it, and the unlock, on both databases."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.conftest import FixedClock
from tests.vault.records.vaults import Vault, found_vault
from vault.audit.events import Origin, Trail
from vault.audit.trails import trail_of
from vault.database import Database
from vault.deliveries.opening import DeliveryOpening
from vault.deliveries.receiving import Receiving
from vault.deliveries.senders import Issued, Senders
from vault.ids import VaultId
from vault.server_keys.holder import ServerKeys

SERVICE = "http://localhost:8000"
ORIGIN = Origin("192.0.2.8", "a lab")


@dataclass
class Postroom:
    """``told``: vaults whose citizen was told of an arrival."""

    vault: Vault
    receiving: Receiving
    told: list[VaultId] = field(default_factory=list)
    labs: dict[bytes, str] = field(default_factory=dict)

    @property
    def vault_id(self) -> VaultId:
        return self.vault.keyring.vault_id

    @property
    def senders(self) -> Senders:
        parts = (self.vault.database, self.vault.keyring, self.vault.log, self.vault.clock)
        return Senders(*parts, trail=self.trail, origin=ORIGIN)

    @property
    def trail(self) -> Trail:
        with self.vault.database.read() as connection:
            return trail_of(connection, self.vault_id)

    @property
    def opening(self) -> DeliveryOpening:
        house = self.vault
        return DeliveryOpening(
            house.database,
            house.keyring,
            house.records.incoming,
            house.log,
            trail=self.trail,
            origin=ORIGIN,
            labs=self.labs,
        )

    def issue(self, name: str = "Hill Street Laboratory", lab_key: str = "") -> Issued:
        return self.senders.issue(name, lab_key)


def build_postroom(database: Database, provider: ServerKeys, clock: FixedClock) -> Postroom:
    vault = found_vault(database, provider, clock)
    told: list[VaultId] = []
    receiving = Receiving(
        database,
        provider,
        vault.log,
        clock,
        tell=lambda _connection, vault_id: told.append(vault_id),
        service=SERVICE,
    )
    return Postroom(vault, receiving, told)


@pytest.fixture
def postroom(database: Database, provider: ServerKeys, clock: FixedClock) -> Postroom:
    return build_postroom(database, provider, clock)


@pytest.fixture
def sqlite_postroom(sqlite_database: Database, provider: ServerKeys, clock: FixedClock) -> Postroom:
    return build_postroom(sqlite_database, provider, clock)


def observation(value: str = "0.66", day: str = "2026-01-20", **more: Any) -> bytes:
    """One magnesium result as a lab writes it."""
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}]},
        "effectiveDateTime": day,
        "valueQuantity": {"value": 0, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    } | more
    return json.dumps(resource).replace('"value": 0', f'"value": {value}').encode()
