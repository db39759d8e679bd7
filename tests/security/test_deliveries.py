"""A locked vault that receives: what waits opens for nobody but its citizen, however much of the server one has."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import select, update

from tests.servers import Server, sign_up
from tests.vault.deliveries.conftest import Postroom, observation, sqlite_postroom
from tests.vault.deliveries.test_deliveries import post, values
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Root, Seed
from vault.database import table_of
from vault.deliveries.format import Delivery, File, open_files, seal_delivery
from vault.errors import Tampered
from vault.ids import RootId, VaultId
from vault.keys.delivery import open_seeds, open_with_seeds
from vault.keys.tables import KeyRing

__all__ = ["sqlite_postroom"]
MANY = 1000


def test_a_thousand_deliveries_are_all_there_after_one_unlock(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    for number in range(MANY):
        post(room, key, observation(f"0.{number:04d}"), f"{number}.json")
    brought = room.opening.open_all()
    assert (brought.deliveries, brought.added, brought.quarantined) == (MANY, MANY, 0)
    assert len(room.vault.records.latest()) == 1
    assert room.opening.open_all().deliveries == 0


def test_a_dump_from_before_the_unlock_with_the_server_s_keys_holds_nothing_that_opens_them(tmp_path: Path) -> None:
    server = Server(tmp_path).start()
    try:
        person = sign_up(server, "dump@example.org")["token"]
        made = server.post("/api/senders", {"name": "Hill Street"}, person).json
        server.call("DELETE", "/api/sessions", token=person)
        path = made["address"].removeprefix(server.base)
        word = "zirconium-canary-of-a-delivery"
        text = f"only Ada reads {word}".encode()
        sent = server.call("POST", f"{path}?filename={word}.txt", text, made["key"], {"Content-Type": "text/plain"})
        assert sent.status == 201
    finally:
        server.stop()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not any(word.encode() in file.read_bytes() for file in files)
    stored = [file.read_bytes() for file in (tmp_path / "data-keys").rglob("*") if file.is_file()]
    with sqlite3.connect(tmp_path / "data" / "vault.sqlite3") as database:
        ((vault, delivery, sealed),) = database.execute("select vault_id, delivery_id, sealed_root from key_delivery")
        ((objects,),) = database.execute("select objects from delivery")
        for table in ("key_ring", "key_slot", "key_session", "key_manifest", "delivery_key"):
            rows = database.execute(f"select * from {table}")
            stored += [column for row in rows for column in row if isinstance(column, bytes)]
    found = Delivery(VaultId(vault), 1, RootId(delivery), sealed, b"", objects)
    tried = {part[at : at + 32] for part in stored for at in range(len(part) - 31)}
    assert len(tried) > 1000
    assert not any(opens(found, raw) for raw in tried)


def opens(found: Delivery, raw: bytes) -> bool:
    """Whether these bytes are the delivery's root, or the seed that its root is sealed to."""
    for root in (
        lambda: Root(raw),
        lambda: open_with_seeds(found.vault_id, {1: Seed(raw)}, 1, found.root_id, found.sealed_root),
    ):
        try:
            open_files(found, root())
        except Tampered:
            continue
        return True
    return False


def test_such_a_search_would_find_a_seed_that_lay_open(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    delivery = seal_delivery(room.receiving.published(room.vault_id, key).address, [File("r", "", observation())])
    with room.vault.database.read() as connection:
        seed = open_seeds(connection, room.vault.keyring, (1,))[1]
    assert opens(delivery, seed.raw)
    assert not opens(delivery, bytes(31) + b"1")


def test_a_planted_delivery_key_gets_no_delivery(sqlite_postroom: Postroom) -> None:
    room, key = sqlite_postroom, sqlite_postroom.issue().key
    theirs, ring = Seed.make(), table_of(KeyRing)
    with room.vault.database.write() as connection:
        rows = connection.execute(select(ring).where(ring.c.purpose == "delivery")).all()
        assert rows
        planted = update(ring).where(ring.c.purpose == "delivery").values(public_key=public_key_of(theirs))
        connection.execute(planted)
    for attempt in (lambda: post(room, key, observation()), lambda: room.receiving.published(room.vault_id, key)):
        try:
            attempt()
        except Tampered:
            continue
        raise AssertionError("a planted key was sealed to")
    assert values(room) == []
