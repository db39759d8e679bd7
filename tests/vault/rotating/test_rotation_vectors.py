"""Known answers of docs/specs/rotation.md: the row of the keys before, and log keys by generation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from vault.crypto.secret import PrivateKeyVK, VaultKey
from vault.database import Database, table_of
from vault.errors import Tampered
from vault.ids import Pseudonym, VaultId
from vault.keys.generations import KeysChanged, PreviousKeys
from vault.keys.keyring import Keyring
from vault.keys.stored import previous_header
from vault.keys.tables import KeyLog

VECTORS: Any = json.loads((Path(__file__).parents[2] / "vectors" / "rotation.json").read_text())
PREVIOUS, LOG_KEYS = VECTORS["previous"], VECTORS["log_keys"]
raw = bytes.fromhex


def keyring(*, private: bool = True) -> Keyring:
    secret = PrivateKeyVK(raw(VECTORS["private_key"])) if private else None
    vault_key, pseudonym = VaultKey(raw(VECTORS["vault_key"])), Pseudonym(raw(LOG_KEYS["pseudonym"]))
    return Keyring(VaultId(raw(VECTORS["vault_id"])), VECTORS["generation"], pseudonym, vault_key, secret)


def kept(**changes: Any) -> PreviousKeys:
    stated = PREVIOUS | changes
    return PreviousKeys(stated["generation"], raw(stated["wrapped"]), raw(stated["wrapped_private"]))


def names(vectors: list[dict[str, Any]]) -> list[str]:
    return [vector["name"] for vector in vectors]


def test_the_pinned_keys_before_open() -> None:
    opened = keyring()
    opened.open_previous(kept())
    assert opened._before
    assert opened._before.private_key
    assert opened._before.vault_key.raw == raw(PREVIOUS["vault_key"])
    assert opened._before.private_key.raw == raw(PREVIOUS["private_key"])
    assert (opened.previous, opened._before.number) == (1, 1)


def test_a_carer_opens_only_the_vault_key_before() -> None:
    opened = keyring(private=False)
    opened.open_previous(kept())
    assert opened._before
    assert opened._before.vault_key.raw == raw(PREVIOUS["vault_key"])
    assert opened._before.private_key is None


def test_the_row_counts_in_the_sum_as_pinned() -> None:
    assert previous_header(kept()) == (raw(PREVIOUS["freshness_object"]), 1, raw(PREVIOUS["freshness_nonce"]))


@pytest.mark.parametrize("fault", PREVIOUS["tampered"], ids=names(PREVIOUS["tampered"]))
def test_a_faulty_row_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(Tampered):
        keyring().open_previous(kept(**fault))


def log_key(database: Database, vector: dict[str, Any]) -> bytes:
    opened = keyring()
    opened.open_previous(kept())
    row = {"vault_id": opened.vault_id, "pseudonym": opened.pseudonym, "account_key": b""}
    row |= {"generation": vector["generation"], "log_key": raw(vector["wrapped"])}
    with database.write() as connection:
        connection.execute(insert(table_of(KeyLog)), row)
    with database.read() as connection:
        return opened.log_key(connection, opened.pseudonym, vector["generation"]).raw


@pytest.mark.parametrize("vector", LOG_KEYS["opened"], ids=names(LOG_KEYS["opened"]))
def test_pinned_log_keys_open(sqlite_database: Database, vector: dict[str, Any]) -> None:
    assert log_key(sqlite_database, vector) == raw(vector["key"])


@pytest.mark.parametrize("fault", LOG_KEYS["tampered"], ids=names(LOG_KEYS["tampered"]))
def test_a_faulty_log_key_is_refused(sqlite_database: Database, fault: dict[str, Any]) -> None:
    with pytest.raises(Tampered):
        log_key(sqlite_database, fault)


def test_a_newer_wrap_says_that_the_keys_changed() -> None:
    newer = VECTORS["newer"]
    with pytest.raises(KeysChanged):
        keyring().unwrap(newer["label"], raw(newer["object_id"]), raw(newer["wrapped"]))
