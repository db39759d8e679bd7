"""Sample data for looking around: one made-up citizen with magnesium results, and one admin. Only with ``--demo``.

The accounts are marked as samples: their passphrase is published, so a server without ``--demo`` lets nobody in by it.
Filling in again changes nothing.
"""

from __future__ import annotations

from app.wiring import SampleSignIns, Services
from vault.audit.events import Origin
from vault.health.typed import TypedResult

NAME, BIRTH_DATE = "Ada Sample", "1980-04-05"
HERE = Origin("127.0.0.1", "healthvault --demo")
LAB = "Sample City Laboratory"

# (day, value, unit): two units on purpose, one value below the range that its lab printed, one only a bound.
MAGNESIUM = (
    ("2023-05-11", "0.84", "mmol/L", "0.70", "1.00"),
    ("2023-11-02", "0.79", "mmol/L", "0.70", "1.00"),
    ("2024-04-18", "1.75", "mg/dL", "1.70", "2.43"),
    ("2024-10-09", "0.68", "mmol/L", "0.70", "1.00"),
    ("2025-03-27", "0.74", "mmol/L", "0.70", "1.00"),
    ("2025-09-15", "1.9", "mg/dL", "1.70", "2.43"),
    ("2026-01-20", "0.83", "mmol/L", "0.70", "1.00"),
)
OTHERS = (
    ("potassium", "2026-01-20", "4.2", "mmol/L", "3.5", "5.1"),
    ("sodium", "2026-01-20", "140", "mmol/L", "136", "145"),
    ("creatinine", "2026-01-20", "72", "umol/L", "45", "84"),
)


def fill(services: Services, samples: SampleSignIns) -> None:
    """Make what is missing of the sample accounts and the citizen's results."""
    if not services.accounts.exists(samples.admin_email):
        services.accounts.create_admin(samples.admin_email, samples.passphrase, HERE, sample=True)
    if services.accounts.exists(samples.citizen_email):
        return
    made = services.accounts.create_citizen(
        samples.citizen_email, NAME, BIRTH_DATE, samples.passphrase, HERE, sample=True
    )
    session = services.sessions.resume(made.token)
    services.sessions.confirm_recovery_code(session, made.recovery_code.rsplit("-", 1)[-1])
    records = services.records(session, HERE)
    for day, value, unit, low, high in MAGNESIUM:
        records.add_result(_typed("magnesium", day, value, unit, low, high))
    for analyte, day, value, unit, low, high in OTHERS:
        records.add_result(_typed(analyte, day, value, unit, low, high))
    services.sessions.sign_out(session)


def _typed(analyte: str, day: str, value: str, unit: str, low: str, high: str) -> TypedResult:  # noqa: PLR0917
    return TypedResult(
        analyte=analyte, code=None, value=value, unit=unit, taken_at=day, range_low=low, range_high=high, lab=LAB
    )
