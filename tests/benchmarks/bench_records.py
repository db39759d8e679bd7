"""10,000 observations of one citizen on SQLite with synchronous=FULL: ratios to the same rows without cryptography.

The budget: writing parsed observations ≤ 3.5, a whole file ≤ 1.6, opening all ≤ 5; a results page ≤ 100 ms CPU.
A whole file is held against plain ``json.loads`` of it plus inserts of the same rows and the original. Figures are CPU
time of this process, the median of five, each against a fresh database; what is loaded is frozen, as ``serve`` does.
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert, select

from tests.databases import make_tables
from tests.key_stores import make_provider
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.audit.tables import AuditEntry
from vault.audit.trails import trail_of
from vault.blobs import RowBlobs
from vault.clock import SystemClock
from vault.crypto.passphrases import Cost
from vault.database import Database, table_of
from vault.founding import Founding, Profile
from vault.health.formats import fhir_json
from vault.health.observation import Resource
from vault.keys.enrolment import Enrolment
from vault.records.bodies import open_bodies
from vault.records.cards import stamp
from vault.records.index import load_index
from vault.records.intake import items_of
from vault.records.records import Records
from vault.records.sealing import Source
from vault.records.tables import RecordTable, RecordTag
from vault.records.views import ResultQuery
from vault.tables import BlobRow, SegmentTable

COUNT = 10_000
ROUNDS = 5
CARDS = 256


def make_file() -> bytes:
    """A collection Bundle of 10,000 laboratory results, about 800 bytes each."""
    entries = []
    for number in range(COUNT):
        observation = {
            "resourceType": "Observation",
            "id": f"obs-{number}",
            "status": "final",
            "category": [{"coding": [{"system": CATEGORIES, "code": "laboratory", "display": "Laboratory"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "19123-9", "display": "Magnesium"}]},
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": f"20{number % 25:02}-{number % 12 + 1:02}-{number % 28 + 1:02}T08:00:00Z",
            "performer": [{"display": "City Laboratory"}],
            "valueQuantity": {"value": 1 + number % 900 / 1000, "unit": "mg/dL", "system": UCUM, "code": "mg/dL"},
            "referenceRange": [{"low": {"value": 1.7, "unit": "mg/dL"}, "high": {"value": 2.4, "unit": "mg/dL"}}],
        }
        entries.append({"fullUrl": f"urn:uuid:obs-{number}", "resource": observation})
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"
UCUM = "http://unitsofmeasure.org"


class Bench:
    """A founded vault in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'bench.db'}"
        make_tables(url)
        self.database = Database(url)
        provider, clock = make_provider(folder / "keys"), SystemClock()
        founding = Founding(Enrolment(provider, Cost.TEST, clock), clock)
        founded = founding.prepare("copper lantern drifts north", Profile("A Citizen", "1980-01-01"))
        with self.database.write() as connection:
            founding.store(connection, founded)
            self.trail = trail_of(connection, founded.vault_id)
        self.keyring, self.log = founded.keyring, Log(provider, clock)
        self.records = Records(
            self.database, self.keyring, self.log, self.trail, clock, RowBlobs(), Origin("192.0.2.1", "bench")
        )

    def write_parsed(self, resources: tuple[Resource, ...]) -> None:
        """Through the service's own steps, from parsed resources on."""
        items, now = items_of(self.keyring, resources, "fhir"), datetime.now(UTC)
        source = Source("typed", b"typed", stamp(now))
        self.records.incoming.bring_in(items, source, now, None, {})

    def write_plain(self, resources: tuple[Resource, ...], original: bytes | None = None) -> None:
        """The same rows by Core inserts: records, tags, index, one log entry; nothing sealed, nothing keyed."""
        vault_id, now = self.keyring.vault_id, datetime.now(UTC)
        records, tags, cards = [], [], []
        for resource in resources:
            record_id = os.urandom(16)
            records.append(
                {
                    "vault_id": vault_id,
                    "record_id": record_id,
                    "version": 1,
                    "segment_id": vault_id,
                    "root_id": vault_id,
                    "import_id": None,
                    "stored_at": now,
                    "sealed": resource.body,
                }
            )
            tags.append({"vault_id": vault_id, "tag": os.urandom(32), "record_id": record_id})
            reading = resource.readings[0]
            cards.append([record_id.hex(), resource.title, resource.taken, reading.value, reading.unit, resource.lab])
        segments = [
            {
                "vault_id": vault_id,
                "segment_id": os.urandom(16),
                "version": 1,
                "root_id": vault_id,
                "sealed": json.dumps(cards[start : start + CARDS]).encode(),
            }
            for start in range(0, len(cards), CARDS)
        ]
        with self.database.write() as connection:
            connection.execute(insert(table_of(RecordTable)), records)
            connection.execute(insert(table_of(RecordTag)), tags)
            connection.execute(insert(table_of(SegmentTable)), segments)
            if original is not None:
                blob = {"vault_id": vault_id, "blob_id": os.urandom(16), "sealed": original}
                connection.execute(insert(table_of(BlobRow)), blob)
            connection.execute(insert(table_of(AuditEntry)), self._plain_entry(now))

    def import_plain(self, data: bytes, resources: tuple[Resource, ...]) -> None:
        """What any importer does at least: parse the file, insert the rows, keep the file; nothing is checked."""
        json.loads(data)
        self.write_plain(resources, data)

    def _plain_entry(self, now: datetime) -> dict[str, Any]:
        return {
            "vault_id": self.keyring.vault_id,
            "entry_id": os.urandom(16),
            "leaf": b"plain",
            "at": now,
            "event": "import",
            "outcome": "done",
            "reason": "",
            "grant_id": None,
            "count": COUNT,
            "pseudonym": os.urandom(16),
            "actor": os.urandom(16),
        }

    def read_plain(self) -> int:
        table = table_of(RecordTable)
        query = select(table.c.record_id, table.c.version, table.c.root_id, table.c.sealed)
        with self.database.read() as connection:
            return len(connection.execute(query.where(table.c.vault_id == self.keyring.vault_id)).all())

    def open_all(self) -> int:
        with self.database.read() as connection:
            index = load_index(connection, self.keyring)
            cards = [row for _, rows in index.all_rows(connection) for row in rows]
            return sum(1 for _ in open_bodies(connection, self.keyring, cards))


