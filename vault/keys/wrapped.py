"""Which stored columns the server's own keys wrap, said by the module that writes each: a rotation goes through all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table

from vault.keys.provider import Purpose


@dataclass(frozen=True, slots=True)
class ServerWrapped:
    """``context`` makes what a wrap is bound to out of its row: primary key, and the columns that ``bound`` names."""

    table: Table
    column: str
    purpose: Purpose
    context: Callable[[Row[Any]], bytes]
    bound: tuple[str, ...] = ()
