"""Every part of the vault, built once from settings."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Connection

from app.jobs import register_jobs
from app.key_stores import open_key_store
from app.services import SAMPLES, Services, erase_again_after_restore
from app.settings import Settings
from app.sign_in_providers import make_clients, read_providers
from auth.accounts import Accounts
from auth.changing import Changing
from auth.lending import Lending
from auth.locked import LockedSessions
from auth.mailboxes import Mailboxes
from auth.new_address import NewAddress
from auth.passkeys.passkeys import Passkeys
from auth.programs import Programs
from auth.rotations import Rotations
from auth.second_factor import SecondFactors
from auth.sessions import Sessions
from auth.sign_ins import SignIns
from auth.single_sign_on.signing_in import SingleSignOn
from auth.step_up import StepUp
from auth.throttle import Throttle
from auth.trusting.coming_back import ComingBack
from auth.trusting.erasing_unopened import ErasingUnopened
from auth.ways_in import WaysIn
from sharing.grants.issuing import LINKS
from sharing.handover.waiting import Waiting
from sharing.links.asking import Asking
from sharing.links.opening import Opening
from sharing.notices import NoticeKind, tell
from vault.audit.log import Log
from vault.blobs import RowBlobs
from vault.clock import Clock, SystemClock
from vault.crypto.passphrases import Cost
from vault.crypto.sealing import check_sealing
from vault.database import Database
from vault.deliveries.receiving import Receiving, awaited_epochs
from vault.erasure.erasures import Erasures, Terms
from vault.erasure.ledger import Ledger
from vault.founding import Founding, ensure_operator
from vault.ids import VaultId
from vault.jobs.runner import Runner
from vault.keys.enrolment import Enrolment
from vault.keys.unlocking import Unlocking
from vault.mail import Folder, Mailer, Smtp, SmtpServer
from vault.rotating.rotation import Rotation
from vault.server_keys.holder import ServerKeys

_say = structlog.get_logger("healthvault")


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
    erase_again_after_restore(database, ledger)
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
    register_jobs(services)
    return services


def _tell_of_coming_back(connection: Connection, vault_id: VaultId, clock: Clock) -> None:
    tell(connection, vault_id, NoticeKind.COME_BACK, now=clock.now())


def _tell_of_erasing(connection: Connection, vault_id: VaultId, clock: Clock) -> None:
    tell(connection, vault_id, NoticeKind.ERASE_ASKED, now=clock.now())


def _tell_of_delivery(connection: Connection, vault_id: VaultId, clock: Clock) -> None:
    tell(connection, vault_id, NoticeKind.DELIVERED, now=clock.now())


def _make_mailer(settings: Settings) -> Mailer:
    if settings.smtp_url:
        return Smtp(SmtpServer.parse(settings.smtp_url), settings.sender)
    folder = settings.data / "outbox"
    _say.info("no mail server is set: mail is written to the folder outbox")
    return Folder(folder, settings.sender)
