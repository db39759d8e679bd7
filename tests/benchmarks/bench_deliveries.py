"""1,000 single-record deliveries into a locked vault, then one opening: at most 3 s, by the clock and by CPU time."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.conftest import FixedClock
from tests.databases import make_tables
from tests.key_stores import make_provider
from tests.vault.deliveries.conftest import ORIGIN, Postroom, build_postroom, observation
from vault.database import Database

COUNT = 1000


def fill(room: Postroom) -> None:
    key = room.issue().key
    for number in range(COUNT):
        data = observation(f"0.{number:04d}")
        room.receiving.receive_file(room.vault_id, key, data, f"{number}.json", "application/fhir+json", ORIGIN)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        make_tables(url)
        database = Database(url)
        room = build_postroom(database, make_provider(Path(folder) / "keys"), FixedClock())
        started, used = time.perf_counter(), time.process_time()
        fill(room)
        tell("receiving", started, used)
        started, used = time.perf_counter(), time.process_time()
        brought = room.opening.open_all()
        tell("opening", started, used, "; budget 3 s")
        assert (brought.deliveries, brought.added) == (COUNT, COUNT)
        database.close()


def tell(what: str, started: float, used: float, budget: str = "") -> None:
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    print(f"{what} {COUNT} deliveries: {wall:.2f} s, {cpu:.2f} s CPU{budget}")


if __name__ == "__main__":
    main()
