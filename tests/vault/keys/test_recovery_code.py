"""Recovery codes survive handwriting."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.keys.recovery_code import clean, format_recovery_code, last_group, make_recovery_code, parse_recovery_code
from vault.keys.unlocking import WrongSecret


@given(st.binary(min_size=20, max_size=20))
def test_every_code_reads_back(secret: bytes) -> None:
    code = format_recovery_code(secret)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert parse_recovery_code(code) == secret


def test_a_new_code_holds_160_bits() -> None:
    code, secret = make_recovery_code()
    assert parse_recovery_code(code) == secret
    assert len(secret) == 20


@pytest.mark.parametrize("typed", ["o0iL-1lI0", " 0 0 1 1 1 1 1 0 ", "OOLL\u2011i1i\u2014o\n"])
def test_case_spaces_dashes_and_lookalikes_do_not_matter(typed: str) -> None:
    assert clean(typed) == "00111110"


@pytest.mark.parametrize("typed", ["", "0" * 31, "0" * 33, "U" * 32, "ä" * 32, "0" * 31 + "!", "0" * 100_000])
def test_anything_else_is_a_wrong_secret(typed: str) -> None:
    with pytest.raises(WrongSecret):
        parse_recovery_code(typed)


def test_the_last_group_is_what_people_type_to_confirm() -> None:
    code, _ = make_recovery_code()
    assert last_group(code) == code[-4:]
