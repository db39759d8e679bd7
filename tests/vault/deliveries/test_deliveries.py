"""Deliveries into a locked vault: received by anybody with a key, opened by its citizen alone."""

from __future__ import annotations

import base64
import os
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from tests.vault.deliveries.conftest import ORIGIN, SERVICE, Postroom, observation
from vault.crypto.signatures import signing_public_key
from vault.database import table_of
from vault.deliveries.format import (
    BadLabSignature,
    Delivery,
    File,
    MalformedDelivery,
    decode,
    encode,
    seal_delivery,
)
from vault.deliveries.opening import NotThere
from vault.deliveries.receipts import check_receipt
from vault.deliveries.receiving import DeliveryReplayed, WrongAddress
from vault.deliveries.senders import DeliveryRefused
from vault.deliveries.tables import DeliveryRow, KeyDelivery
from vault.errors import Invalid, Tampered, TooLarge
from vault.ids import VaultId, make_id
from vault.keys.delivery import DeliveryKeyChanged, check_published
from vault.keys.provider import Purpose
from vault.records.views import ResultQuery

FHIR = "application/fhir+json"
SEED = bytes(range(32))


def post(room: Postroom, key: str, data: bytes, name: str = "result.json") -> dict[str, object]:
    return room.receiving.receive_file(room.vault_id, key, data, name, FHIR, ORIGIN).receipt


def sealed(room: Postroom, key: str, *files: File, seed: bytes | None = None) -> Delivery:
    return seal_delivery(room.receiving.published(room.vault_id, key).address, files, seed)


def values(room: Postroom) -> list[str]:
    page = room.vault.records.results(ResultQuery(analyte="magnesium"))
    return sorted(row.value for row in page.items)


def test_what_arrives_while_the_vault_is_locked_is_there_after_the_unlock(postroom: Postroom) -> None:
    key = postroom.issue().key
    post(postroom, key, observation("0.66"))
    post(postroom, key, observation("0.71", "2026-02-20"))
    assert values(postroom) == []
    brought = postroom.opening.open_all()
    assert (brought.deliveries, brought.added, brought.quarantined) == (2, 2, 0)
    assert values(postroom) == ["0.66", "0.71"]
    assert len(postroom.told) == 2


def test_what_was_opened_leaves_no_root_and_no_bytes(postroom: Postroom) -> None:
    post(postroom, postroom.issue().key, observation())
    postroom.opening.open_all()
    with postroom.vault.database.read() as connection:
        assert connection.execute(select(table_of(KeyDelivery))).all() == []
        (row,) = connection.execute(select(table_of(DeliveryRow))).all()
    assert (row.state, row.objects, row.size) == ("done", b"", 0)


def test_the_report_says_who_sent_it_and_that_nobody_proved_it(sqlite_postroom: Postroom) -> None:
    post(sqlite_postroom, sqlite_postroom.issue("Dr Grey").key, observation())
    sqlite_postroom.opening.open_all()
    (report,) = sqlite_postroom.vault.records.imports.list()
    assert report.sent_by is not None
    assert (report.sent_by.name, report.sent_by.proven) == ("Dr Grey", False)


@pytest.mark.parametrize("pinned", [True, False])
def test_a_lab_is_proven_by_the_key_that_was_pinned_and_by_no_other(sqlite_postroom: Postroom, pinned: bool) -> None:
    theirs = signing_public_key(SEED if pinned else bytes(32))
    room = sqlite_postroom
    key = room.issue("Hill Street", base64.urlsafe_b64encode(theirs).decode().rstrip("=")).key
    delivery = sealed(room, key, File("r.json", FHIR, observation()), seed=SEED)
    room.receiving.receive_sealed(room.vault_id, key, encode(delivery), ORIGIN)
    room.opening.open_all()
    (report,) = room.vault.records.imports.list()
    assert report.sent_by is not None
    assert report.sent_by.proven is pinned


def test_a_lab_on_the_operators_list_is_proven_under_the_name_there(sqlite_postroom: Postroom) -> None:
    room = sqlite_postroom
    room.labs[signing_public_key(SEED)] = "City Laboratory"
    key = room.issue("whoever").key
    delivery = sealed(room, key, File("r.json", FHIR, observation()), seed=SEED)
    room.receiving.receive_sealed(room.vault_id, key, encode(delivery), ORIGIN)
    room.opening.open_all()
    (report,) = room.vault.records.imports.list()
    assert report.sent_by is not None
    assert (report.sent_by.name, report.sent_by.proven) == ("City Laboratory", True)


