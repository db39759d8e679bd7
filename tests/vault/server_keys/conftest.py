"""Every claim about a key store is tried with each: files, SoftHSM, OpenBao."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.key_stores import KINDS, make_store
from vault.server_keys.stores import KeyStore


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(kind: str, tmp_path: Path) -> Iterator[KeyStore]:
    made = make_store(kind, tmp_path / "keys")
    made.prepare()
    yield made
    for key in made.list_keys():
        made.destroy(key)
