"""The real server in a process of its own, driven by the machine's own Chromium; an error on the console fails a test.

Without Chromium these tests skip with the reason; with REQUIRE_ALL=1 they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.conftest import skip_or_fail
from tests.servers import Server

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
# A busy machine is slow, and slowness is no fault that these tests look for.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if CHROMIUM is None:
        skip_or_fail("no Chromium found; set CHROMIUM to its path")
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if CHROMIUM is None:
        skip_or_fail("no Chromium found; set CHROMIUM to its path")
    server = Server(tmp_path_factory.mktemp("browser")).start()
    yield server
    server.stop()


@dataclass
class Watch:
    """What pages said on their consoles. ``expected`` are answers of the server that a test asks for on purpose."""

    said: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def follow(self, page: Page) -> Page:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        answered = any(f"status of {status} " in message.text for status in self.expected)
        if not (message.text.startswith("Failed to load resource") and answered):
            self.said.append(message.text)


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    assert watch.said == [], "a page logged an error; a CSP violation shows here too"


@pytest.fixture
def open_browser(browser: Browser, server: Server, watch: Watch) -> Iterator[Callable[..., Page]]:
    """A page of a browser of its own: cookies and storage are shared with no other."""
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> Page:
        settings = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "timezone_id": "Europe/London"}
        context = browser.new_context(base_url=server.base, **(settings | options))
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return watch.follow(context.new_page())

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="session", autouse=True)
def delete_output_dir() -> None:
    """Overrides the plugin's: the pictures of an earlier run stay until they are taken again."""


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where pictures go; the variable PICTURES names another folder."""
    default = Path(__file__).resolve().parents[2] / "test-results" / "screenshots"
    folder = Path(os.environ.get("PICTURES", default))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
