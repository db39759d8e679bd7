"""The words that selectors may use here: the reviewed catalogue, FHIR's categories, the kinds of records."""

from __future__ import annotations

from functools import cache

from sharing.consent.terms import Vocabulary
from vault.health import catalogue
from vault.health.vocabulary import CATEGORIES, KINDS


@cache
def vocabulary() -> Vocabulary:
    """Key → name of every analyte, category and kind."""
    analytes = {each.key: each.name for each in catalogue.all_analytes()}
    return Vocabulary(analytes=analytes, categories=dict(CATEGORIES), kinds=dict(KINDS))
