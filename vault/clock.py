"""The only reader of time, and its one stored form. Rules take ``now``; services hold a clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware datetime."""
    delta = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_microseconds(count: int) -> datetime:
    """The aware datetime of a count; ValueError, OverflowError or OSError outside the calendar."""
    seconds, microseconds = divmod(count, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds)
