"""The only readers of request bodies: bounded, and for JSON strict.

No NaN, no duplicate keys, no depth over 64, no invalid UTF-8, no compressed or multipart containers. A body that is too
large is read to its end and forgotten, so that the answer reaches a client that is still sending.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import WrongType
from app.problems import fault_of
from vault.errors import TooLarge, UnsupportedMedia
from vault.health.strict_json import read_json

MAX_JSON_BYTES = 256 * 1024
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_DRAINED_BYTES = 64 * 1024 * 1024

Wire = TypeVar("Wire", bound="WireModel")


class WireModel(BaseModel):
    """What a request may carry: exact types, no unknown fields, and errors that hold no input."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


async def read_bounded(request: Request, max_bytes: int) -> bytes:
    """The raw body; UnsupportedMedia for a container, TooLarge over ``max_bytes``."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedMedia
    if media_type(request).startswith("multipart/"):
        raise UnsupportedMedia
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_DRAINED_BYTES:
            break
        if size > max_bytes:
            chunks.clear()
        else:
            chunks.append(chunk)
    if size > max_bytes:
        raise TooLarge(
            None if max_bytes == MAX_FILE_BYTES else "This request is larger than the vault takes (256 KiB)."
        )
    return b"".join(chunks)


def media_type(request: Request) -> str:
    """Lower case, without parameters; empty if none was stated."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _json_bytes(request: Request) -> bytes:
    stated = media_type(request)
    if stated and stated != "application/json" and not stated.endswith("+json"):
        raise UnsupportedMedia("Please send JSON (Content-Type: application/json).")
    return await read_bounded(request, MAX_JSON_BYTES)


async def _link_bytes(request: Request) -> bytes:
    """The data plane of links takes JSON under any name, as other vendors' viewers send it."""
    return await read_bounded(request, MAX_JSON_BYTES)


async def _file_bytes(request: Request) -> bytes:
    return await read_bounded(request, MAX_FILE_BYTES)


JsonBytes = Annotated[bytes, Depends(_json_bytes)]
LinkBytes = Annotated[bytes, Depends(_link_bytes)]
FileBytes = Annotated[bytes, Depends(_file_bytes)]


def read_object(raw: bytes) -> dict[str, Any]:
    """A JSON object; MalformedJson, or WrongType if it is something else."""
    value = read_json(raw)
    if not isinstance(value, dict):
        raise WrongType
    return value


def read_wire(raw: bytes, model: type[Wire]) -> Wire:
    """A checked body. Invalid subclasses name the field; parsing blocks, so call it in a ``def`` route."""
    try:
        return model.model_validate(read_object(raw))
    except ValidationError as error:
        raise fault_of(error.errors(include_url=False, include_input=False, include_context=False)) from None
