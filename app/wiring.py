"""Every part of the vault, built once from settings. Routes, pages, commands and jobs take parts from here alone.

Services of one person are made per request from their session: they are bound to one vault and one actor.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.settings import Settings
from auth.accounts import Accounts
from auth.roles import Role
from auth.sessions import Session, Sessions
from sharing.grants.grants import Grants
from sharing.links.opening import Opening
from sharing.links.sweep import sweep
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.audit.reading import AdminLog, CitizenLog
from vault.audit.trails import AlreadyRegistered, operator_trail, register_operator
from vault.blobs import Blobs, RowBlobs
from vault.clock import Clock, SystemClock
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import check_sealing
from vault.database import Database
from vault.disclosure import Disclosure
from vault.errors import LogUnavailable, VaultError
from vault.founding import Founding
from vault.jobs.runner import Runner
from vault.keys.enrolment import Enrolment
from vault.keys.file_provider import FileKeyProvider
from vault.keys.provider import KeyProvider
from vault.keys.unlocking import Unlocking
from vault.papers import Papers
from vault.records.importing import sweep_abandoned
from vault.records.records import Records

_say = structlog.get_logger("healthvault")


@dataclass(frozen=True, slots=True)
class SampleSignIns:
    """Sign-ins of the sample accounts, shown to everybody; only with ``--demo``."""

    citizen_email: str
    admin_email: str
    passphrase: str


SAMPLES = SampleSignIns("ada@sample.example", "admin@sample.example", "copper lantern orbit thistle")


@dataclass(frozen=True, slots=True)
class Services:
    """The parts. ``cost`` is that of stretching passphrases and passcodes."""

    settings: Settings
    clock: Clock
    cost: Cost
    database: Database
    provider: KeyProvider
    blobs: Blobs
    log: Log
    accounts: Accounts
    sessions: Sessions
    opening: Opening
    runner: Runner
    samples: SampleSignIns | None = None

    def records(self, session: Session, origin: Origin) -> Records:
        """The records of the citizen signed in."""
        return Records(self.database, session.keyring, self.log, session.trail, self.clock, self.blobs, origin)

    def grants(self, session: Session, origin: Origin) -> Grants:
        """The consents and links of the citizen signed in."""
        disclosure = Disclosure(self.database, session.keyring, self.provider, self.blobs, self.clock)
        return Grants(
            self.database,
            session.keyring,
            self.provider,
            disclosure,
            Papers(session.keyring),
            log=self.log,
            trail=session.trail,
            clock=self.clock,
            blobs=self.blobs,
            base_url=self.settings.public_url,
            origin=origin,
            cost=self.cost,
        )

    def citizen_log(self, session: Session) -> CitizenLog:
        """Who looked, for the citizen signed in."""
        return CitizenLog(self.database, self.provider, session.keyring)

    def admin_log(self, session: Session, origin: Origin) -> AdminLog:
        """The access log for the admin signed in; each look at it is logged."""
        return AdminLog(self.database, self.log, session.trail, origin)

    def tidy(self, token: str, origin: Origin) -> None:
        """After signing in, do what waited for an unlocked vault: empty the bin of what lay there 30 days.

        Whatever is wrong waits for another sign-in: nothing may come between somebody and their token, their new
        recovery code, or stopping a share, not even records that can't be read.
        """
        try:
            session = self.sessions.resume(token)
            if session.role is Role.CITIZEN:
                self.records(session, origin).empty_bin(self.clock.now())
        except (VaultError, SQLAlchemyError, OSError) as error:
            _say.warning("not tidied", kind=type(error).__name__)

    def check(self) -> None:
        """Raise unless database and keys answer."""
        with self.database.read() as connection:
            connection.execute(text("SELECT 1"))
        self.provider.health()

    def close(self) -> None:
        self.runner.stop()
        self.database.close()


def make_services(settings: Settings, clock: Clock | None = None, cost: Cost | None = None) -> Services:
    """Everything, over a database that has its tables. SealingUnavailable on a machine that can't seal."""
    check_sealing()
    clock, cost = clock or SystemClock(), cost or Cost.STANDARD
    database = Database(settings.sqlalchemy_url, pool_size=settings.threads + 5)
    provider = FileKeyProvider(settings.keys_folder)
    blobs, log = RowBlobs(), Log(provider, clock)
    enrolment = Enrolment(provider, cost, clock)
    unlocking = Unlocking(database, provider, cost, clock)
    founding = Founding(enrolment, clock)
    _ensure_operator(database, founding)
    length = timedelta(hours=settings.session_hours)
    sessions = Sessions(
        database, provider, enrolment, unlocking, log, clock=clock, session_length=length, samples=settings.demo
    )
    services = Services(
        settings=settings,
        clock=clock,
        cost=cost,
        database=database,
        provider=provider,
        blobs=blobs,
        log=log,
        accounts=Accounts(database, provider, founding, unlocking, log, clock=clock, session_length=length),
        sessions=sessions,
        opening=Opening(database, provider, log, clock, blobs, base_url=settings.public_url, cost=cost),
        runner=Runner(database, clock),
        samples=SAMPLES if settings.demo else None,
    )
    _register_jobs(services)
    return services


def _register_jobs(services: Services) -> None:
    database, log, clock = services.database, services.log, services.clock
    services.runner.register("audit-floods", 30, lambda: log.flush_floods(database))
    services.runner.register("link-sweep", 60, lambda: sweep(database, services.blobs, clock))
    services.runner.register("import-sweep", 300, lambda: sweep_abandoned(database, services.blobs, clock.now()))
    services.runner.register("ended-sessions", 600, services.sessions.forget_ended)


def _ensure_operator(database: Database, founding: Founding) -> None:
    """The vault that entries of no citizen belong to. Nobody can open it: its passphrase is thrown away."""
    try:
        with database.read() as connection:
            operator_trail(connection)
        return
    except LogUnavailable:
        founded = founding.prepare(secrets.token_urlsafe(48), None)
    try:
        with database.write() as connection:
            founding.store(connection, founded)
            register_operator(connection, founded.vault_id, founded.keyring.pseudonym)
    except AlreadyRegistered:  # Another process was first.
        return
