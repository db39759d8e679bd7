"""Where a link opens, judged from the base URL alone; whatever can't be read is taken for the nearest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pages.reach import Reach, reach_of


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000",
        "http://LOCALHOST",
        "http://vault.localhost",
        "http://localhost.",
        "http://127.0.0.1:8000",
        "http://127.8.9.10",
        "http://[::1]:8000",
        "http://[::ffff:127.0.0.1]",
        "http://0.0.0.0:8000",
        "",
        "nonsense",
        "http://[",
    ],
)
def test_links_that_open_on_this_computer_only(url: str) -> None:
    assert reach_of(url) is Reach.COMPUTER


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.7",
        "http://172.16.5.5:8000",
        "http://172.31.255.255",
        "http://192.168.1.20",
        "http://169.254.10.10",
        "http://100.64.0.1",
        "http://[fe80::1%25eth0]",
        "http://[fd12:3456::1]",
        "http://[::ffff:192.168.1.20]",
        "http://vault",
        "http://vault.local",
        "https://vault.LOCAL.",
        "https://vault.home.arpa",
        "https://vault.internal",
    ],
)
def test_links_that_open_on_this_network_only(url: str) -> None:
    assert reach_of(url) is Reach.NETWORK


@pytest.mark.parametrize(
    "url",
    [
        "https://vault.example.org",
        "https://vault.nhs.uk:8443",
        "http://8.8.8.8",
        "http://172.32.0.1",
        "http://[2606:4700::1111]",
        "https://localhost.example.org",
    ],
)
def test_links_that_open_anywhere(url: str) -> None:
    assert reach_of(url) is Reach.ANYWHERE


@given(st.text(max_size=60), st.text(max_size=60))
def test_it_always_answers(host: str, rest: str) -> None:
    for url in (host, f"http://{host}", f"https://{host}:{rest}", f"http://[{host}]/{rest}"):
        assert reach_of(url) in Reach
