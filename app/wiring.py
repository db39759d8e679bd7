"""Every part of the vault, built once from settings. Routes, pages, commands and jobs take parts from here alone.

Services of one person are made per request from their session: they are bound to one vault and one actor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.mailing import EVERY_SECONDS, Mailing
from app.settings import Settings
from auth.accounts import Accounts
from auth.lending import Lending
from auth.mailboxes import Mailboxes
from auth.roles import Role
from auth.sessions import Session, Sessions
from auth.throttle import Throttle
from sharing.grants.freezing import Freezing
from sharing.grants.grants import Grants
from sharing.handover.giving import Giving
from sharing.handover.showing import Showing
from sharing.handover.sweep import sweep as sweep_handovers
from sharing.handover.waiting import Waiting
from sharing.links.asking import Asking
from sharing.links.opening import Opening
from sharing.links.sweep import sweep
from sharing.mail_queue import MailQueue
from sharing.notices import Notices
from vault.audit.admin_log import AdminLog
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.audit.reading import CitizenLog
from vault.blobs import Blobs, RowBlobs
from vault.clock import Clock, SystemClock
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import check_sealing
from vault.database import Database
from vault.disclosure import Disclosure
from vault.errors import VaultError
from vault.founding import Founding, ensure_operator
from vault.jobs.runner import Runner
from vault.keys.enrolment import Enrolment
from vault.keys.file_provider import FileKeyProvider
from vault.keys.provider import KeyProvider
from vault.keys.unlocking import Unlocking
from vault.mail import Folder, Mailer, Smtp, SmtpServer
from vault.papers import Papers
from vault.records.importing import sweep_abandoned
from vault.records.pins import Pins
from vault.records.records import Records
from vault.records.waiting import sweep_waiting

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
    asking: Asking
    throttle: Throttle
    mailboxes: Mailboxes
    mailer: Mailer
    waiting: Waiting
    lending: Lending
    runner: Runner
    samples: SampleSignIns | None = None

    def records(self, session: Session, origin: Origin) -> Records:
        """The records of the citizen signed in."""
        return Records(self.database, session.keyring, self.log, session.trail, self.clock, self.blobs, origin)

    def pins(self, session: Session) -> Pins:
        """The tests that the citizen signed in keeps at the top."""
        return Pins(self.database, session.keyring, self.clock)

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

    def giving(self, session: Session, origin: Origin) -> Giving:
        """Handing shares over to other screens, by the citizen signed in."""
        return Giving(
            self.database,
            session.keyring,
            self.provider,
            log=self.log,
            trail=session.trail,
            clock=self.clock,
            origin=origin,
            session_id=session.session_id,
            session_ends_at=session.expires_at,
        )

    def freezing(self, session: Session, origin: Origin) -> Freezing:
        """Freezing shares and letting them go again, by the citizen signed in."""
        return Freezing(
            self.database, session.keyring, log=self.log, trail=session.trail, clock=self.clock, origin=origin
        )

    def notices(self, session: Session) -> Notices:
        """The notices of the citizen signed in."""
        return Notices(self.database, self.clock, session.vault_id)

    @property
    def can_mail(self) -> bool:
        """Whether a mail leaves this machine."""
        return isinstance(self.mailer, Smtp)

    def showing(self, session: Session, origin: Origin) -> Showing:
        """What the citizen's shares show, for showing it in person and on paper."""
        parts = (self.database, session.keyring, self.provider, self.blobs)
        return Showing(*parts, log=self.log, trail=session.trail, clock=self.clock, origin=origin)

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
    ensure_operator(database, founding)
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
        asking=Asking(database, log, clock),
        throttle=Throttle(database, provider, clock),
        mailboxes=Mailboxes(database, provider, log),
        mailer=_make_mailer(settings),
        waiting=Waiting(database, provider, clock),
        lending=Lending(database, provider, unlocking, log, clock, samples=settings.demo),
        runner=Runner(database, clock),
        samples=SAMPLES if settings.demo else None,
    )
    _register_jobs(services)
    return services


def _make_mailer(settings: Settings) -> Mailer:
    if settings.smtp_url:
        return Smtp(SmtpServer.parse(settings.smtp_url), settings.sender)
    folder = settings.data / "outbox"
    _say.info("no mail server is set: mail is written to the folder outbox")
    return Folder(folder, settings.sender)


def _register_jobs(services: Services) -> None:
    database, log, clock = services.database, services.log, services.clock
    services.runner.register("audit-floods", 30, lambda: log.flush_floods(database))
    mailing = Mailing(MailQueue(database, clock), services.mailboxes, services.mailer, services.settings.public_url)
    services.runner.register("notice-mail", EVERY_SECONDS, mailing.run)
    services.runner.register("link-sweep", 60, lambda: sweep(database, services.blobs, clock))
    services.runner.register("handover-sweep", 60, lambda: sweep_handovers(database, clock))
    services.runner.register("import-sweep", 300, lambda: sweep_abandoned(database, services.blobs, clock.now()))
    services.runner.register("waiting-sweep", 300, lambda: sweep_waiting(database, services.blobs, clock.now()))
    services.runner.register("ended-sessions", 600, services.sessions.forget_ended)
