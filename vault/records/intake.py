"""From uploaded bytes to items: what a file holds, each resource with the digest and keyed tag that notice duplicates.

A file that is no health data format is one document. Pure but for the keyring; no storage.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vault.errors import TooLarge
from vault.health.formats import detect, fhir_json, ndjson_phr
from vault.health.observation import NOT_SORTED, Facts, Resource, Upload
from vault.ids import RecordId, RootId, SegmentId
from vault.keys.keyring import Keyring
from vault.records.views import Media

MAX_UPLOAD_BYTES: Final = 10 * 1024 * 1024
DIGEST_BYTES: Final = 16
MAX_NAME_CHARACTERS: Final = 200
UNNAMED: Final = "document"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one version of a record was sealed."""

    record_id: RecordId
    version: int
    segment_id: SegmentId
    root_id: RootId
    sealed: bytes


@dataclass(slots=True)
class Item:
    """One resource on its way in. ``placed`` and ``staged`` survive another round of publishing."""

    resource: Resource
    media: Media
    digest: bytes
    tag: bytes
    placed: Placed | None = None
    staged: bool = False


def read_file(data: bytes, filename: str, content_type: str) -> tuple[Upload, Media]:
    """What the bytes hold. TooLarge over 10 MiB; MalformedJson, EmptyFile from the readers."""
    if len(data) > MAX_UPLOAD_BYTES:
        raise TooLarge
    found = detect(data, content_type, filename)
    if found == "fhir-json":
        return fhir_json.read(data), "fhir"
    if found == "ndjson":
        return ndjson_phr.read(data), "fhir"
    return Upload((document_of(data, filename, content_type),)), "file"


def document_of(data: bytes, filename: str, content_type: str) -> Resource:
    """A file kept as it came: its record describes it, its bytes are the import's original."""
    sha256 = hashlib.sha256(data).hexdigest()
    described = {"filename": filename, "content_type": content_type, "size": len(data), "sha256": sha256}
    return Resource(
        kind="document",
        title=filename,
        taken="",
        status="",
        lab="",
        identity=b"",
        body=json.dumps(described, separators=(",", ":")).encode(),
        canonical=b"file\0" + bytes.fromhex(sha256),
        readings=(),
        facts=Facts("document", frozenset(), frozenset(), None, None, frozenset({NOT_SORTED})),
    )


def items_of(keyring: Keyring, resources: Iterable[Resource], media: Media) -> list[Item]:
    """Each resource with its digest and tag, in order. The tag is made of the digest, so that cards can remake it."""
    tag_of = keyring.duplicate_tag
    items = []
    for resource in resources:
        digest = digest_of(resource.canonical)
        items.append(Item(resource, media, digest, tag_of(digest)))
    return items


def digest_of(canonical: bytes) -> bytes:
    """What a card keeps of a record's canonical bytes: 16 bytes."""
    return hashlib.sha256(canonical).digest()[:DIGEST_BYTES]


def clean_filename(filename: str) -> str:
    """The last part of a file name without control characters, at most 200 characters, never empty."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", filename))[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip()
    if len(kept) > MAX_NAME_CHARACTERS:
        stem, dot, suffix = kept.rpartition(".")
        keep_suffix = dot + suffix if stem and len(suffix) <= 10 else ""
        kept = kept[: MAX_NAME_CHARACTERS - len(keep_suffix)] + keep_suffix
    return kept or UNNAMED


def clean_content_type(content_type: str) -> str:
    """A plain ``type/subtype`` in lower case; ``application/octet-stream`` for anything else."""
    essence = content_type.partition(";")[0].strip().lower()
    if re.fullmatch(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}", essence):
        return essence
    return "application/octet-stream"
