"""Every part of the vault, built once from settings. Routes, pages, commands and jobs take parts from here alone.

Services of one person are made per request from their session: they are bound to one vault and one actor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.address_mail import AddressMail
from app.care_mail import CareMail
from app.come_back_mail import ERASE_CODE_TEXT, ComeBackMail
from app.come_back_mail import EVERY_SECONDS as TELL_EVERY_SECONDS
from app.key_stores import open_key_store
from app.mailing import EVERY_SECONDS, Mailing
from app.settings import Settings
from app.sign_in_providers import make_clients, read_providers
from auth.accounts import Accounts
from auth.carers.reminders import EVERY_SECONDS as REMIND_EVERY_SECONDS
from auth.carers.reminders import Reminders
from auth.caring.caring import Caring
from auth.caring.handing_over import HandingOver
from auth.caring.holding_again import HoldingAgain
from auth.caring.inviting import Inviting
from auth.caring.taking_over import TakingOver
from auth.changing import Changing
from auth.erasing import VaultErasing
from auth.invited import forget_ended_invitations
from auth.lending import Lending
from auth.locked import LockedSessions
from auth.mailboxes import Mailboxes
from auth.new_address import NewAddress
from auth.passkeys.passkeys import Passkeys
from auth.programs import Programs
from auth.roles import Role
from auth.rotations import Rotations
from auth.second_factor import SecondFactors
from auth.sessions import Session, Sessions
from auth.sign_ins import SignIns
from auth.single_sign_on.providers import Audience
from auth.single_sign_on.signing_in import SingleSignOn
from auth.step_up import StepUp
from auth.throttle import Throttle
from auth.trusting.choosing import Choosing
from auth.trusting.coming_back import ComingBack
from auth.trusting.erasing_unopened import ErasingUnopened
from auth.trusting.helping import Helping
from auth.ways_in import WaysIn
from sharing.grants.freezing import Freezing
from sharing.grants.grants import Grants
from sharing.grants.issuing import LINKS
from sharing.handover.giving import Giving
from sharing.handover.showing import Showing
from sharing.handover.sweep import sweep as sweep_handovers
from sharing.handover.waiting import Waiting
from sharing.links.asking import Asking
from sharing.links.opening import Opening
from sharing.links.sweep import sweep
from sharing.mail_queue import MailQueue
from sharing.notices import NoticeKind, Notices, tell
from vault.archive.making import Archiving, make_archiving
from vault.audit.admin_log import AdminLog
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.audit.reading import CitizenLog
from vault.blobs import Blobs, RowBlobs
from vault.clock import Clock, SystemClock
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import check_sealing
from vault.database import Database
from vault.deliveries.opening import DeliveryOpening
from vault.deliveries.receiving import Receiving, awaited_epochs
from vault.deliveries.senders import Senders
from vault.disclosure import Disclosure
from vault.erasure.again import Applied, apply_ledger
from vault.erasure.erasures import EVERY_SECONDS as ERASURE_SECONDS
from vault.erasure.erasures import Erasures, Terms
from vault.erasure.ledger import Ledger
from vault.erasure.one_record import RecordErasure
from vault.errors import VaultError
from vault.founding import Founding, ensure_operator
from vault.ids import VaultId
from vault.jobs.runner import Runner
from vault.keys.enrolment import Enrolment
from vault.keys.provider import KeyProvider
from vault.keys.unlocking import Unlocking
from vault.mail import Folder, Mailer, Smtp, SmtpServer
from vault.papers import Papers
from vault.records.importing import sweep_abandoned
from vault.records.pins import Pins
from vault.records.records import Records
from vault.records.waiting import sweep_waiting
from vault.rotating.rotation import Rotation
from vault.server_keys.holder import ServerKeys

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
    erasures: Erasures
    ledger: Ledger
    coming_back: ComingBack
    erasing_unopened: ErasingUnopened
    enrolment: Enrolment
    founding: Founding
    unlocking: Unlocking
    locked_sessions: LockedSessions
    step_up: StepUp
    sign_ins: SignIns
    programs: Programs
    ways_in: WaysIn
    passkeys: Passkeys
    second_factors: SecondFactors
    single_sign_on: SingleSignOn
    receiving: Receiving
    rotation: Rotation
    rotations: Rotations
    new_address: NewAddress
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
            sign_ins=self.readers_sign_ins,
            cost=self.cost,
        )

    @property
    def readers_sign_ins(self) -> dict[str, str]:
        """Where whoever opens a share can be asked to sign in: issuer → title."""
        return {each.issuer: each.title for each in self.single_sign_on.offered(Audience.CLINICIANS)}

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

    def caring(self, session: Session, origin: Origin) -> Caring:
        """Looking after people, by whoever is signed in."""
        parts = (self.database, self.provider, self.enrolment, self.founding, self.unlocking)
        return Caring(*parts, log=self.log, clock=self.clock, session=session, origin=origin)

    def inviting(self, session: Session, origin: Origin) -> Inviting:
        """Inviting carers, and answering invitations, by whoever is signed in."""
        parts = (self.database, self.enrolment)
        return Inviting(*parts, log=self.log, clock=self.clock, session=session, origin=origin)

    def handing_over(self, session: Session, origin: Origin) -> HandingOver:
        """Handing a vault over to whom it is of, by who holds it."""
        parts = (self.database, self.provider, self.enrolment, self.unlocking, self.rotation)
        return HandingOver(*parts, log=self.log, clock=self.clock, session=session, origin=origin)

    def holding_again(self, session: Session, origin: Origin) -> HoldingAgain:
        """Holding a vault by its recovery sheet, by whoever is signed in."""
        parts = (self.database, self.provider, self.enrolment, self.unlocking)
        return HoldingAgain(*parts, log=self.log, clock=self.clock, session=session, origin=origin)

    @property
    def taking_over(self) -> TakingOver:
        """Taking over one's own vault, by whoever was invited to."""
        parts = (self.database, self.provider, self.accounts, self.log)
        return TakingOver(*parts, clock=self.clock, cost=self.cost)

    def choosing(self, session: Session, origin: Origin) -> Choosing:
        """The trusted person of the citizen signed in."""
        parts = (self.database, self.provider, self.enrolment)
        return Choosing(*parts, log=self.log, clock=self.clock, session=session, origin=origin)

    def helping(self, session: Session, origin: Origin) -> Helping:
        """Being somebody's trusted person, for whoever is signed in."""
        return Helping(self.database, self.log, clock=self.clock, session=session, origin=origin)

    def senders(self, session: Session, origin: Origin) -> Senders:
        """Who may deliver to the vault of the citizen signed in."""
        parts = (self.database, session.keyring, self.log, self.clock)
        return Senders(*parts, trail=session.trail, origin=origin)

    def delivery_opening(self, session: Session, origin: Origin) -> DeliveryOpening:
        """What arrived for the citizen signed in."""
        incoming = self.records(session, origin).incoming
        parts = (self.database, session.keyring, incoming, self.log)
        return DeliveryOpening(*parts, trail=session.trail, origin=origin, labs=self.settings.known_labs)

    def freezing(self, session: Session, origin: Origin) -> Freezing:
        """Freezing shares and letting them go again, by the citizen signed in."""
        return Freezing(
            self.database, session.keyring, log=self.log, trail=session.trail, clock=self.clock, origin=origin
        )

    def notices(self, session: Session) -> Notices:
        """The notices of the citizen signed in."""
        return Notices(self.database, self.clock, session.vault_id)

    def mail_come_back_code(self, email: str, code: str) -> None:
        """Send a code to an address that somebody says is theirs; after the answer, so that it takes the same time."""
        self.come_back_mail.send_code(email, code)

    def mail_erase_code(self, email: str, code: str) -> None:
        """The same for erasing a vault that nobody can open."""
        self.come_back_mail.send_code(email, code, ERASE_CODE_TEXT)

    def mail_handed_over(self, email: str) -> None:
        """Tell somebody that the vault is theirs."""
        CareMail(self.mailer, self.settings.public_url).tell_handed_over(email)

    @property
    def come_back_mail(self) -> ComeBackMail:
        """The mails to who lost every way in."""
        return ComeBackMail(
            self.coming_back,
            self.erasing_unopened,
            mailboxes=self.mailboxes,
            mailer=self.mailer,
            public_url=self.settings.public_url,
        )

    @property
    def address_mail(self) -> AddressMail:
        """The mails of changing one's address."""
        return AddressMail(self.mailer, self.settings.public_url)

    @property
    def can_mail(self) -> bool:
        """Whether a mail leaves this machine."""
        return isinstance(self.mailer, Smtp)

    def showing(self, session: Session, origin: Origin) -> Showing:
        """What the citizen's shares show, for showing it in person and on paper."""
        parts = (self.database, session.keyring, self.provider, self.blobs)
        return Showing(*parts, log=self.log, trail=session.trail, clock=self.clock, origin=origin)

    def erasing(self, session: Session, origin: Origin) -> RecordErasure:
        """Erasing one record for good, by the citizen signed in."""
        parts = (self.database, session.keyring, self.blobs, self.clock)
        return RecordErasure(
            *parts,
            log=self.log,
            trail=session.trail,
            origin=origin,
            erasures=self.erasures,
            prepare=self.grants(session, origin).without,
        )

    def vault_erasing(self, session: Session) -> VaultErasing:
        """Erasing everything of the vault that this session works in."""
        return VaultErasing(self.database, self.unlocking, self.erasures, self.clock, session)

    def archiving(self, session: Session, origin: Origin) -> Archiving:
        """Taking the vault of the citizen signed in home as one file."""
        parts = self.database, self.provider, session.keyring, self.blobs, self.clock
        return make_archiving(*parts, self.log, session.trail, origin)

    def citizen_log(self, session: Session) -> CitizenLog:
        """Who looked, for the citizen signed in."""
        return CitizenLog(self.database, self.provider, session.keyring)

    def admin_log(self, session: Session, origin: Origin) -> AdminLog:
        """The access log for the admin signed in; each look at it is logged."""
        return AdminLog(self.database, self.log, session.trail, origin)

    def tidy(self, token: str, origin: Origin) -> None:
        """After signing in, do what waited for an unlocked vault: finish a change of keys, erase again what a restored
        backup brought back, open what arrived, and empty the bin of what lay there 30 days.

        Whatever is wrong waits for another sign-in: nothing may come between somebody and their token, their new
        recovery code, or stopping a share, not even records that can't be read.
        """
        try:
            session = self.sessions.resume(token)
            if session.awaits:
                return
            self.erasing_unopened.refuse_own(session.own_vault_id, origin)
            if not self.rotations.finish(session.own_keyring):
                _say.warning("change of keys not finished")
            if session.role is Role.CITIZEN:
                self.erasing(session, origin).erase_again()
                self.delivery_opening(session, origin).open_all()
                self.records(session, origin).empty_bin(self.clock.now())
        except (VaultError, SQLAlchemyError, OSError) as error:
            _say.warning("not tidied", kind=type(error).__name__)

    def apply_ledger(self, *, whole: bool = False) -> Applied:
        """Erase again what the ledger names and a restore brought back; ``whole``: look at every line. LedgerBroken."""
        return _erase_again(self.database, self.ledger, whole=whole)

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
    provider = ServerKeys(open_key_store(settings))
    blobs, log = RowBlobs(), Log(provider, clock)
    enrolment = Enrolment(provider, cost, clock)
    unlocking = Unlocking(database, provider, cost, clock)
    founding = Founding(enrolment, clock)
    ensure_operator(database, founding)
    ledger = Ledger(settings.ledger_path, provider)
    _erase_again(database, ledger)
    length = timedelta(hours=settings.session_hours)
    sessions = Sessions(
        database,
        provider,
        enrolment,
        unlocking,
        log,
        clock=clock,
        session_length=length,
        idle=timedelta(minutes=settings.session_idle_minutes),
        samples=settings.demo,
        admins_by_provider=settings.admins_by_provider,
    )
    providers = read_providers(settings)
    step_up = StepUp(database, provider, enrolment, unlocking, log, clock=clock, samples=settings.demo)
    ways_in = WaysIn(database, provider, enrolment, unlocking, log, clock=clock, samples=settings.demo)
    locked_sessions = LockedSessions(database, clock, samples=settings.demo)
    rotation = Rotation(database, provider, (LINKS,), awaited_epochs)
    erasures = Erasures(
        database,
        provider,
        log,
        clock,
        ledger,
        Terms(settings.public_url, timedelta(days=settings.key_backup_days)),
    )
    mailboxes = Mailboxes(database, provider, log)
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
        mailboxes=mailboxes,
        mailer=_make_mailer(settings),
        waiting=Waiting(database, provider, clock),
        locked_sessions=locked_sessions,
        sign_ins=SignIns(database, unlocking, log),
        programs=Programs(database, unlocking, log, clock),
        step_up=step_up,
        new_address=NewAddress(database, provider, log, clock),
        rotation=rotation,
        rotations=Rotations(
            database,
            rotation,
            unlocking,
            Changing(database, provider, enrolment, log, clock),
            log,
        ),
        ways_in=ways_in,
        second_factors=SecondFactors(database, provider, log, clock),
        passkeys=Passkeys(
            database,
            provider,
            sessions=sessions,
            unlocking=unlocking,
            ways_in=ways_in,
            step_up=step_up,
            locked=locked_sessions,
            log=log,
            clock=clock,
            public_url=settings.public_url,
            samples=settings.demo,
        ),
        single_sign_on=SingleSignOn(
            database,
            provider,
            log,
            clock,
            locked=locked_sessions,
            providers=providers,
            clients=make_clients(providers, settings, clock),
        ),
        receiving=Receiving(
            database,
            provider,
            log,
            clock,
            tell=lambda connection, vault_id: _tell_of_delivery(connection, vault_id, clock),
            service=settings.public_url,
        ),
        coming_back=ComingBack(
            database,
            provider,
            sessions,
            unlocking,
            log,
            clock=clock,
            tell=lambda connection, vault_id: _tell_of_coming_back(connection, vault_id, clock),
            samples=settings.demo,
        ),
        enrolment=enrolment,
        founding=founding,
        unlocking=unlocking,
        lending=Lending(database, provider, unlocking, log, clock, samples=settings.demo),
        ledger=ledger,
        erasures=erasures,
        erasing_unopened=ErasingUnopened(
            database,
            provider,
            erasures,
            log,
            clock=clock,
            tell=lambda connection, vault_id: _tell_of_erasing(connection, vault_id, clock),
            address_of=mailboxes.address_of,
        ),
        runner=Runner(database, clock),
        samples=SAMPLES if settings.demo else None,
    )
    _register_jobs(services)
    return services


