"""Somebody else's reader of SMART Health Links opens ours: npm kill-the-clipboard 1.1.0 on Node, unmodified."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import skip_or_fail
from tests.servers import Server, share, sign_up, type_in

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("interop")).start()
    yield running
    running.stop()


def open_with_package(shlink: str, *words: str) -> dict[str, Any]:
    if shutil.which("node") is None:
        skip_or_fail("Node is not installed")
    if not (HERE / "node_modules" / "kill-the-clipboard").is_dir():
        skip_or_fail("npm packages are not installed (make setup-dev)")
    done = subprocess.run(
        ["node", str(HERE / "open_link.mjs"), shlink, *words], capture_output=True, timeout=60, check=True, cwd=HERE
    )
    return dict(json.loads(done.stdout))


def test_another_vendors_viewer_opens_a_link_with_passcode_and_fails_after_withdrawal(server: Server) -> None:
    token = sign_up(server, "interop@example.org")["token"]
    for day, value in enumerate(("0.80", "0.74", "<0.5"), start=1):
        type_in(server, token, value, day)
    grant = share(server, token, passcode="482913")

    seen = open_with_package(grant["shlink"], "Dr Lee", "482913")
    assert seen["ok"], seen
    assert seen["types"] == ["document"]
    assert set(seen["codes"]) <= {"2601-3", "19123-9"}
    assert len(seen["values"]) == 3

    wrong = open_with_package(grant["shlink"], "Dr Lee", "000000")
    assert (wrong["ok"], wrong["error"]) == (False, "SHLInvalidPasscodeError")

    assert server.post(f"/api/grants/{grant['grant_id']}/withdraw", {}, token).status == 200
    after = open_with_package(grant["shlink"], "Dr Lee", "482913")
    assert (after["ok"], after["error"]) == (False, "SHLManifestNotFoundError")


def test_another_vendors_viewer_opens_a_link_without_passcode_by_its_viewer_address_too(server: Server) -> None:
    token = sign_up(server, "interop-2@example.org")["token"]
    type_in(server, token)
    grant = share(server, token)
    assert open_with_package(grant["link"], "Dr Lee")["ok"]
