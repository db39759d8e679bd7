"""What each use of the server's own keys costs in a device and in a key service, against files."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.key_stores import KINDS, forget, make_provider
from vault.server_keys.holder import ServerKeys

ROUNDS = 200
SECRET, CONTEXT = b"s" * 32, b"c" * 40


def uses_of(keys: ServerKeys) -> dict[str, Callable[[], Any]]:
    wrapped = keys.wrap("links", SECRET, CONTEXT)
    return {
        "wrap": lambda: keys.wrap("links", SECRET, CONTEXT),
        "unwrap": lambda: keys.unwrap("links", wrapped, CONTEXT),
        "mac": lambda: keys.mac("e-mail", SECRET),
        "sign": lambda: keys.sign("receipts", SECRET),
    }


def milliseconds(use: Callable[[], Any]) -> float:
    use()
    started = time.perf_counter()
    for _ in range(ROUNDS):
        use()
    return (time.perf_counter() - started) / ROUNDS * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        by_files: dict[str, float] = {}
        for kind in KINDS:
            place = Path(folder) / kind
            costs = {name: milliseconds(use) for name, use in uses_of(make_provider(place, kind)).items()}
            by_files = by_files or costs
            told = (f"{name} {cost:.3f} ms ({cost / by_files[name]:.1f} x files)" for name, cost in costs.items())
            print(f"{kind}: {', '.join(told)}")
            forget(place, kind)


if __name__ == "__main__":
    main()
