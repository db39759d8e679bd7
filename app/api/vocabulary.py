"""The words that results, consents and filters may use, each with what people call it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, operation
from app.deps import services
from sharing.consent.terms import ACTIONS, PURPOSES
from vault.health import catalogue, units, vocabulary
from vault.health.catalogue import Analyte

router = APIRouter(tags=["Vocabulary"], prefix="/api")


class Word(BaseModel):
    key: str
    name: str


class AnalyteWord(Word):
    """``units`` may be asked for in results; the first is the one a result is typed in."""

    common_name: str
    group: str
    codes: list[str]
    units: list[str]
    sensitive: bool


class Vocabulary(BaseModel):
    analytes: list[AnalyteWord]
    units: list[str]
    kinds: list[Word]
    categories: list[Word]
    purposes: list[Word]
    actions: list[Word]
    sign_ins: list[Word]


@router.get("/vocabulary", **operation("Words that may be used", model=Vocabulary, signed_in=False))
def read_vocabulary(request: Request) -> Response:
    body = {
        "analytes": [_analyte(each) for each in catalogue.all_analytes()],
        "units": sorted({unit for each in catalogue.all_analytes() for unit in units.units_of(each.key)}),
        "kinds": _words(vocabulary.KINDS),
        "categories": _words(vocabulary.CATEGORIES),
        "purposes": _words(PURPOSES),
        "actions": _words(ACTIONS),
        "sign_ins": _words(services(request).readers_sign_ins),
    }
    return answer_json(body)


def _analyte(analyte: Analyte) -> dict[str, object]:
    return {
        "key": analyte.key,
        "name": analyte.name,
        "common_name": analyte.common_name,
        "group": analyte.group,
        "codes": sorted(analyte.codes),
        "units": list(units.units_of(analyte.key)),
        "sensitive": analyte.sensitive,
    }


def _words(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "name": name} for key, name in words.items()]
