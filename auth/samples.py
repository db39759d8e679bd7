"""Sample vaults: one a visitor, to look around in without signing up; few at once, and gone after a day.

Each has an address that nobody can guess and a passphrase that everybody may know: nothing in it is a real person's,
so stretching that passphrase would protect nothing and keep a visitor waiting.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from auth.accounts import Accounts, Created
from auth.devices import device_of
from auth.errors import TooManySamples
from auth.sessions import Session
from auth.tables import SampleVaultRow
from auth.throttle import Allowance, Throttle, network_of
from vault.audit.events import Origin
from vault.clock import Clock
from vault.crypto.context import ctx
from vault.database import Database, table_of
from vault.erasure.everything import erase_vault
from vault.ids import VaultId
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.unlocking import Unlocking

SAMPLE_DOMAIN = "sample.example"
LOOK_AROUND = Allowance("look-around", free=30, longest_seconds=300)
KEPT_FOR = timedelta(days=1)
WAITS_FOR = timedelta(days=2)
GIVES_WAY_AFTER = timedelta(hours=1)

_SAMPLE = table_of(SampleVaultRow)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many visitors' sample vaults there may be at once."""

    in_all: int = 200
    per_network: int = 40


class SampleVaults:
    """``accounts`` makes accounts whose passphrase slot costs next to nothing. Only ever used for samples."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        accounts: Accounts,
        unlocking: Unlocking,
        *,
        clock: Clock,
        session_length: timedelta,
        limits: Limits,
    ) -> None:
        self._database = database
        self._provider = provider
        self._accounts = accounts
        self._unlocking = unlocking
        self._clock = clock
        self._session_length = session_length
        self._limits = limits
        self._throttle = Throttle(database, provider, clock)

    def create(self, name: str, birth_date: str, passphrase: str, origin: Origin) -> Created:
        """A vault with an account that waits for a visitor."""
        email = f"{secrets.token_hex(16)}@{SAMPLE_DOMAIN}"
        made = self._accounts.create_citizen(email, name, birth_date, passphrase, origin, sample=True)
        row = {"vault_id": made.vault_id, "network_digest": b"", "made_at": self._clock.now(), "claimed_at": None}
        with self._database.write() as connection:
            connection.execute(insert(_SAMPLE).values(row))
        return made

    def admit(self, origin: Origin) -> None:
        """Count one visitor. TooManyTries; TooManySamples where all are in use: one an hour old gives way."""
        network = network_of(origin.address)
        self._throttle.reserve((LOOK_AROUND, network))
        everybody, neighbours = _SAMPLE.c.claimed_at.is_not(None), _SAMPLE.c.network_digest == self._digest(network)
        with self._database.write() as connection:
            for whose, most in ((neighbours, self._limits.per_network), (everybody, self._limits.in_all)):
                if _count(connection, whose) >= most:
                    self._make_room(connection, whose)

    def hand_over(self, session: Session, origin: Origin) -> str:
        """The token by which one visitor has this vault from now on; whoever made it has it no more."""
        expires_at = self._clock.now() + self._session_length
        token, row = self._unlocking.sessions.prepare(
            session.keyring, session.account_id, expires_at, details=device_of(origin).as_details()
        )
        mine = {"network_digest": self._digest(network_of(origin.address)), "claimed_at": self._clock.now()}
        with self._database.write() as connection:
            connection.execute(update(_SAMPLE).where(_SAMPLE.c.vault_id == session.vault_id).values(mine))
            self._unlocking.sessions.end_all(connection, session.vault_id)
            self._unlocking.sessions.store(connection, row)
        return token

    def forget(self, vault_id: VaultId) -> None:
        """Erase one sample vault; nothing happens for a vault that is none."""
        with self._database.write() as connection:
            _erase(connection, vault_id)

    def sweep(self) -> int:
        """Erase samples a day after a visitor got them, and those that waited for nobody. How many."""
        now = self._clock.now()
        old = or_(_SAMPLE.c.claimed_at <= now - KEPT_FOR, _is_stale(now))
        with self._database.read() as connection:
            found = connection.execute(select(_SAMPLE.c.vault_id).where(old)).scalars().all()
        for vault_id in found:
            self.forget(VaultId(vault_id))
        return len(found)

    def _make_room(self, connection: Connection, whose: ColumnElement[bool]) -> None:
        old = _SAMPLE.c.claimed_at <= self._clock.now() - GIVES_WAY_AFTER
        query = select(_SAMPLE.c.vault_id).where(whose, old).order_by(_SAMPLE.c.claimed_at).limit(1)
        found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise TooManySamples(int(GIVES_WAY_AFTER.total_seconds()))
        _erase(connection, VaultId(found))

    def _digest(self, network: str) -> bytes:
        return self._provider.mac(Purpose.E_MAIL, ctx("sample-network/1", network))


def _is_stale(now: datetime) -> ColumnElement[bool]:
    return _SAMPLE.c.claimed_at.is_(None) & (_SAMPLE.c.made_at <= now - WAITS_FOR)


def _count(connection: Connection, whose: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(_SAMPLE).where(whose)).scalar_one()


def _erase(connection: Connection, vault_id: VaultId) -> None:
    if connection.execute(delete(_SAMPLE).where(_SAMPLE.c.vault_id == vault_id)).rowcount:
        erase_vault(connection, vault_id)
