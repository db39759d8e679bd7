"""A founded vault with its services, and small FHIR files to put into it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.conftest import FixedClock
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.blobs import Blobs, RowBlobs
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.disclosure import Disclosure
from vault.founding import Founded, Founding, Profile
from vault.keys.enrolment import Enrolment
from vault.keys.keyring import Keyring
from vault.records.records import Records
from vault.server_keys.holder import ServerKeys

PASSPHRASE = "copper lantern drifts north"
ORIGIN = Origin("192.0.2.7", "a browser")
FHIR = "application/fhir+json"
MAGNESIUM = "19123-9"


@dataclass(frozen=True)
class Vault:
    database: Database
    provider: ServerKeys
    clock: FixedClock
    founded: Founded
    log: Log
    records: Records

    @property
    def keyring(self) -> Keyring:
        return self.founded.keyring

    def records_with(self, log: Log | None = None, blobs: Blobs | None = None) -> Records:
        with self.database.read() as connection:
            trail = trail_of(connection, self.founded.vault_id)
        return Records(self.database, self.keyring, log or self.log, trail, self.clock, blobs or RowBlobs(), ORIGIN)

    def disclosure(self) -> Disclosure:
        return Disclosure(self.database, self.keyring, self.provider, RowBlobs(), self.clock)


def found_vault(database: Database, provider: ServerKeys, clock: FixedClock, name: str = "Stanley Jones") -> Vault:
    founding = Founding(Enrolment(provider, Cost.TEST, clock), clock)
    founded = founding.prepare(PASSPHRASE, Profile(name, "1980-02-29"))
    with database.write() as connection:
        founding.store(connection, founded)
        trail = trail_of(connection, founded.vault_id)
    log = Log(provider, clock)
    records = Records(database, founded.keyring, log, trail, clock, RowBlobs(), ORIGIN)
    return Vault(database, provider, clock, founded, log, records)


def observation(  # noqa: PLR0917
    number: int | None = None,
    value: str = "0.80",
    taken: str = "2025-01-15",
    status: str = "final",
    code: str = MAGNESIUM,
    unit: str = "mg/dL",
    text: str = "Magnesium",
) -> dict[str, Any]:
    """A laboratory result; ``value`` travels as a number as written."""
    resource: dict[str, Any] = {"resourceType": "Observation"}
    if number is not None:
        resource["id"] = f"o{number}"
    return resource | {
        "status": status,
        "category": [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": text},
        "effectiveDateTime": taken,
        "performer": [{"display": "City Laboratory"}],
        "valueQuantity": {"value": Number(value), "unit": unit, "system": UCUM, "code": unit},
        "referenceRange": [
            {"low": {"value": Number("1.7"), "unit": unit}, "high": {"value": Number("2.4"), "unit": unit}}
        ],
    }


CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
UCUM = "http://unitsofmeasure.org"


class Number(float):
    """A number that JSON shows exactly as written."""

    def __new__(cls, text: str) -> Number:
        made = super().__new__(cls, text)
        made.text = text  # type: ignore[attr-defined]
        return made

    def __repr__(self) -> str:
        return self.text  # type: ignore[attr-defined,no-any-return]


def encode(value: Any) -> bytes:
    """JSON with our numbers as written."""
    if isinstance(value, dict):
        return b"{" + b",".join(encode(key) + b":" + encode(item) for key, item in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(encode(item) for item in value) + b"]"
    return repr(value).encode() if isinstance(value, Number) else json.dumps(value).encode()


def bundle(*resources: dict[str, Any]) -> bytes:
    """A collection Bundle."""
    entries = [{"resource": resource} for resource in resources]
    return encode({"resourceType": "Bundle", "type": "collection", "entry": entries})
