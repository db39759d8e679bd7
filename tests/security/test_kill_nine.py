"""The server is killed at random moments while people import: what was acknowledged is there, nothing is half there."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, text

from tests.databases import postgres_database_url
from tests.servers import Server, sign_up
from vault.blobs import RowBlobs
from vault.clock import SystemClock
from vault.database import Database
from vault.records.importing import LEASE, sweep_abandoned
from vault.records.waiting import KEPT_FOR, sweep_waiting

CLIENTS = 3
MANY = 90  # More than the records that are published without being staged first.


@dataclass
class Sent:
    """One import as its client knows it: ``waiting_id`` once staged, ``acknowledged`` once the last 201 arrived."""

    data: bytes
    records: int
    waiting_id: str = ""
    import_id: str = ""
    acknowledged: bool = False


@dataclass
class Person:
    """Somebody who imports one file after another until the server stops answering."""

    number: int
    token: str
    sent: list[Sent] = field(default_factory=list)

    def import_files(self, server: Server, stop: threading.Event) -> None:
        while not stop.is_set():
            count = MANY if len(self.sent) % 2 else 3
            sent = Sent(bundle(self.number, len(self.sent), count), count)
            self.sent.append(sent)
            try:
                self._import(server, sent, in_two_steps=len(self.sent) % 3 == 0)
            except (OSError, HTTPException):
                return

    def _import(self, server: Server, sent: Sent, *, in_two_steps: bool) -> None:
        name = quote(f"file {len(self.sent)}.json")
        path = f"/api/imports/staged?filename={name}" if in_two_steps else f"/api/imports?filename={name}"
        answer = server.call("POST", path, sent.data, self.token, {"Content-Type": "application/json"})
        if in_two_steps and answer.status == 201:
            sent.waiting_id = answer.json["import_id"]
            path = f"/api/imports/staged/{sent.waiting_id}/confirm"
            answer = server.post(path, {}, self.token)
        assert answer.status == 201, answer.body
        assert answer.json["added"] == sent.records
        sent.import_id, sent.acknowledged = answer.json["import_id"], True


def bundle(person: int, place: int, count: int) -> bytes:
    """Results that no other import has."""
    entries = [
        {
            "resource": {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}]},
                "effectiveDateTime": f"20{place % 90 + 10}-{person % 12 + 1:02d}-{number % 28 + 1:02d}",
                "valueString": f"{person}.{place}.{number}",
            }
        }
        for number in range(count)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def kill(server: Server) -> None:
    assert server.process
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(timeout=15)
    server.process = None


def round_of_imports(server: Server, people: list[Person], seconds: float) -> None:
    """Everybody imports until the process is killed; then it starts again."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(person: Person) -> None:
        try:
            person.import_files(server, stop)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    kill(server)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert failures == []
    server.start()


def check_newest(server: Server, people: list[Person]) -> None:
    """After each restart: what was acknowledged last is there whole, and opens."""
    for person in people:
        done = [sent for sent in person.sent if sent.acknowledged]
        if done:
            shown = server.get(f"/api/imports/{done[-1].import_id}", person.token)
            assert (shown.status, shown.json["live"]) == (200, done[-1].records)


def check_everything(server: Server, person: Person) -> None:
    """Every record opens, every import is whole or absent, and originals are the bytes that were sent."""
    by_import: dict[str, list[str]] = {}
    after = ""
    while True:
        page = server.get(f"/api/records?limit=200{after}", person.token).json
        for row in page["items"]:
            by_import.setdefault(row["source"], []).append(row["record_id"])
        if not page["next"]:
            break
        after = f"&after={quote(page['next'])}"
    sent_by_data = {sent.data: sent for sent in person.sent}
    arrived: set[bytes] = set()
    for record_ids in by_import.values():
        original = server.get(f"/api/records/{record_ids[0]}/original", person.token)
        assert original.status == 200
        sent = sent_by_data[original.body]
        arrived.add(sent.data)
        assert len(record_ids) == sent.records, "an import is whole or not there"
        entries = {entry["resource"]["valueString"] for entry in json.loads(sent.data)["entry"]}
        for record_id in record_ids if sent.records < MANY else record_ids[::15]:
            opened = server.get(f"/api/records/{record_id}", person.token)
            assert opened.status == 200
            assert opened.json["resource"]["valueString"] in entries
    for sent in person.sent:
        assert not sent.acknowledged or sent.import_id in by_import, "what was acknowledged is there"
        if sent.waiting_id:
            waits = server.get(f"/api/imports/staged/{sent.waiting_id}", person.token).status
            assert waits == (404 if sent.data in arrived else 200), "a staged file waits, or its import is there"


def check_no_orphans(url: str) -> None:
    """Once leases have ended the sweeps leave nothing that nobody reads: no row, no blob, no key."""
    database = Database(url)
    now = SystemClock().now()
    sweep_abandoned(database, RowBlobs(), now + LEASE * 2)
    sweep_waiting(database, RowBlobs(), now + KEPT_FOR * 2)
    database.close()
    engine = create_engine(url)
    count = {
        "records of no published import": "SELECT count(*) FROM record r WHERE import_id IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM import_run i WHERE i.import_id = r.import_id AND i.state = 'published')",
        "records in no segment": "SELECT count(*) FROM record r WHERE NOT EXISTS "
        "(SELECT 1 FROM segment s WHERE s.segment_id = r.segment_id)",
        "blobs of nothing": "SELECT count(*) FROM blob b WHERE NOT EXISTS "
        "(SELECT 1 FROM import_run i WHERE i.blob_id = b.blob_id AND i.state = 'published')",
        "imports that hang": "SELECT count(*) FROM import_run WHERE state = 'staged'",
        "files that wait": "SELECT count(*) FROM import_waiting",
        "tags of nothing": "SELECT count(*) FROM record_tag t WHERE NOT EXISTS "
        "(SELECT 1 FROM record r WHERE r.record_id = t.record_id)",
    }
    with engine.connect() as connection:
        found: dict[str, Any] = {what: connection.execute(text(query)).scalar_one() for what, query in count.items()}
    engine.dispose()
    assert found == dict.fromkeys(count, 0)


def kill_again_and_again(server: Server, url: str, times: int) -> None:
    people = [Person(n, sign_up(server, f"person{n}@example.org")["token"]) for n in range(CLIENTS)]
    chance = random.Random(20260405)
    for _ in range(times):
        round_of_imports(server, people, chance.uniform(0.05, 0.5))
        check_newest(server, people)
    sent = [each.acknowledged for person in people for each in person.sent]
    assert (sent.count(True) >= times, sent.count(False) >= times) == (True, True), (
        "kills fell between and into imports"
    )
    for person in people:
        check_everything(server, person)
    server.stop()
    check_no_orphans(url)


def test_twenty_kills_during_imports_lose_nothing_acknowledged_and_leave_nothing_half(tmp_path: Path) -> None:
    server = Server(tmp_path).start()
    try:
        kill_again_and_again(server, f"sqlite:///{server.data / 'vault.sqlite3'}", 20)
    finally:
        server.stop()


def test_five_kills_on_postgresql(tmp_path: Path) -> None:
    with postgres_database_url() as url:
        server = Server(tmp_path, database_url=url).start()
        try:
            kill_again_and_again(server, url, 5)
        finally:
            server.stop()
