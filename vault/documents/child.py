"""One question to one drawing process: bounded in time and in bytes, ended with everything it may have started."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO, Final

_CHUNK: Final = 1 << 16
_COMMAND: Final = (sys.executable, "-I", "-B", "-m", "vault.documents.worker")


class ChildTooSlow(Exception):
    """It was ended because it took too long."""


class ChildBrokeOff(Exception):
    """It ended early, or said more than it may."""


class Child:
    """``seconds`` to live; ``most_bytes`` it may answer."""

    def __init__(self, seconds: float, most_bytes: int, command: tuple[str, ...] = _COMMAND) -> None:
        self._ends_at = time.monotonic() + seconds
        self._most = most_bytes
        self._command = command

    def ask(self, request: bytes) -> bytes:
        """What it answers, to its end. No environment, no descriptors but the two pipes, a session of its own."""
        process = subprocess.Popen(  # noqa: S603  (our own command, nothing of a request in it)
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
        assert process.stdin is not None  # Both were asked for just now.
        assert process.stdout is not None
        try:
            answer = self._exchange(process.stdin, process.stdout, request)
            if process.wait(max(0.0, self._ends_at - time.monotonic())) == -signal.SIGXCPU:
                raise ChildTooSlow
        except subprocess.TimeoutExpired:
            raise ChildTooSlow from None
        finally:
            _end(process)
        return answer

    def _exchange(self, to: IO[bytes], back: IO[bytes], request: bytes) -> bytes:
        """Write and read at once, so that neither side waits for the other."""
        waiting, answer = memoryview(request), bytearray()
        os.set_blocking(to.fileno(), False)
        os.set_blocking(back.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(to, selectors.EVENT_WRITE)
            selector.register(back, selectors.EVENT_READ)
            while selector.get_map():
                left = self._ends_at - time.monotonic()
                ready = selector.select(left) if left > 0 else []
                if not ready:
                    raise ChildTooSlow
                for key, _ in ready:
                    if key.fileobj is to:
                        waiting = _write(to, waiting)
                        if not waiting:
                            selector.unregister(to)
                            to.close()
                    elif chunk := os.read(back.fileno(), _CHUNK):
                        answer += chunk
                        if len(answer) > self._most:
                            raise ChildBrokeOff
                    else:
                        selector.unregister(back)
                        if waiting:
                            selector.unregister(to)
                        break
        return bytes(answer)


def _write(to: IO[bytes], waiting: memoryview) -> memoryview:
    """What is still to be written; nothing more to one who closed the pipe."""
    try:
        return waiting[os.write(to.fileno(), waiting[:_CHUNK]) :]
    except BrokenPipeError:
        return waiting[:0]


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(BrokenPipeError):
        process.stdin.close()  # type: ignore[union-attr]
    process.stdout.close()  # type: ignore[union-attr]
    process.wait()
