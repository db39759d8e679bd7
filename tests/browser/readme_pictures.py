"""The pictures of README and tour, out of the screenshots that the tests took: the top of each page, in few colours.

``make pictures`` runs it after the tests. A missing screenshot is an error: a picture never outlives its page.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
TAKEN = ROOT / "test-results" / "screenshots"
KEPT = ROOT / "docs" / "pictures"
TALLEST = 900
NAMES = {
    "results": "first-sample-results",
    "result": "result-two-sided-and-mixed",
    "type-in": "document-type-in",
    "check": "share-check",
    "hand-over": "open-digits",
    "view": "first-doctor-view",
    "who-looked": "first-sample-who-looked",
    "admin": "admin-log",
}


def main() -> None:
    for name, page in NAMES.items():
        for scheme in ("light", "dark"):
            with Image.open(TAKEN / f"{page}-1280-{scheme}.png") as picture:
                top = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, TALLEST)))
            top.quantize(128).save(KEPT / f"{name}-{scheme}.png", optimize=True)
            sys.stdout.write(f"{name}-{scheme}.png\n")


if __name__ == "__main__":
    main()
