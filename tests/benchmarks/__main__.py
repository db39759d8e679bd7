"""``make bench``: runs ``main()`` of every ``bench_*`` module here and prints ratios; it never fails on a time."""

from __future__ import annotations

import importlib
import os
import platform
import tempfile
import time
from pathlib import Path


def fdatasync_milliseconds(rounds: int = 200) -> float:
    """What one durable write costs on this disk; every figure of a log or write stands beside it."""
    with tempfile.TemporaryFile() as file:
        started = time.perf_counter()
        for _ in range(rounds):
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
        return (time.perf_counter() - started) / rounds * 1000


def main() -> None:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, fdatasync {fdatasync_milliseconds():.2f} ms")
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"\n== {path.stem}")
        importlib.import_module(f"tests.benchmarks.{path.stem}").main()


if __name__ == "__main__":
    main()
