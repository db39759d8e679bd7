"""Every text that people read, gathered into one catalogue; ``make texts`` writes it.

Gathered are what templates and Python mark for people, and the advice of every error. The words of the
consent are not here: they are versioned with it.
The catalogue is gettext's: a translator needs nothing else, and one reader sees every sentence in one place.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from vault.errors import VaultError

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "app" / "texts" / "en-GB.po"
ROOMS = ("vault", "sharing", "auth", "app")
_TEMPLATE_OPTIONS = {"trimmed": "true", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
Text = str | tuple[str, ...]


def texts() -> Iterator[tuple[str, Text]]:
    """(place, text): a file below the root, or ``errors/`` and a code; a plural text has two forms."""
    for path in sorted((ROOT / "app" / "templates").rglob("*.html")):
        yield from _marked(path, "jinja2.ext:babel_extract", _TEMPLATE_OPTIONS)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield from _marked(path, "python", {})
    for code, advice in sorted(_advice()):
        yield f"errors/{code}", advice


def _marked(path: Path, method: str, options: dict[str, str]) -> Iterator[tuple[str, Text]]:
    with path.open("rb") as file:
        for _line, text, _comments, _context in extract(method, file, options=options):
            yield str(path.relative_to(ROOT)), text if isinstance(text, str) else tuple(text)


def _advice() -> set[tuple[str, str]]:
    for room in ROOMS:
        for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if not module.name.endswith("__main__") and ".migrations." not in module.name:
                importlib.import_module(module.name)
    found, waiting = set(), [VaultError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if not error.__module__.startswith("tests") and error.advice:
            found.add((error.code, error.advice))
    return found


def as_po() -> bytes:
    """The catalogue's bytes: the same texts give the same bytes."""
    catalogue = Catalog(locale="en_GB", project="Health data vault", charset="utf-8", fuzzy=False)
    for place, text in texts():
        catalogue.add(text, locations=[(place, 0)])
    written = io.BytesIO()
    write_po(written, catalogue, width=110, omit_header=True, include_lineno=False, sort_by_file=False)
    return written.getvalue()


if __name__ == "__main__":
    CATALOGUE.write_bytes(as_po())
    sys.stdout.write(f"{CATALOGUE.relative_to(ROOT)}: {sum(1 for _ in texts())} texts\n")
