"""Ids on the wire."""

from __future__ import annotations

import pytest

from vault.errors import NotFound
from vault.ids import make_id, parse_id, text_of


def test_an_id_survives_the_wire() -> None:
    value = make_id()
    assert parse_id(text_of(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "0B0F5D0E-0000-4000-8000-000000000001",
        "0b0f5d0e00004000800000000000000a",
        "{0b0f5d0e-0000-4000-8000-000000000001}",
        " 0b0f5d0e-0000-4000-8000-000000000001",
        "0b0f5d0e-0000-4000-8000-000000000001\n",
        "00000000-0000-0000-0000-000000000000",
    ],
)
def test_what_is_no_id_is_like_an_unknown_one(text: str) -> None:
    with pytest.raises(NotFound):
        parse_id(text)
