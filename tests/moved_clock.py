"""The real server with a clock that a test moves: ``python -m tests.moved_clock FILE serve …``; FILE holds days."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from app.cli import _parser
from app.main import create_app
from app.settings import read_settings
from tests.servers import Server


@dataclass(frozen=True)
class MovedClock:
    file: Path

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=float(self.file.read_text()))


@dataclass
class MovedServer(Server):
    """``move_clock`` takes the server's time on; it never goes back."""

    days: float = 0

    def command(self, *words: str) -> list[str]:
        self.move_clock(0)
        return [sys.executable, "-m", "tests.moved_clock", str(self.folder / "clock"), *words]

    def move_clock(self, days: float) -> None:
        self.days += days
        whole = self.folder / "clock.new"
        whole.write_text(str(self.days))
        whole.rename(self.folder / "clock")


def main() -> None:
    clock, given = MovedClock(Path(sys.argv[1])), _parser().parse_args(sys.argv[2:])
    settings = read_settings(host=given.host, port=given.port, data=given.data, keys=given.keys)
    uvicorn.run(create_app(settings, clock=clock), host=settings.host, port=settings.port, log_level="warning")


if __name__ == "__main__":
    main()
