"""Hold Python's cycle collector off while a file is parsed: parsed JSON has no cycles, and half the time went there.

Reference counting goes on, so memory stays bounded by the file. Several readers at once share one pause.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_readers = 0
_resume = False


@contextmanager
def paused_collector() -> Iterator[None]:
    """The collector is off inside, and as it was before once the last reader has left."""
    global _readers, _resume  # noqa: PLW0603
    with _lock:
        if _readers == 0:
            _resume = gc.isenabled()
            gc.disable()
        _readers += 1
    try:
        yield
    finally:
        with _lock:
            _readers -= 1
            if _readers == 0 and _resume:
                gc.enable()