def _erase_again(database: Database, ledger: Ledger, *, whole: bool = False) -> Applied:
    applied = apply_ledger(database, ledger, whole=whole)
    if applied.vaults or applied.records:
        _say.warning("erased again after a restore", vaults=applied.vaults, records=applied.records)
    if applied.missing:
        _say.error("the erasure ledger lost its newest lines", lines=applied.missing)
    return applied


def _tell_of_coming_back(connection: Connection, vault_id: VaultId, clock: Clock) -> None:
    tell(connection, vault_id, NoticeKind.COME_BACK, now=clock.now())


def _tell_of_erasing(connection: Connection, vault_id: VaultId, clock: Clock) -> None:
    tell(connection, vault_id, NoticeKind.ERASE_ASKED, now=clock.now())


def _remind(connection: Connection, vault_id: VaultId, clock: Clock) -> None:
    tell(connection, vault_id, NoticeKind.REVIEW, now=clock.now())


def _tell_of_delivery(connection: Connection, vault_id: VaultId, clock: Clock) -> None:
    tell(connection, vault_id, NoticeKind.DELIVERED, now=clock.now())


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
    services.runner.register("erasure", ERASURE_SECONDS, services.erasures.finish)
    services.runner.register("come-back-mail", TELL_EVERY_SECONDS, services.come_back_mail.run)
    reminders = Reminders(database, clock, lambda connection, vault_id: _remind(connection, vault_id, clock))
    services.runner.register("review-reminders", REMIND_EVERY_SECONDS, reminders.run)
    services.runner.register("link-sweep", 60, lambda: sweep(database, services.blobs, clock))
    services.runner.register("handover-sweep", 60, lambda: sweep_handovers(database, clock))
    services.runner.register("import-sweep", 300, lambda: sweep_abandoned(database, services.blobs, clock.now()))
    services.runner.register("waiting-sweep", 300, lambda: sweep_waiting(database, services.blobs, clock.now()))
    services.runner.register("ended-sessions", 600, services.sessions.forget_ended)
    services.runner.register("ended-invitations", 3600, lambda: forget_ended_invitations(database, clock))
    services.runner.register("ended-locked", 600, services.locked_sessions.forget_expired)
    services.runner.register("ended-attempts", 600, services.single_sign_on.forget_old)
