"""What the drawing process can't do any more once it has confined itself, whoever has taken it over."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vault.documents.child import Child, ChildBrokeOff, ChildTooSlow

HEAD = """
import ctypes, errno, os, resource, socket, sys, threading
from vault.documents.confinement import confine
libc = ctypes.CDLL(None, use_errno=True)
confine()
def refused(act):
    try:
        act()
    except OSError as error:
        return error.errno in (errno.EPERM, errno.EMFILE, errno.EACCES)
    return False
def call(number, *given):
    if libc.syscall(number, *given) < 0:
        raise OSError(ctypes.get_errno(), "refused")
"""
ACTS = {
    "open a file": "refused(lambda: os.open('/etc/hostname', os.O_RDONLY))",
    "write a file": "refused(lambda: os.open('/tmp/left-behind', os.O_WRONLY | os.O_CREAT))",
    "open a socket": "refused(socket.socket)",
    "start a process": "refused(os.fork)",
    "become another program": "refused(lambda: os.execve('/bin/true', ['true'], {}))",
    "signal the server": "refused(lambda: os.kill(os.getppid(), 0))",
    "remove a file": "refused(lambda: os.unlink('/tmp/left-behind'))",
    "get its limits back": "refused(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))",
}


def confined(*lines: str) -> str:
    code = HEAD + "\n".join(lines) + "\nsys.stdout.flush()\nos._exit(0)\n"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's ways of confining")
@pytest.mark.parametrize("act", list(ACTS))
def test_a_confined_process_cannot(act: str) -> None:
    code = ACTS[act]
    if act == "get its limits back":
        code = f"os.getuid() == 0 or {code}"  # The superuser may always; a server doesn't run as one.
    assert confined(f"print({code})") == "True"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's ways of confining")
def test_threads_are_no_processes_and_stay_allowed() -> None:
    made = "t = threading.Thread(target=print, args=(7,)); t.start(); t.join()"
    assert confined(made) == "7"


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's ways of confining")
def test_a_confined_process_cannot_read_the_servers_memory() -> None:
    ptrace = "{'x86_64': 101, 'aarch64': 117}[os.uname().machine]"
    assert confined(f"print(refused(lambda: call({ptrace}, 16, os.getppid(), 0, 0)))") == "True"


def test_the_child_has_no_environment_and_no_descriptors_but_its_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTHVAULT_SECRET", "hush")
    code = "import os, sys; sys.stdin.read(); print(sorted(set(os.environ) - {'LC_CTYPE'}), os.listdir('/dev/fd'))"
    said = Child(20, 1000, (sys.executable, "-I", "-c", code)).ask(b"x").decode()
    assert "hush" not in said
    assert said.startswith("[] ['0', '1', '2'")
    assert len(said) < 40


def test_a_child_that_says_too_much_is_ended() -> None:
    code = "import sys\nwhile True: sys.stdout.write('x' * 9999)"
    with pytest.raises(ChildBrokeOff):
        Child(20, 100_000, (sys.executable, "-I", "-c", code)).ask(b"x" * 500_000)


def test_a_child_that_does_not_listen_or_does_not_end_is_ended() -> None:
    for code in ("import time; time.sleep(60)", "import os, time; os.close(1); time.sleep(60)"):
        with pytest.raises(ChildTooSlow):
            Child(0.5, 1000, (sys.executable, "-I", "-c", code)).ask(b"x" * 500_000)


def test_a_child_that_dies_gives_what_it_had_said() -> None:
    assert Child(20, 1000, (sys.executable, "-I", "-c", "import os; os._exit(3)")).ask(b"x" * 500_000) == b""
