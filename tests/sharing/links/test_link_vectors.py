"""The bytes of docs/specs/link.md and receipt.md, pinned. Regenerate only together with a new version byte or label."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sharing.consent.readers import Reader, read_reader, write_reader
from sharing.grants.receipts import check_receipt, signed_bytes
from sharing.links.readers import read_proof
from sharing.links.shlink import link_digest, share_link
from sharing.links.tickets import Ticket, read_ticket, recipient_tag, write_ticket
from tests.key_stores import pinned_provider
from vault.clock import to_microseconds
from vault.crypto.secret import LinkKey, ServingKey
from vault.disclosure import unwrap_serving_key
from vault.errors import Tampered
from vault.ids import FileId, GrantId, OpeningId, VaultId
from vault.server_keys.files import FileKeyProvider

VECTORS = Path(__file__).parents[2] / "vectors"
GRANT = GrantId(bytes(range(16)))


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def test_links_are_written_as_pinned() -> None:
    for each in read("link.json")["links"]:
        key, end = LinkKey(bytes.fromhex(each["key"])), datetime.fromtimestamp(each["exp"], UTC)
        made = share_link(each["base"], each["id"], key, end, each["passcode"])
        assert (made.shlink, made.link) == (each["shlink"], each["link"])
        assert link_digest(each["id"]).hex() == each["digest"]


def test_tickets_and_tags_are_written_as_pinned() -> None:
    for each in read("link.json")["tickets"]:
        serving = ServingKey(bytes.fromhex(each["serving_key"]))
        expires = datetime.fromisoformat(each["expires_at"])
        ticket = Ticket(FileId(bytes.fromhex(each["file"])), OpeningId(bytes.fromhex(each["opening"])), expires)
        assert write_ticket(serving, GRANT, ticket) == each["ticket"]
        assert read_ticket(serving, GRANT, each["ticket"]) == ticket
        assert to_microseconds(expires) == each["microseconds"]
        assert recipient_tag(serving, GRANT, each["recipient"]).hex() == each["tag"]


def test_a_url_longer_than_the_standard_allows_is_not_made() -> None:
    with pytest.raises(ValueError, match="too long"):
        share_link("https://" + "x" * 80, "A" * 43, LinkKey.make(), datetime.now(UTC), with_passcode=False)


def test_the_pinned_receipt_checks_and_one_changed_letter_does_not() -> None:
    vector = read("receipt.json")
    key = bytes.fromhex(vector["public_key"])
    assert signed_bytes(vector["signed"]["receipt"]).hex() == vector["signed_bytes"]
    check_receipt(vector["signed"], key)
    vector["signed"]["receipt"]["giver"] += "x"
    for broken in (vector["signed"], {}, {"receipt": {}, "signature": {"value": "!"}}, {"signature": None}):
        with pytest.raises(Tampered):
            check_receipt(broken, key)


@pytest.fixture
def pinned(tmp_path: Path) -> FileKeyProvider:
    return pinned_provider(tmp_path / "keys")


def test_whom_a_link_is_for_lies_behind_its_serving_key_as_pinned(pinned: FileKeyProvider) -> None:
    told = read("link.json")["readers"]
    reader = Reader(told["issuer"], told["email"])
    assert write_reader(reader).hex() == told["reader"]
    vault_id, wrapped = VaultId(bytes.fromhex(told["vault"])), bytes.fromhex(told["serving"]["wrapped"])
    key, beside = unwrap_serving_key(pinned, vault_id, GRANT, wrapped)
    assert (key.raw.hex(), read_reader(beside)) == (told["serving"]["key"], reader)


def test_the_pinned_proof_of_a_sign_in_reads_until_its_end(pinned: FileKeyProvider) -> None:
    told = read("link.json")["readers"]
    vault_id, ends_at = VaultId(bytes.fromhex(told["vault"])), datetime.fromisoformat(told["proof"]["ends_at"])
    assert to_microseconds(ends_at) == told["proof"]["microseconds"]
    just_before = ends_at - timedelta(microseconds=1)
    found = read_proof(pinned, vault_id, GRANT, told["proof"]["text"], just_before)
    assert found == Reader(told["issuer"], told["email"])


def test_a_faulty_proof_of_a_sign_in_is_none(pinned: FileKeyProvider) -> None:
    told = read("link.json")["readers"]
    vault_id, begun = VaultId(bytes.fromhex(told["vault"])), datetime(2026, 3, 1, 12, tzinfo=UTC)
    for fault in told["faults"]:
        now = datetime.fromisoformat(fault["now"]) if "now" in fault else begun
        assert read_proof(pinned, vault_id, GRANT, fault["text"], now) is None, fault["what"]
