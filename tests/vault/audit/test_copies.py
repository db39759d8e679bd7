"""A copy of the log holds each entry's own bytes, and is CSV or NDJSON that anybody's program reads."""

from __future__ import annotations

import base64
import csv
import io
import json
from datetime import UTC, datetime

from vault.audit.copies import COLUMNS, as_csv, as_json, as_ndjson
from vault.audit.leaf import Leaf, decode_leaf, encode_leaf
from vault.audit.lines import PublicLine, public
from vault.clock import to_microseconds
from vault.ids import EntryId, GrantId, Pseudonym

AT = to_microseconds(datetime(2026, 4, 5, 12, 0, 0, 250000, tzinfo=UTC))


def line(number: int, grant: bytes = bytes(16)) -> PublicLine:
    leaf = Leaf(
        EntryId(bytes([number]) * 16), AT, Pseudonym(b"c" * 16), Pseudonym(b"a" * 16), "citizen", "view", "done",
        grant_id=GrantId(grant), count=number,
    )  # fmt: skip
    stored = encode_leaf(leaf)
    return PublicLine(**public(decode_leaf(stored), stored))


LINES = (line(1), line(2, b"g" * 16))


def test_both_formats_say_the_same() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(LINES).decode("ascii"), newline="")))
    objects = [json.loads(each) for each in as_ndjson(LINES).splitlines()]
    assert [tuple(each) for each in objects] == [COLUMNS, COLUMNS]
    assert rows == [{name: "" if value is None else str(value) for name, value in each.items()} for each in objects]
    assert [each["grant_id"] for each in objects] == [None, "67676767-6767-6767-6767-676767676767"]
    assert objects[0]["at"] == "2026-04-05T12:00:00.250000Z"


def test_the_leaf_in_a_copy_is_the_stored_one() -> None:
    written = as_json(LINES[1])["leaf"]
    assert base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)) == LINES[1].leaf
    assert decode_leaf(LINES[1].leaf).count == 2


def test_no_entries_make_a_header_or_nothing() -> None:
    assert as_csv(()) == (",".join(COLUMNS) + "\r\n").encode()
    assert as_ndjson(()) == b""