def typical(prepare: Callable[[Bench], Callable[[], Any]]) -> float:
    """CPU seconds, the median."""
    found = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder))
            work = prepare(bench)
            started = time.process_time()
            work()
            found.append(time.process_time() - started)
            bench.database.close()
    return median(found)


def prepared_read(bench: Bench, resources: tuple[Resource, ...], work: Callable[[Bench], Any]) -> Callable[[], Any]:
    bench.write_parsed(resources)
    return lambda: work(bench)


def main() -> None:
    data = make_file()
    resources = fhir_json.read(data).resources
    assert len(resources) == COUNT
    gc.collect()
    gc.freeze()

    plain = typical(lambda bench: lambda: bench.write_plain(resources))
    sealed = typical(lambda bench: lambda: bench.write_parsed(resources))
    tell("write parsed observations", sealed, plain, 3.5)
    parse = typical(lambda _: lambda: fhir_json.read(data))
    file_plain = typical(lambda bench: lambda: bench.import_plain(data, resources))
    file_sealed = typical(lambda bench: lambda: bench.records.add_file(data, "all.json", "application/fhir+json"))
    tell("a whole file", file_sealed, file_plain, 1.6)
    read = typical(lambda bench: prepared_read(bench, resources, Bench.read_plain))
    opened = typical(lambda bench: prepared_read(bench, resources, Bench.open_all))
    tell("open all", opened, read, 5)
    page = typical(
        lambda bench: prepared_read(
            bench, resources, lambda b: b.records.results(ResultQuery(analyte="magnesium", unit="mmol/L"))
        )
    )
    latest = typical(lambda bench: prepared_read(bench, resources, lambda b: b.records.latest()))
    loads = typical(lambda _: lambda: json.loads(data))
    tell(f"reading and checking {len(data) / 1e6:.1f} MB to json.loads alone", parse, loads)
    print(f"results page {page * 1000:.0f} ms CPU, latest of each {latest * 1000:.0f} ms CPU (budget 100 ms)")


def tell(what: str, ours: float, base: float, budget: float | None = None) -> None:
    allowed = f"; budget {budget} x" if budget else ""
    print(f"{what}: {ours / base:.2f} x ({ours * 1000:.0f} ms to {base * 1000:.0f} ms CPU{allowed})")


if __name__ == "__main__":
    main()
