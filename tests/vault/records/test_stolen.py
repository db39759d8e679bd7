"""Whoever takes the database reads no name, value, code, file name or document in it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.vault.records.vaults import FHIR, Vault, bundle, observation
from vault.health.typed import TypedResult
from vault.records.views import ResultQuery


def test_no_canary_is_in_the_database_s_bytes(vault_on_sqlite: Vault, tmp_path: Path) -> None:
    vault = vault_on_sqlite
    marked = observation(1, "0.8251973", code="19123-9", text="HIV-canaryanalyte") | {
        "performer": [{"display": "canarylab"}]
    }
    vault.records.add_file(bundle(marked, observation(2, "0.77")), "canaryfile.json", FHIR)
    vault.records.add_file(b"%PDF-1.7 canarydocument" * 100, "canaryscan.pdf", "application/pdf")
    vault.records.add_result(TypedResult("magnesium", None, "0.8399173", "mmol/L", "2025-04-01", lab="canarytypedlab"))
    first = vault.records.results(ResultQuery()).items[0]
    vault.records.read(first.record_id)
    vault.records.delete(first.record_id)
    canaries = [
        b"canary",
        b"HIV-canary",
        b"0.8251973",
        b"0.8399173",
        b"19123-9",
        b"Stanley",
        b"1980-02-29",
        b"magnesium",
    ]
    for path in tmp_path.iterdir():
        if path.is_file():
            data = path.read_bytes()
            found = [canary for canary in canaries if canary in data or canary.hex().encode() in data]
            assert found == [], path.name
            assert base64.b64encode(b"canary")[:-2] not in data


@pytest.mark.parametrize("size", [10, 900])
def test_records_of_like_size_look_alike(vault_on_sqlite: Vault, size: int) -> None:
    vault = vault_on_sqlite
    vault.records.add_file(b"\x01" * size, "a.bin", "application/octet-stream")
    with vault.database.read() as connection:
        sealed = connection.exec_driver_sql("SELECT length(sealed) FROM blob").scalar_one()
    assert sealed == 12 + 1024 + 16
