"""Bearer tokens, and digests of random secrets."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vault.crypto.secret import SessionSecret
from vault.crypto.tokens import digest, make_token, parse_token
from vault.errors import Unauthenticated
from vault.ids import SessionId, VaultId

TOKEN = make_token(VaultId(b"v" * 16), SessionId(b"s" * 16), SessionSecret(b"k" * 32))


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_a_token_reads_back(vault: bytes, session: bytes, secret: bytes) -> None:
    parts = VaultId(vault), SessionId(session), SessionSecret(secret)
    assert parse_token(make_token(*parts)) == parts


def test_a_token_is_safe_in_headers_and_cookies() -> None:
    assert set(TOKEN) <= set(string.ascii_letters + string.digits + "-_")
    assert len(TOKEN) == 90


@given(st.text(max_size=100))
@example(TOKEN[:-1])
@example(TOKEN + "=")
@example(TOKEN.replace("hv1_", "hv2_"))
@example(TOKEN[:-1] + "+")
@example("hv1_" + "é" * 86)
@example("")
def test_any_other_text_is_no_token(text: str) -> None:
    with pytest.raises(Unauthenticated):
        parse_token(text)


def test_a_second_spelling_of_the_same_bytes_is_no_token() -> None:
    last = TOKEN[-1]
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    other = alphabet[alphabet.index(last) ^ 1]  # The last character's low bits carry nothing.
    with pytest.raises(Unauthenticated):
        parse_token(TOKEN[:-1] + other)


def test_digests_of_one_secret_differ_by_label() -> None:
    assert len({digest("link/1", b"x"), digest("viewing/1", b"x"), digest("link/1", b"y")}) == 3
    assert len(digest("link/1", b"x")) == 32
