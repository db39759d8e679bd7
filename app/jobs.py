"""What a server does by itself, and how often."""

from __future__ import annotations

from sqlalchemy import Connection

from app.come_back_mail import EVERY_SECONDS as TELL_EVERY_SECONDS
from app.mailing import EVERY_SECONDS, Mailing
from app.services import Services
from auth.carers.reminders import EVERY_SECONDS as REMIND_EVERY_SECONDS
from auth.carers.reminders import Reminders
from auth.invited import forget_ended_invitations
from sharing.handover.sweep import sweep as sweep_handovers
from sharing.links.sweep import sweep
from sharing.mail_queue import MailQueue
from sharing.notices import NoticeKind, tell
from vault.clock import Clock
from vault.erasure.erasures import EVERY_SECONDS as ERASURE_SECONDS
from vault.ids import VaultId
from vault.records.importing import sweep_abandoned
from vault.records.waiting import sweep_waiting


def register_jobs(services: Services) -> None:
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


def _remind(connection: Connection, vault_id: VaultId, clock: Clock) -> None:
    tell(connection, vault_id, NoticeKind.REVIEW, now=clock.now())
