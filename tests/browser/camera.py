"""A picture of a page, taken only if axe finds nothing and nothing is wider than the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

LOOKS = [
    pytest.param({"width": 1280, "height": 800}, "light", id="1280-light"),
    pytest.param({"width": 1280, "height": 800}, "dark", id="1280-dark"),
    pytest.param({"width": 360, "height": 740}, "light", id="360-light"),
    pytest.param({"width": 360, "height": 740}, "dark", id="360-dark"),
]


class Camera:
    def __init__(self, folder: Path, look: str) -> None:
        self._folder = folder
        self._look = look

    def take(self, page: Page, name: str, *, at: str = "") -> None:
        """Axe finds nothing, nothing overflows; then a picture of the whole page.

        ``at``: the heading of the page that a press leads to, for a press doesn't wait for its page.
        """
        if at:
            expect(page.get_by_role("heading", level=1)).to_contain_text(at)
        page.wait_for_load_state("load")  # A page without its styles yet has other colours.
        found = Axe().run(page).response["violations"]
        faults = [(each["id"], each["nodes"][0]["target"], each["nodes"][0]["failureSummary"]) for each in found]
        assert faults == [], f"{name} {self._look}: {faults}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px wider than the screen"
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=self._folder / f"{name}-{self._look}.png", full_page=True)
