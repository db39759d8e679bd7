"""The real app on both databases, and a client that holds every API answer to what the OpenAPI document says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.api_docs import error_codes
from app.main import create_app
from app.openapi import describe
from app.services import Services
from app.settings import Settings
from tests.conftest import FixedClock
from tests.key_stores import forget, settings_of
from vault.audit.events import Origin
from vault.crypto.passphrases import Cost
from vault.database import Database

PASSPHRASE = "copper lantern orbit thistle"
ANOTHER = "velvet glacier pencil mango"


@dataclass
class House:
    """An app with a client; ``client`` is nobody, ``citizen()`` and ``admin()`` are signed in by bearer token."""

    app: FastAPI
    clock: FixedClock
    open_client: Callable[[], TestClient]
    made: list[str] = field(default_factory=list)

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    @property
    def client(self) -> TestClient:
        return self.open_client()

    def citizen(self, email: str = "ada@example.org") -> TestClient:
        body = {"email": email, "name": "Ada Example", "birth_date": "1980-04-05", "passphrase": PASSPHRASE}
        answer = self.client.post("/api/accounts", json=body)
        assert answer.status_code == 201, answer.text
        return self.bearer(answer.json()["token"])

    def admin(self, email: str = "root@example.org") -> TestClient:
        return self.bearer(self.services.accounts.create_admin(email, PASSPHRASE, Origin("", "")).token)

    def bearer(self, token: str) -> TestClient:
        client = self.open_client()
        client.headers["Authorization"] = f"Bearer {token}"
        return client


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    yield from open_house(database, tmp_path, clock)


@pytest.fixture
def sqlite_house(sqlite_database: Database, tmp_path: Path, clock: FixedClock) -> Iterator[House]:
    yield from open_house(sqlite_database, tmp_path, clock)


def open_house(database: Database, folder: Path, clock: FixedClock, **more: Any) -> Iterator[House]:
    url = database.url.render_as_string(hide_password=False)
    keys = folder / "server-keys"
    stored: dict[str, Any] = settings_of(keys)
    settings = Settings(data=folder / "data", keys=keys, database_url=url, threads=8, **stored, **more)
    app = create_app(settings, clock=clock, cost=Cost.TEST, jobs=False)
    clients: list[TestClient] = []

    def open_client() -> TestClient:
        client = TruthfulClient(app, base_url="http://localhost:8000", raise_server_exceptions=False)
        clients.append(client)
        return client

    try:
        yield House(app, clock, open_client)
    finally:
        for client in clients:
            client.close()
        app.state.services.close()
        forget(keys)


class TruthfulClient(TestClient):
    """A test client that fails where an answer's status, media type or shape isn't the documented one."""

    def request(self, method: str, url: Any, **more: Any) -> Any:  # type: ignore[override]
        answer = super().request(method, url, **more)
        check_documented(self.app, answer)  # type: ignore[arg-type]
        return answer


_DESCRIBED: dict[int, dict[str, Any]] = {}


def _described(app: FastAPI) -> dict[str, Any]:
    """The document of every app with as many routes; making it costs more than most tests."""
    count = len(app.routes)
    if count not in _DESCRIBED:
        _DESCRIBED[count] = describe(app)
    return _DESCRIBED[count]


def check_documented(app: FastAPI, answer: Any) -> None:
    assert answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    document = _described(app)
    path = answer.request.url.path
    for pattern, item in document["paths"].items():
        operation = item.get(answer.request.method.lower())
        if operation and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", pattern), path):
            _check_answer(document, operation, answer)
            return
    if path.startswith(("/api/", "/shl/")) and answer.status_code >= 400:
        check_problem(answer)


def _check_answer(document: dict[str, Any], operation: dict[str, Any], answer: Any) -> None:
    stated = operation["responses"].get(str(answer.status_code))
    assert stated, f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}: {answer.text}"
    if answer.status_code >= 400:
        check_problem(answer)
        return
    media = answer.headers.get("content-type", "").partition(";")[0]
    content = stated.get("content", {})
    if not content:
        assert not answer.content
    elif "*/*" not in content:
        assert media in content, media
        if media == "application/json":
            _check_shape(content[media]["schema"], answer.json(), document["components"]["schemas"], "answer")


def check_problem(answer: Any) -> None:
    """problem+json with a documented code, its documented status, and nothing else than it may hold."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert error_codes()[body["code"]][0] == answer.status_code
    allowed = {"type", "title", "status", "detail", "code", "field", "suggestion", "remainingAttempts", "signIn"}
    assert set(body) <= allowed


def _check_shape(schema: dict[str, Any], value: Any, schemas: dict[str, Any], where: str) -> None:
    """A small part of JSON Schema: what our own documents use."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" in schema:
        if value is None and {"type": "null"} in schema["anyOf"]:
            return
        schema = next(each for each in schema["anyOf"] if each != {"type": "null"})
        _check_shape(schema, value, schemas, where)
        return
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema:
        assert isinstance(value, kinds[schema["type"]]), f"{where} is {type(value).__name__}"
    if "properties" in schema:
        assert set(schema.get("required", ())) <= set(value), where
        assert set(value) <= set(schema["properties"]), f"{where}: {set(value) - set(schema['properties'])}"
        for name, each in value.items():
            _check_shape(schema["properties"][name], each, schemas, f"{where}.{name}")
    if schema.get("type") == "array":
        for each in value:
            _check_shape(schema["items"], each, schemas, f"{where}[]")


def observation(value: str = "0.80", unit: str = "mmol/L", day: str = "2026-01-20", **more: Any) -> dict[str, Any]:
    """A synthetic serum magnesium result; ``value`` keeps its digits in JSON."""
    coding = {"system": "http://loinc.org", "code": "2601-3", "display": "Magnesium [Moles/volume] in Serum or Plasma"}
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [category]}],
        "code": {"coding": [coding]},
        "effectiveDateTime": day,
        "valueQuantity": {"value": float(value), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }
    return resource | more


def fhir(*resources: dict[str, Any]) -> bytes:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    return json.dumps(bundle).encode()
