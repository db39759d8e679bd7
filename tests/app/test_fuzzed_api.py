"""Schemathesis over the OpenAPI document, as nobody, as a citizen and as an admin: whatever is sent, the answer is one
that the document states, never a 5xx, and a refusal repeats nothing of what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from app.api_docs import error_codes
from app.openapi import describe
from app.problems import TITLES
from tests.app.conftest import House, fhir, observation

EXAMPLES = 8
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LONG_ENOUGH = 6
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def strings(value: Any) -> Iterator[str]:
    """Every text in a value that was sent."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)


def signed_in(house: House, who: str, number: int) -> TestClient:
    """A fresh sign-in: an operation may end the one before."""
    house.clock.advance(timedelta(hours=2))
    if who == "nobody":
        return house.client
    return house.citizen(f"c{number}@example.org") if who == "citizen" else house.admin(f"a{number}@example.org")


def real_ids(client: TestClient) -> dict[str, str]:
    """Ids that exist, so that not every path leads to a 404."""
    done = client.post("/api/imports", content=fhir(observation()), headers={"Content-Type": "application/fhir+json"})
    if done.status_code != 201:
        return {}
    records = client.get("/api/records").json()["items"]
    return {"record_id": records[0]["record_id"], "import_id": done.json()["import_id"]}


@pytest.mark.parametrize("who", ["nobody", "citizen", "admin"])
@pytest.mark.filterwarnings("ignore")
def test_whatever_is_sent_the_answer_is_a_stated_one_and_echoes_nothing(sqlite_house: House, who: str) -> None:
    ours = json.dumps([describe(sqlite_house.app), error_codes(), TITLES], ensure_ascii=False)
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", sqlite_house.app)
    tried = 0
    for number, found in enumerate(schema.get_all_operations()):
        operation = found.ok()
        client = signed_in(sqlite_house, who, number)
        headers = {"Authorization": client.headers["Authorization"]} if "Authorization" in client.headers else {}
        ids = real_ids(client) if who == "citizen" else {}
        known = {name: value for name, value in ids.items() if f"{{{name}}}" in operation.path}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for path_parameters in [None, known] if known else [None]:
                tried += fuzz(operation, mode, headers, path_parameters, ours)
    assert tried > 300


def fuzz(
    operation: Any, mode: GenerationMode, headers: dict[str, str], path_parameters: dict[str, str] | None, ours: str
) -> int:
    """How many requests were made of one operation. ``ours``: texts that stand in answers whatever was sent."""
    made = 0

    @FUZZ
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=path_parameters))
    def run(case: Case) -> None:
        nonlocal made
        made += 1
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)
        if response.status_code >= 400:
            text = response.content.decode("utf-8")
            sent = [*strings(case.body), *strings(case.query), *strings(case.path_parameters)]
            assert not [each for each in sent if len(each) >= LONG_ENOUGH and each in text and each not in ours]

    try:
        run()
    except Exception as error:
        if type(error).__name__ in {"Unsatisfiable", "SkipTest"}:  # Nothing can be wrong where nothing can be sent.
            return made
        raise
    return made
