"""Every row of the threat model names its tests, and each named test exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threat-model.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows() -> list[str]:
    """The body rows of every table of the page whose last column is headed 'test'."""
    found, in_table = [], False
    for line in PAGE.read_text().splitlines():
        if line.startswith("|") and line.rstrip("| ").endswith("test"):
            in_table = True
        elif not line.startswith("|"):
            in_table = False
        elif in_table and not line.startswith("| ---"):
            found.append(line)
    return found


def test_the_page_has_its_rows() -> None:
    assert len(rows()) > 25


@pytest.mark.parametrize("row", rows())
def test_every_threat_names_a_test_that_exists(row: str) -> None:
    named = NAMED.findall(row)
    assert named, "a row without a test"
    for path, name in named:
        tree = ast.parse((ROOT / path).read_text())
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"{path} has no {name}"
