"""Where sample files are: the project's own, and other people's beside the clone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def own_sample() -> Callable[[str], bytes]:
    return lambda name: (ROOT / "tests" / "samples" / name).read_bytes()


@pytest.fixture
def real_sample() -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        path = ROOT.parent / "shared" / "samples" / name
        if not path.is_file():
            pytest.skip(f"The sample {name} isn't beside this clone.")
        return path.read_bytes()

    return read
