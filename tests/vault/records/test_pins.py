"""Pinned tests are a sealed paper of the vault: kept in order, each once, and never readable from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.vault.records.vaults import Vault
from vault import freshness
from vault.errors import Tampered
from vault.health.catalogue import UnknownAnalyte
from vault.records.pins import MAX_PINS, PINS, PURPOSE, Pins, TooManyPins, decode_pins, encode_pins

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "pins.json").read_text())


def pins_of(vault: Vault) -> Pins:
    return Pins(vault.database, vault.keyring, vault.clock)


def test_pins_keep_their_order_and_twice_is_once(vault: Vault) -> None:
    pins = pins_of(vault)
    assert pins.all() == ()
    for test in ("sodium", "magnesium", "sodium", "name:vitamin k"):
        pins.pin(test)
    assert pins.all() == ("sodium", "magnesium", "name:vitamin k")
    pins.unpin("sodium")
    pins.unpin("sodium")
    assert pins_of(vault).all() == ("magnesium", "name:vitamin k")


def test_pins_are_sealed_counted_and_keep_one_version(vault: Vault) -> None:
    pins = pins_of(vault)
    pins.pin("magnesium")
    pins.pin("sodium")
    with vault.database.read() as connection:
        freshness.verify(connection, vault.keyring)
        rows = connection.execute(text("SELECT version, sealed FROM paper WHERE purpose = 'pins'")).all()
    ((version, sealed),) = rows
    assert version == 2
    assert b"magnesium" not in bytes(sealed)


def test_an_older_pin_brought_back_is_noticed(vault_on_sqlite: Vault) -> None:
    pins = pins_of(vault_on_sqlite)
    pins.pin("magnesium")
    with vault_on_sqlite.database.read() as connection:
        old = connection.execute(text("SELECT sealed FROM paper WHERE purpose = 'pins'")).scalar_one()
    pins.pin("sodium")
    with vault_on_sqlite.database.write() as connection:
        connection.execute(text("UPDATE paper SET sealed = :old WHERE purpose = 'pins'"), {"old": old})
    with pytest.raises(Tampered):
        pins.all()
    with pytest.raises(Tampered), vault_on_sqlite.database.read() as connection:
        freshness.verify(connection, vault_on_sqlite.keyring)


@pytest.mark.parametrize(
    "test", ["", "nonsense", "name:", "name:  ", "name:Vitamin K", "name:a\x00b", "name:" + "x" * 400]
)
def test_only_what_can_be_a_test_is_pinned(vault_on_sqlite: Vault, test: str) -> None:
    with pytest.raises(UnknownAnalyte):
        pins_of(vault_on_sqlite).pin(test)


def test_a_pin_too_many_is_refused(vault_on_sqlite: Vault) -> None:
    pins = pins_of(vault_on_sqlite)
    for number in range(MAX_PINS):
        pins.pin(f"name:test {number}")
    with pytest.raises(TooManyPins):
        pins.pin("magnesium")
    assert len(pins.all()) == MAX_PINS


def test_the_written_form_is_that_of_the_vectors() -> None:
    assert (PINS.hex(), PURPOSE) == (VECTORS["paper_id"], VECTORS["purpose"])
    for good in VECTORS["good"]:
        assert encode_pins(tuple(good["tests"])) == good["plaintext"].encode()
        assert decode_pins(good["plaintext"].encode()) == tuple(good["tests"])
    for bad in VECTORS["refused"]:
        with pytest.raises(Tampered):
            decode_pins(bad.encode())
