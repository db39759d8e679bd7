"""What routes, pages, commands and jobs take their parts from; services of one person are made per request.

Those are bound to one vault and one actor, by the session they are made from.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.address_mail import AddressMail
from app.care_mail import CareMail
from app.come_back_mail import ERASE_CODE_TEXT, ComeBackMail
from app.settings import Settings
from auth.accounts import Accounts
from auth.caring.caring import Caring
from auth.caring.handing_over import HandingOver
from auth.caring.holding_again import HoldingAgain
from auth.caring.inviting import Inviting
from auth.caring.taking_over import TakingOver
from auth.erasing import VaultErasing
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
from sharing.grants.hidden import hidden_grants
from sharing.handover.giving import Giving
from sharing.handover.showing import Showing
from sharing.handover.waiting import Waiting
from sharing.links.asking import Asking
from sharing.links.opening import Opening
from sharing.notices import Notices
from vault.archive.making import Archiving, make_archiving
from vault.audit.admin_log import AdminLog
from vault.audit.events import Event, Origin
from vault.audit.log import Log
from vault.audit.reading import CitizenLog, LogLine
from vault.blobs import Blobs
from vault.clock import Clock
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.deliveries.opening import DeliveryOpening
from vault.deliveries.receiving import Receiving
from vault.deliveries.senders import Senders
from vault.disclosure import Disclosure
from vault.erasure.again import Applied, apply_ledger
from vault.erasure.erasures import Erasures
from vault.erasure.ledger import Ledger
from vault.erasure.one_record import RecordErasure
from vault.errors import VaultError
from vault.founding import Founding
from vault.ids import GrantId
from vault.jobs.runner import Runner
from vault.keys.enrolment import Enrolment
from vault.keys.provider import KeyProvider
from vault.keys.unlocking import Unlocking
from vault.mail import Mailer, Smtp
from vault.papers import Papers
from vault.records.hidden import read_hidden
from vault.records.pins import Pins
from vault.records.records import Records
from vault.rotating.rotation import Rotation

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
        hidden = None if session.keyring.opens_private else hidden_grants(session.vault_id)
        return Notices(self.database, self.clock, session.vault_id, hidden)

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
        if session.keyring.opens_private:
            return CitizenLog(self.database, self.provider, session.keyring)
        with self.database.read() as connection:
            hidden = read_hidden(connection, session.vault_id)
            rows = connection.execute(hidden_grants(session.vault_id)).all()
            grants = {GrantId(row.grant_id) for row in rows}

        def hides(line: LogLine) -> bool:
            return line.event == Event.PRIVACY or line.grant_id in grants or hidden.hides(line.subject)

        return CitizenLog(self.database, self.provider, session.keyring, hides)

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
        return erase_again_after_restore(self.database, self.ledger, whole=whole)

    def check(self) -> None:
        """Raise unless database and keys answer."""
        with self.database.read() as connection:
            connection.execute(text("SELECT 1"))
        self.provider.health()

    def close(self) -> None:
        self.runner.stop()
        self.database.close()


def erase_again_after_restore(database: Database, ledger: Ledger, *, whole: bool = False) -> Applied:
    """What the ledger names and this database brought back; said in the server's log. LedgerBroken."""
    applied = apply_ledger(database, ledger, whole=whole)
    if applied.vaults or applied.records:
        _say.warning("erased again after a restore", vaults=applied.vaults, records=applied.records)
    if applied.missing:
        _say.error("the erasure ledger lost its newest lines", lines=applied.missing)
    return applied
