"""A citizen with magnesium, sodium, lithium and a letter, who shares; a reader who holds nothing but the link."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from sharing.grants.grants import Grants, Issued
from sharing.links.opening import Manifest, Opening
from tests.conftest import FixedClock
from tests.vault.records.vaults import Vault, bundle, found_vault, observation
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.audit.reading import CitizenLog, LogLine
from vault.audit.tables import AuditEntry
from vault.audit.trails import register_operator, trail_of
from vault.blobs import RowBlobs
from vault.crypto.jwe import open_jwe
from vault.crypto.passphrases import Cost
from vault.crypto.secret import LinkKey
from vault.database import Database, table_of
from vault.errors import LogUnavailable
from vault.ids import text_of
from vault.papers import Papers
from vault.server_keys.holder import ServerKeys

BASE = "http://localhost:8000"
READER = Origin("198.51.100.9", "a reader")
ISSUER = "https://sign-in.example"
SODIUM, LITHIUM = "2951-2", "14334-7"
MAGNESIUM_ONLY = [{"analyte": "magnesium"}]


@dataclass(frozen=True)
class Citizen:
    vault: Vault
    opening: Opening
    grants: Grants

    @property
    def clock(self) -> FixedClock:
        return self.vault.clock

    def body(self, **changes: Any) -> dict[str, Any]:
        """Terms for magnesium, seven days, to view."""
        end = self.clock.now() + timedelta(days=7)
        terms = {
            "recipient": {"name": "Dr Lee"},
            "purpose": "treatment",
            "include": MAGNESIUM_ONLY,
            "expires_at": end.isoformat(),
            "actions": ["view"],
        }
        return terms | changes

    def share(self, **changes: Any) -> Issued:
        body = self.body(**changes)
        shown = self.grants.preview(body).statement
        return self.grants.issue(body | {"statement": {"id": shown.id, "version": shown.version}})

    def entries(self) -> list[tuple[str, str, str]]:
        """(event, reason, recipient or empty), oldest first."""
        return [
            (str(line.event), str(line.reason), str((line.accountability or {}).get("recipient", "")))
            for line in reversed(self.lines())
        ]

    def lines(self) -> tuple[LogLine, ...]:
        """The whole history, newest first."""
        return CitizenLog(self.vault.database, self.vault.provider, self.vault.keyring).page(200, None).items

    def visits(self) -> list[tuple[str, str, str]]:
        """What links brought: opens, files, refusals."""
        return [each for each in self.entries() if each[0] in {"open", "file", "refusal"}]


def make_citizen(database: Database, provider: ServerKeys, clock: FixedClock) -> Citizen:
    vault = found_vault(database, provider, clock)
    operator = found_vault(database, provider, clock, name="Operator")
    with database.write() as connection:
        register_operator(connection, operator.keyring.vault_id, operator.keyring.pseudonym)
    vault.records.add_file(
        bundle(
            observation(1, "0.80", "2025-01-15"),
            observation(2, "0.91", "2025-06-15"),
            observation(3, "140", "2025-06-15", code=SODIUM, unit="mmol/L", text="Sodium"),
            observation(4, "0.6", "2025-06-15", code=LITHIUM, unit="mmol/L", text="Lithium"),
        ),
        "results.json",
        "application/fhir+json",
    )
    vault.records.add_file(b"Dear Dr Lee, a letter.", "letter.txt", "text/plain")
    return Citizen(vault, make_opening(vault), make_grants(vault))


class SilentLog(Log):
    """A log that can't be written."""

    def append(self, *given: Any, **named: Any) -> Any:
        raise LogUnavailable


def silenced(citizen: Citizen) -> Citizen:
    """The same citizen on a server whose log is down."""
    vault = replace(citizen.vault, log=SilentLog(citizen.vault.provider, citizen.clock))
    return Citizen(vault, make_opening(vault), make_grants(vault))


def make_opening(vault: Vault) -> Opening:
    parts = (vault.database, vault.provider, vault.log, vault.clock, RowBlobs())
    return Opening(*parts, base_url=BASE, cost=Cost.TEST)


def make_grants(vault: Vault, cost: Cost = Cost.TEST) -> Grants:
    with vault.database.read() as connection:
        trail = trail_of(connection, vault.keyring.vault_id)
    return Grants(
        vault.database,
        vault.keyring,
        vault.provider,
        vault.disclosure(),
        Papers(vault.keyring),
        log=vault.log,
        trail=trail,
        clock=vault.clock,
        blobs=RowBlobs(),
        base_url=BASE,
        origin=Origin("192.0.2.7", "a browser"),
        sign_ins={ISSUER: "Example"},
        cost=cost,
    )


def payload_of(issued: Issued) -> dict[str, Any]:
    text = issued.shlink.removeprefix("shlink:/")
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return payload


def link_id_of(issued: Issued) -> str:
    return str(payload_of(issued)["url"]).rsplit("/", 1)[1]


def key_of(issued: Issued) -> LinkKey:
    return LinkKey(base64.urlsafe_b64decode(payload_of(issued)["key"] + "="))


def visit(
    citizen: Citizen, issued: Issued, recipient: str = "Dr Lee", viewing: str | None = None, **more: Any
) -> Manifest:
    return citizen.opening.manifest(link_id_of(issued), {"recipient": recipient} | more, viewing, READER)


def fetch(citizen: Citizen, issued: Issued, location: str) -> bytes:
    """What a manifest's location gives."""
    head = f"{BASE}/shl/{link_id_of(issued)}/files/"
    assert location.startswith(head)
    return citizen.opening.file(link_id_of(issued), location.removeprefix(head), READER)


def contents(citizen: Citizen, issued: Issued, manifest: Manifest) -> list[dict[str, Any]]:
    """Every file of a manifest, fetched where it must be, and opened with the key of the link alone."""
    opened = []
    for each in manifest.body["files"]:
        jwe = each.get("embedded") or fetch(citizen, issued, each["location"]).decode()
        plain, _ = open_jwe(key_of(issued), jwe)
        opened.append(json.loads(plain))
    return opened


def record_ids(citizen: Citizen) -> dict[str, str]:
    """Title → record id in wire form."""
    return {each.title: text_of(each.record_id) for each in citizen.vault.disclosure().candidates()}


def count_rows(database: Database, table: Any, **where: Any) -> int:
    core = table_of(table)
    with database.read() as connection:
        query = select(core).where(*(core.c[name] == value for name, value in where.items()))
        return len(connection.execute(query).all())


def logged(database: Database, event: str) -> int:
    return count_rows(database, AuditEntry, event=event)
