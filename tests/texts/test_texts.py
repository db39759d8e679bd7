"""Texts: all marked, all in the catalogue, all readable at eleven."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.lexer import TOKEN_BLOCK_BEGIN, TOKEN_BLOCK_END, TOKEN_DATA, TOKEN_NAME

from tests.texts.catalogue import CATALOGUE, ROOT, as_po
from tests.texts.reading_age import age_of, ages

OLDEST = 11.0
TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "app" / "static" / "js").rglob("*.js"))
_ATTRIBUTE = re.compile(r"""\b(?:alt|aria-label|aria-description|title|placeholder|data-say[\w-]*)="([^"]*)\"""")
_TAG = re.compile(r"<!--.*?-->|<!doctype[^>]*>|<[^>]*>?|^[^<]*>", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{2,}")
_SAME_EVERYWHERE = {"UTC", "mmol/L"}
# A macro's attributes, or one code in lower case, such as the key of a word that a script looks up.
_MARKUP = re.compile(r"\w=\"|^[a-z-]+$")
# A text node of several words in a script is a sentence that the catalogue can't see.
_SENTENCE = re.compile(r"""(["'`])([A-Z][a-z\u2019']+(?: [a-z\u2019']+){2,}[^"'`]*)\1""")


def unmarked(source: str) -> list[str]:
    """Words of a template that stand outside ``{% trans %}``."""
    found: list[str] = []
    in_trans, opening = False, False
    markup = ""
    for _line, token, value in Environment(extensions=["jinja2.ext.i18n"]).lex(source):
        if token == TOKEN_BLOCK_BEGIN:
            opening = True
        elif opening and token == TOKEN_NAME:
            in_trans = value == "trans" or (in_trans and value == "pluralize")
            opening = False
        elif token == TOKEN_BLOCK_END:
            opening = False
        elif token == TOKEN_DATA and not in_trans:
            markup += value
        elif token.endswith("_begin") and not in_trans:
            markup += " "
    found += [text for text in _ATTRIBUTE.findall(markup) if _WORD.search(text)]
    found += [text.strip() for text in _TAG.sub("\n", markup).split("\n") if _WORD.search(text)]
    return [text for text in found if text not in _SAME_EVERYWHERE and not _MARKUP.search(text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_word_of_a_page_is_marked_for_the_catalogue(path: Path) -> None:
    assert unmarked(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_hold_no_sentences(path: Path) -> None:
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert [text for _quote, text in _SENTENCE.findall(code)] == []


def test_the_catalogue_holds_the_texts_of_today() -> None:
    assert CATALOGUE.read_bytes() == as_po(), "make texts"


def test_every_page_can_be_read_at_eleven() -> None:
    assert {place: round(age, 1) for place, age in ages().items() if age > OLDEST} == {}


def test_unmarked_words_are_found() -> None:
    assert unmarked("<p>{% trans %}Hello there{% endtrans %} {{ name }}</p>") == []
    assert unmarked('<p title="{{ _("Yes") }}">{{ _("Hello") }}</p>') == []
    assert unmarked("<p>Hello there</p>") == ["Hello there"]
    assert unmarked('<img alt="A cat">') == ["A cat"]
    assert unmarked("<p>Hello there</p><p>done</p>") == ["Hello there"]


def test_long_words_and_long_sentences_need_an_older_reader() -> None:
    easy = age_of(["We keep your records safe.", "You choose who sees them."])
    hard = age_of(
        ["Notwithstanding institutional confidentiality considerations, disclosure necessitates authorisation."]
    )
    assert easy < OLDEST < hard
    assert age_of(["one two three four"] * 3) == pytest.approx(age_of(["one two three four"]))
