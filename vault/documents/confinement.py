"""What the drawing process may use: little memory and time, no new files, no network. It confines itself.

Everything here can only take rights away. On systems without one of these the others still hold.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Any, Final

from vault.documents.refusals import refuse_calls

MEMORY_BYTES: Final = 1 << 30
CPU_SECONDS: Final = 20

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


def confine(memory_bytes: int = MEMORY_BYTES, cpu_seconds: int = CPU_SECONDS) -> None:
    """Give up what drawing doesn't need. Everything that must be imported has been."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is not None:
        _leave_the_network(libc)
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1)  # The first ends it with a signal that says why.
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, 0)
    if libc is not None:
        refuse_calls(libc)


def _limit(what: int, most: int, at_last: int | None = None) -> None:
    hard = resource.getrlimit(what)[1]
    at_last = most if at_last is None else at_last
    if hard != resource.RLIM_INFINITY:
        most, at_last = min(most, hard), min(at_last, hard)
    resource.setrlimit(what, (most, at_last))


def _leave_the_network(libc: Any) -> None:
    """A network of one's own, which leads nowhere; where the kernel allows it to this user."""
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
