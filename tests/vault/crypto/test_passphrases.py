"""Stretching passphrases, and judging weak ones."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from vault.crypto.passphrases import Cost, PassphraseLength, WeakPassphrase, judge, make_suggestion, stretch

SALT = b"s" * 16


def test_the_standard_cost_is_what_the_specification_says() -> None:
    assert Cost(memory_kib=65_536, passes=3, lanes=4) == Cost.STANDARD


def test_stretching_depends_on_passphrase_salt_and_cost() -> None:
    found = {
        stretch("one passphrase", SALT, Cost.TEST),
        stretch("two passphrase", SALT, Cost.TEST),
        stretch("one passphrase", b"t" * 16, Cost.TEST),
        stretch("one passphrase", SALT, Cost(16, 1, 1)),
    }
    assert len(found) == 4


def test_both_spellings_of_an_umlaut_are_one_passphrase() -> None:
    assert stretch("u\u0308ber", SALT, Cost.TEST) == stretch("\u00fcber", SALT, Cost.TEST)


def test_a_lone_surrogate_is_only_another_wrong_passphrase() -> None:
    assert len(stretch("\ud800", SALT, Cost.TEST)) == 32


def test_parallel_stretchings_of_standard_cost_all_end() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: stretch("copper lantern", SALT, Cost.STANDARD), range(4)))
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    "weak",
    [
        "passwordpassword",
        "qwertyuiop[]",
        "aaaaaaaaaaaaaaa",
        "abcdefghijkl",
        "123456789012",
        "password1234",
        "anna.schmidt1970",
        "a" * 256,
    ],
)
def test_weak_passphrases_are_refused_with_advice_and_four_words(weak: str) -> None:
    with pytest.raises(WeakPassphrase) as refused:
        judge(weak, ["Anna Schmidt", "anna.schmidt@example.org", "1970-01-01"])
    assert len(refused.value.suggestion.split(" ")) == 4
    assert weak not in refused.value.advice
    assert refused.value.advice.count(".") == 3


@pytest.mark.parametrize(
    "good", ["copper lantern drifts north", "Tr0ub4dor-and-7-owls", "übermut fährt zwölf rösser " * 9]
)
def test_good_passphrases_pass(good: str) -> None:
    judge(good, ["Anna Schmidt"])


def test_a_text_full_of_signs_is_judged_in_a_fraction_of_what_it_could_cost() -> None:
    judge("warm up the dictionaries", [])
    began = time.thread_time()
    judge("4a@8b(c{[<3e6g91i!|17l0o$5s+7t%xz2" * 3, [])
    assert time.thread_time() - began < 1.5  # Seconds of CPU; all 72 characters take three.


@pytest.mark.parametrize("length", [0, 1, 11, 257, 10_240])
def test_only_twelve_to_256_characters_are_a_passphrase(length: int) -> None:
    with pytest.raises(PassphraseLength):
        judge("é" * length, [])


def test_length_counts_what_a_person_sees() -> None:
    with pytest.raises(PassphraseLength):
        judge("u\u0308" * 11, [])
    judge("".join(f"{letter}\u0308" for letter in "uaouoauoaouaeu") + "zqxj", [])


def test_a_suggestion_is_always_good_enough() -> None:
    for _ in range(20):
        judge(make_suggestion(), [])


def test_no_refusal_shows_what_was_typed() -> None:
    with pytest.raises(WeakPassphrase) as refused:
        judge("passwordpassword", [])
    assert "passwordpassword" not in f"{refused.value!r} {refused.value} {refused.value.advice}"
