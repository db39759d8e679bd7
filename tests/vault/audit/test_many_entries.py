"""A hundred thousand entries: every page follows the one before by an index, and none is shown twice or left out."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.conftest import FixedClock
from tests.vault.audit.conftest import Person
from vault.audit.admin_log import AdminFilters, AdminLog
from vault.audit.events import Origin
from vault.audit.leaf import Leaf
from vault.audit.log import Log, _row
from vault.audit.tables import AuditEntry
from vault.clock import to_microseconds
from vault.database import Database, table_of
from vault.ids import EntryId, GrantId, Pseudonym
from vault.server_keys.holder import ServerKeys

MANY = 100_000
START = datetime(2025, 1, 1, tzinfo=UTC)
RARE = GrantId(b"r" * 16)


@pytest.fixture
def admin_log(database: Database, provider: ServerKeys, clock: FixedClock, admin: Person) -> AdminLog:
    return AdminLog(database, Log(provider, clock), admin.trail, Origin("", ""))


@pytest.fixture
def many(database: Database, citizen: Person) -> int:
    """Entries of a thousand citizens; several share one instant, and every 1,000th belongs to one grant."""
    chance = random.Random(7)
    crowd = [Pseudonym(chance.randbytes(16)) for _ in range(1_000)]
    rows = []
    for number in range(MANY):
        at = to_microseconds(START + timedelta(seconds=number // 3))
        is_rare = number % 1_000 == 0
        who = citizen.trail.pseudonym if is_rare else crowd[number % 1_000]
        grant = RARE if is_rare else GrantId(bytes(16))
        leaf = Leaf(EntryId(chance.randbytes(16)), at, who, who, "citizen", "view", "done", grant_id=grant)
        rows.append(_row(citizen.trail, leaf))
    with database.write() as connection:
        connection.execute(table_of(AuditEntry).insert(), rows)
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE audit_entry"))
    return MANY


def test_pages_over_a_hundred_thousand_entries_join_without_gap_or_repeat(
    admin_log: AdminLog, database: Database, many: int
) -> None:
    wanted, after = AdminFilters(event="view"), None
    seen: set[bytes] = set()
    newest = None
    while True:
        page = admin_log.page(wanted, 2_000, after)
        for line in page.items:
            assert newest is None or (line.at, line.entry_id) < newest
            newest = (line.at, line.entry_id)
            seen.add(line.entry_id)
        if page.next is None:
            break
        after = page.next
    assert len(seen) == many
    check_a_rare_grant_is_found_by_its_index(admin_log, database, many)


def check_a_rare_grant_is_found_by_its_index(admin_log: AdminLog, database: Database, many: int) -> None:
    page = admin_log.page(AdminFilters(grant_id=RARE), 60)
    assert len(page.items) == 60
    assert len(admin_log.page(AdminFilters(grant_id=RARE), 60, page.next).items) == many // 1_000 - 60
    query = (
        f"SELECT * FROM audit_entry WHERE grant_id = {_bytes(database, RARE)} ORDER BY at DESC, entry_id DESC LIMIT 61"
    )
    explain = "EXPLAIN QUERY PLAN " if database.url.get_backend_name() == "sqlite" else "EXPLAIN "
    with database.read() as connection:
        plan = " ".join(str(row) for row in connection.execute(text(explain + query)))
    assert "ix_audit_entry_grant_at" in plan


def _bytes(database: Database, value: bytes) -> str:
    return f"x'{value.hex()}'" if database.url.get_backend_name() == "sqlite" else f"'\\x{value.hex()}'::bytea"