def test_a_document_and_a_file_of_many_arrive_whole(postroom: Postroom) -> None:
    room, key = postroom, postroom.issue().key
    bundle = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":%s},{"resource":%s}]}'
    two = bundle % (observation("0.81", "2026-01-02"), observation("0.82", "2026-01-03"))
    letter = File("letter.txt", "text/plain", b"Dear Ada, all is well.")
    delivery = sealed(room, key, letter, File("bundle.json", FHIR, two))
    room.receiving.receive_sealed(room.vault_id, key, encode(delivery), ORIGIN)
    assert room.opening.open_all().added == 3
    assert values(room) == ["0.81", "0.82"]
    documents = [each for each in room.vault.records.list().items if each.kind == "document"]
    assert room.vault.records.original(documents[0].record_id).data == b"Dear Ada, all is well."


def test_the_same_bytes_again_are_the_same_delivery_and_get_the_same_receipt(postroom: Postroom) -> None:
    room, key = postroom, postroom.issue().key
    body = encode(sealed(room, key, File("r.json", FHIR, observation())))
    first = room.receiving.receive_sealed(room.vault_id, key, body, ORIGIN)
    again = room.receiving.receive_sealed(room.vault_id, key, body, ORIGIN)
    assert (first.receipt, first.is_new, again.is_new) == (again.receipt, True, False)
    room.opening.open_all()
    later = room.receiving.receive_sealed(room.vault_id, key, body, ORIGIN)
    assert (later.is_new, room.opening.open_all().deliveries, len(values(room))) == (False, 0, 1)


def test_a_known_name_with_other_bytes_or_another_key_is_refused(postroom: Postroom) -> None:
    room, key, other = postroom, postroom.issue().key, postroom.issue("another").key
    delivery = sealed(room, key, File("r.json", FHIR, observation()))
    room.receiving.receive_sealed(room.vault_id, key, encode(delivery), ORIGIN)
    with pytest.raises(DeliveryReplayed):
        room.receiving.receive_sealed(room.vault_id, other, encode(delivery), ORIGIN)
    changed = replace(delivery, objects=delivery.objects[:-1] + bytes([delivery.objects[-1] ^ 1]))
    with pytest.raises(DeliveryReplayed):
        room.receiving.receive_sealed(room.vault_id, key, encode(changed), ORIGIN)


def test_the_receipt_is_signed_and_names_the_bytes(sqlite_postroom: Postroom) -> None:
    room = sqlite_postroom
    receipt = post(room, room.issue().key, observation())
    public = room.vault.provider.public_key(Purpose.RECEIPTS)
    check_receipt(receipt, public)
    told = receipt["receipt"]
    assert isinstance(told, dict)
    assert (told["address"].startswith(SERVICE), told["sealed_by"]) == (True, "server")
    with pytest.raises(Tampered):
        check_receipt(receipt | {"receipt": told | {"size": 1}}, public)


def test_a_key_that_is_wrong_revoked_or_anothers_and_an_unknown_address_are_one_answer(
    sqlite_postroom: Postroom,
) -> None:
    room, issued = sqlite_postroom, sqlite_postroom.issue()
    revoked = room.issue("gone")
    room.senders.revoke(revoked.sender_id)
    key = issued.key
    wrong = key[:-2] + ("AA" if key[-2:] != "AA" else "BB")
    for tried in (wrong, revoked.key, "", "hvd1_" + "A" * 64, key.upper(), key + "="):
        with pytest.raises(DeliveryRefused):
            post(room, tried, observation())
    with pytest.raises(DeliveryRefused):
        room.receiving.receive_file(VaultId(make_id()), key, observation(), "r.json", FHIR, ORIGIN)


@pytest.mark.parametrize("data", [b"", b"{", b'{"a":1,"a":2}', b'{"resourceType":"Observation",'])
def test_what_nobody_could_read_later_is_refused_at_once(sqlite_postroom: Postroom, data: bytes) -> None:
    key = sqlite_postroom.issue().key
    with pytest.raises(Invalid):
        post(sqlite_postroom, key, data)


