"""The OpenAPI document: what FastAPI knows of the routes, with every error as the problem+json it really is."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.answers import ProblemAnswer, problem_response
from app.deps import COOKIE

VERSION = "0.1.0"
DESCRIPTION = (
    "Put health records in, read them, share a chosen part under consent, see who looked. "
    "Errors are problem+json (RFC 9457) with a stable `code` and nothing of what was submitted. "
    "Lists answer `{items, next}`, newest first. Measured numbers travel as strings."
)
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token of a session."},
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "The same, as pages carry it."},
}
_METHODS = ("get", "post", "delete", "put", "patch")


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once an app."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=VERSION, description=DESCRIPTION, routes=app.routes)
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas["ProblemAnswer"] = ProblemAnswer.model_json_schema()
        components["securitySchemes"] = SECURITY
        for operation in operations(document):
            _tidy(operation, schemas)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation object of a document, in its order."""
    return [item[method] for item in document["paths"].values() for method in _METHODS if method in item]


def _tidy(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """FastAPI's own 422 is never sent; models inside a request body belong with the other schemas."""
    operation["responses"]["422"] = problem_response(422)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for name, schema in content.get("schema", {}).pop("$defs", {}).items():
            schemas.setdefault(name, schema)
