"""The page at /api/docs: the OpenAPI document written out as plain HTML, made here, without anybody's script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from app.problems import STATUS
from vault.errors import VaultError

_HEAD = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>HTTP API · Health data vault</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/css/tokens.css"><link rel="stylesheet" href="/static/css/base.css">
<link rel="stylesheet" href="/static/css/parts.css"></head>
<body><a class="skip" href="#main">Skip to the content</a><main id="main" class="frame" tabindex="-1">
"""


def render(document: dict[str, Any]) -> str:
    """The whole page."""
    parts = [
        _HEAD,
        f"<h1>HTTP API</h1><p>{_text(document['info']['description'])}</p>",
        '<p>For programs: <a href="/api/openapi.json">openapi.json</a>. Sign in with <code>POST /api/sessions</code> '
        "and send the token as <code>Authorization: Bearer …</code>.</p>",
    ]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            parts.extend(_operation(method.upper(), path, operation, document["components"]["schemas"]))
    parts.append("<h2>Error codes</h2><dl>")
    for code, (status, advice) in sorted(error_codes().items()):
        parts.append(f'<dt id="{escape(code)}"><code>{escape(code)}</code> ({status})</dt><dd>{escape(advice)}</dd>')
    parts.append("</dl></main></body></html>\n")
    return "\n".join(parts)


def error_codes() -> dict[str, tuple[int, str]]:
    """Every code the rooms can raise, with its status and its sentence."""
    return {kind.code: (_status(kind), kind.advice) for kind in _kinds(VaultError) if kind is not VaultError}


def _kinds(kind: type[VaultError]) -> Iterator[type[VaultError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


def _status(kind: type[VaultError]) -> int:
    return next((STATUS[base] for base in kind.__mro__ if base in STATUS), 500)


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    yield f"<section><h2><code>{method} {escape(path)}</code></h2><p>{escape(operation['summary'])}.</p>"
    if parameters := operation.get("parameters"):
        yield "<h3>Parameters</h3><dl>"
        for each in parameters:
            yield f"<dt><code>{escape(each['name'])}</code> ({each['in']})</dt>"
            yield f"<dd>{_text(each.get('description', ''))}</dd>"
        yield "</dl>"
    if body := operation.get("requestBody"):
        yield "<h3>Body</h3>" + "".join(_content(kind, each, schemas) for kind, each in body["content"].items())
    yield "<h3>Answers</h3><dl>"
    for status, answer in operation["responses"].items():
        shown = "".join(
            _content(kind, each, schemas) for kind, each in answer.get("content", {}).items() if "problem" not in kind
        )
        yield f"<dt>{status}</dt><dd>{_text(answer['description'])}{shown}</dd>"
    yield "</dl></section>"


def _content(kind: str, content: dict[str, Any], schemas: dict[str, Any]) -> str:
    example = json.dumps(_shape(content.get("schema", {}), schemas), indent=2, ensure_ascii=False)
    return f'<p><code>{escape(kind)}</code></p><pre tabindex="0">{escape(example)}</pre>'


def _shape(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """A schema as a person reads it: the same nesting, with the name of a type where a value would be."""
    if reference := schema.get("$ref"):
        return _shape(schemas[reference.rsplit("/", 1)[-1]], schemas)
    if options := schema.get("anyOf"):
        shapes = [_shape(each, schemas) for each in options]
        named = [each for each in shapes if not isinstance(each, str)]
        return named[0] if named else " or ".join(shapes)
    if "properties" in schema:
        return {name: _shape(each, schemas) for name, each in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_shape(schema.get("items", {}), schemas)]
    return str(schema.get("format") or schema.get("type") or "value")


def _text(text: str) -> str:
    """Escaped, with `code` between backticks."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))
