"""A picture of a page in each look, taken only if axe finds nothing and nothing is wider than the screen.

``make screenshots`` takes all four looks; ``make test`` the two that have both widths and both schemes.
"""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

_PHONE, _DESK = (360, 740), (1280, 800)
LOOKS = [(_PHONE, "dark"), (_DESK, "light")]
if os.environ.get("LOOKS") == "all":
    LOOKS = [(size, scheme) for size in (_PHONE, _DESK) for scheme in ("dark", "light")]


class Camera:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, page: Page, name: str, *, at: str = "") -> None:
        """In each look axe finds nothing and nothing overflows; then a picture of the whole page.

        ``at``: the heading of the page that a press leads to, for a press doesn't wait for its page.
        """
        if at:
            expect(page.get_by_role("heading", level=1)).to_contain_text(at)
        page.wait_for_load_state("load")  # A page without its styles yet has other colours.
        for (width, height), scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self._take(page, f"{name}-{width}-{scheme}")

    def _take(self, page: Page, name: str) -> None:
        found = Axe().run(page).response["violations"]
        faults = [(each["id"], each["nodes"][0]["target"], each["nodes"][0]["failureSummary"]) for each in found]
        assert faults == [], f"{name}: {faults}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px wider than the screen"
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=self._folder / f"{name}.png", full_page=True)
