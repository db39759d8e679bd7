"""Calls of the kernel that the drawing process gives up (Linux, seccomp): files, network, processes, other memory.

A library that is taken over could otherwise read the memory of the server, which runs as the same user. On other
machines, or where the kernel takes no filter, the limits of ``confinement`` still hold.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from typing import Any, Final

_NEW_EVERYWHERE: Final = (424, 425, 434, 437, 438)  # pidfd_send_signal, io_uring, pidfd_open, openat2, pidfd_getfd
_CLONE3: Final = 435
_X86_64: Final = (
    *(2, 257, 76, 82, 83, 84, 86, 87, 88, 90, 92, 258, 260, 263, 264, 265, 266, 268, 316),  # open … renameat2
    *(41, 42, 53),  # socket, connect, socketpair
    *(57, 58, 59, 322),  # fork, vfork, execve, execveat
    *(62, 129, 200, 234, 297, 101, 310, 311),  # kill … tgkill, ptrace, process_vm_readv and writev
    *(165, 248, 249, 250, 272, 298, 308, 321),  # mount, keys, unshare, perf_event_open, setns, bpf
)
_AARCH64: Final = (
    *(56, 34, 35, 36, 37, 38, 45, 53, 54, 276),
    *(198, 199, 203),
    *(221, 281),
    *(129, 130, 131, 138, 240, 117, 270, 271),
    *(40, 97, 217, 218, 219, 241, 268, 280),
)
_MACHINES: Final = {"x86_64": (0xC000003E, 56, _X86_64), "aarch64": (0xC00000B7, 220, _AARCH64)}
"""Name, audit number, the number of clone, the calls refused."""

_LOAD, _EQUAL, _AT_LEAST, _HAS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _REFUSE, _ABSENT = 0x7FFF0000, 0x00050001, 0x00050026  # Pass; fail with EPERM; fail with ENOSYS.
_CLONE_THREAD: Final = 0x10000
_OTHER_ABI: Final = 0x40000000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def refuse_calls(libc: Any) -> bool:
    """Give them up, for good; False where that isn't known here. Needs *no new privileges*."""
    known = _MACHINES.get(platform.machine())
    if known is None or struct.calcsize("P") != 8:
        return False
    written = _program(*known)
    program = _Program(len(written) // 8, written)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _program(machine: int, clone: int, refused: tuple[int, ...]) -> bytes:
    """Instructions of 8 bytes. Refused: calls of another machine or ABI, each listed one, processes but not threads."""
    calls = (*refused, *_NEW_EVERYWHERE)
    last = len(calls) + 6
    thread, refuse, absent = last + 1, last + 4, last + 5
    steps = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 0, refuse - 2, machine),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, refuse - 4, 0, _OTHER_ABI),
        (_EQUAL, absent - 5, 0, _CLONE3),  # As if the kernel were older: then threads are made by clone.
        (_EQUAL, thread - 6, 0, clone),
        *((_EQUAL, refuse - place - 1, 0, call) for place, call in enumerate(calls, 6)),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_HAS, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ABSENT),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
