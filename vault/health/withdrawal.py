"""What travels by a link, again without one record: every other resource stays as it is, byte for byte."""

from __future__ import annotations

import json
from typing import Any

from vault.errors import Tampered
from vault.health.composition import address_of, empty_section

_DECODER = json.JSONDecoder()
_ENTRIES = ',"entry":['


def without_record(document: bytes, record_id: bytes) -> bytes | None:
    """A document Bundle or DocumentReference by ``composition``, without this record; None if nothing else is in it.

    Tampered for anything that we didn't make.
    """
    text, address = document.decode().rstrip(" "), address_of(record_id)
    if text.startswith('{"resourceType":"DocumentReference"'):
        return None if json.loads(text)["masterIdentifier"]["value"] == address else document
    head, found, rest = text.partition(_ENTRIES)
    if not found or '"type":"document"' not in head:
        raise Tampered
    entries = list(_split(rest))
    kept = [(url, raw) for url, raw in entries[1:] if url != address]
    first = json.loads(entries[0][1])  # Ours alone: no number in it could change by being read.
    first["resource"]["section"] = [_without(section, address) for section in first["resource"]["section"]]
    first["resource"]["section"] = [section for section in first["resource"]["section"] if section is not None]
    raws = [json.dumps(first, ensure_ascii=False, separators=(",", ":")), *(raw for _, raw in kept)]
    return (head + _ENTRIES + ",".join(raws) + "]}").encode()


def holds_records(document: bytes) -> bool:
    """Whether anything of the vault is in it beside who shares and under which terms."""
    text = document.decode().rstrip(" ")
    _, found, rest = text.partition(_ENTRIES)
    return not found or len(list(_split(rest))) > 2


def _split(text: str) -> Any:
    """(full URL, the entry as written) of each entry."""
    place = 0
    while True:
        entry, end = _DECODER.raw_decode(text, place)
        yield entry["fullUrl"], text[place:end]
        if text[end] != ",":
            return
        place = end + 1


def _without(section: dict[str, Any], address: str) -> dict[str, Any] | None:
    """The section without a reference; None if it was its only one and it needn't be there empty."""
    members = section.get("entry", [])
    kept = [member for member in members if member["reference"] != address]
    if len(kept) == len(members):
        return section
    return {**section, "entry": kept} if kept else empty_section(section["title"])
