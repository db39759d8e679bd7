"""The browser's pure modules, by Node's own test runner: links, sealed files, bundles, dates, trends."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.conftest import skip_or_fail

FOLDER = Path(__file__).parent / "js"


def test_the_pure_modules_keep_their_promises() -> None:
    node = shutil.which("node")
    if node is None:
        skip_or_fail("Node is missing, and the browser's modules are tested by it")
    files = [str(path) for path in sorted(FOLDER.glob("*.test.mjs"))]
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
