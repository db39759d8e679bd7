"""What is installed from a wheel is whole: pages, styles, scripts, catalogue and migrations travel along."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
TRAVELS = ("app/templates", "app/static", "app/migrations", "vault/health")
KINDS = {".html", ".css", ".js", ".svg", ".csv", ".py", ".mako"}


def test_the_wheel_carries_everything_that_is_not_python_too(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    needed = {
        str(path.relative_to(ROOT)) for folder in TRAVELS for path in (ROOT / folder).rglob("*") if path.suffix in KINDS
    }
    assert len(needed) > 60
    assert needed <= carried
    assert not any(name.startswith(("tests/", "docs/")) for name in carried)
