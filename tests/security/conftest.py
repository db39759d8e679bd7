"""The real server, once on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import postgres_database_url
from tests.servers import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    if request.param == "sqlite":
        running = Server(tmp_path).start()
        yield running
        running.stop()
        return
    with postgres_database_url() as url:
        running = Server(tmp_path, database_url=url).start()
        yield running
        running.stop()