def test_what_is_too_large_is_refused(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    with pytest.raises(TooLarge):
        room.receiving.receive_file(room.vault_id, key, bytes(10 << 20), "large.bin", "image/jpeg", ORIGIN)


def test_a_delivery_sealed_for_another_address_is_refused(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    delivery = replace(sealed(room, key, File("r.json", FHIR, observation())), vault_id=VaultId(make_id()))
    with pytest.raises(WrongAddress):
        room.receiving.receive_sealed(room.vault_id, key, encode(delivery), ORIGIN)


def test_a_delivery_sealed_to_an_old_key_is_refused(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    delivery = replace(sealed(room, key, File("r.json", FHIR, observation())), epoch=99)
    with pytest.raises(DeliveryKeyChanged):
        room.receiving.receive_sealed(room.vault_id, key, encode(delivery), ORIGIN)


def test_a_signature_over_other_bytes_is_refused(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    delivery = sealed(room, key, File("r.json", FHIR, observation()), seed=SEED)
    other = sealed(room, key, File("r.json", FHIR, observation("9.99")), seed=SEED)
    body = encode(replace(delivery, lab_signature=other.lab_signature))
    with pytest.raises(BadLabSignature):
        room.receiving.receive_sealed(room.vault_id, key, body, ORIGIN)


def test_every_cut_and_lengthened_body_is_malformed(sqlite_postroom: Postroom) -> None:
    body = encode(sealed(sqlite_postroom, sqlite_postroom.issue().key, File("r.json", FHIR, observation())))
    for wrong in (body[:-1], body + b"\0", body[:100], b"", bytes(len(body)), b"\xff" + body[1:]):
        with pytest.raises(MalformedDelivery):
            decode(wrong)


def quarantine(room: Postroom, delivery: Delivery, key: str) -> None:
    room.receiving.receive_sealed(room.vault_id, key, encode(delivery), ORIGIN)
    assert room.opening.open_all().quarantined == 1


def test_what_turns_out_malformed_after_sealing_is_set_apart_told_and_kept(postroom: Postroom) -> None:
    room, key = postroom, postroom.issue("Dr Grey").key
    quarantine(room, sealed(room, key, File("r.json", FHIR, b'{"resourceType":"Observation",')), key)
    (kept,) = room.opening.kept()
    assert (kept.state, kept.reason, kept.sent_by.name, kept.names) == (
        "quarantined",
        "unreadable",
        "Dr Grey",
        ("r.json",),
    )
    assert (room.opening.open_all().deliveries, len(room.opening.kept())) == (0, 1)
    room.opening.discard(kept.delivery_id)
    assert room.opening.kept() == ()
    with pytest.raises(NotThere):
        room.opening.discard(kept.delivery_id)


def test_a_root_or_object_that_isnt_what_was_sealed_is_set_apart_and_the_others_join(postroom: Postroom) -> None:
    room, key = postroom, postroom.issue().key
    post(room, key, observation("0.70"))
    delivery = sealed(room, key, File("r.json", FHIR, observation("0.99")))
    broken = bytearray(delivery.sealed_root)
    broken[-1] ^= 1
    quarantine(room, replace(delivery, sealed_root=bytes(broken)), key)
    assert values(room) == ["0.70"]
    (kept,) = room.opening.kept()
    assert (kept.reason, kept.names) == ("not-as-sealed", ())


def test_a_writer_who_swaps_what_waits_brings_nothing_in(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    for value in ("0.70", "0.80"):
        post(room, key, observation(value))
    rows = table_of(DeliveryRow)
    with room.vault.database.write() as connection:
        (one, two) = connection.execute(select(rows)).all()
        for mine, theirs in ((one, two), (two, one)):
            where = rows.c.delivery_id == mine.delivery_id
            connection.execute(update(rows).where(where).values(objects=theirs.objects))
    assert room.opening.open_all().quarantined == 2
    assert values(room) == []


def test_a_file_that_names_somebody_else_waits_for_an_answer(postroom: Postroom) -> None:
    room, key = postroom, postroom.issue().key
    patient = b'{"resourceType":"Patient","name":[{"family":"Lovelace","given":["Augusta"]}],"birthDate":"1815-12-10"}'
    bundle = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":%s},{"resource":%s}]}'
    post(room, key, bundle % (patient, observation("0.91")), "hers.json")
    assert room.opening.open_all().asks == 1
    assert values(room) == []
    (kept,) = room.opening.kept()
    assert (kept.state, kept.names) == ("asks", ("hers.json",))
    room.opening.answer(kept.delivery_id, "mine")
    assert values(room) == ["0.91"]
    assert room.opening.kept() == ()


def test_nothing_joins_from_a_delivery_of_many_files_while_one_of_them_asks(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    patient = b'{"resourceType":"Patient","name":[{"family":"Lovelace","given":["Augusta"]}],"birthDate":"1815-12-10"}'
    bundle = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":%s},{"resource":%s}]}'
    hers = File("hers.json", FHIR, bundle % (patient, observation("0.91")))
    delivery = sealed(room, key, File("mine.json", FHIR, observation("0.66")), hers)
    room.receiving.receive_sealed(room.vault_id, key, encode(delivery), ORIGIN)
    brought = room.opening.open_all()
    assert (brought.asks, brought.added) == (1, 0)
    assert (values(room), room.vault.records.imports.list()) == ([], ())
    room.opening.discard(room.opening.kept()[0].delivery_id)
    assert values(room) == []


def test_the_published_key_is_believed_by_the_manifest_alone(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    published = room.receiving.published(room.vault_id, key)
    check_published(published, room.vault_id, published.server_key)
    planted = replace(published, address=replace(published.address, public_key=os.urandom(1216)))
    for wrong in (planted, replace(published, manifest=published.manifest[:-1])):
        with pytest.raises(Tampered):
            check_published(wrong, room.vault_id, published.server_key)
    with pytest.raises(Tampered):
        check_published(published, room.vault_id, bytes(32))
    with pytest.raises(Tampered):
        check_published(published, VaultId(make_id()), None)
