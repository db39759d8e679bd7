"""Notices by mail, for who wants them: one job, which says no more than that there is something to see.

The mail names nobody, nothing of the share and no link with a key. Claimed before it is sent, each notice is tried by
one process at a time, again after 1, 5, 15 and then every 60 minutes, for a day; then a notice says that it failed.
Several notices at once are one mail. Who changes to *in the app only* gets none from that moment on.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import Enum

import structlog

from app.texts import _
from auth.mailboxes import Mailboxes
from sharing.mail_queue import GIVEN_UP_AFTER, Claim, MailQueue
from vault.mail import Letter, Mailer, MailNotSent

EVERY_SECONDS = 10
LONGEST_SECONDS = 30.0
SUBJECT = _("Something new in your vault")
SENTENCES = {
    "first-open": _("Someone opened something you shared."),
    "another-open": _("Someone else opened something you shared."),
    "locked": _("Something you shared is locked: the wrong passcode was typed too often."),
    "asks": _("Someone asks you for a new link."),
    "delivered": _("Somebody put something into your vault."),
    "review": _("It may be time to talk with someone you look after."),
}
SIGN_IN = _("Sign in to see who and when.")
WHY = _("You asked for these mails. You can stop them on your account page.")
_say = structlog.get_logger("healthvault")


class Delivery(Enum):
    """``DONE``: nothing left, nothing to try. ``FAILED``: the server may be down."""

    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class Mailing:
    """``mailer`` None: nothing leaves, and every notice counts as done."""

    def __init__(self, queue: MailQueue, mailboxes: Mailboxes, mailer: Mailer | None, public_url: str) -> None:
        self._queue = queue
        self._mailboxes = mailboxes
        self._mailer = mailer
        self._public_url = public_url

    def run(self) -> int:
        """Send what is due; how many mails left. It may run twice at once.

        It stops at the first failure that may pass and after half a minute: other jobs wait for this one.
        """
        sent, began = 0, time.monotonic()
        while time.monotonic() - began < LONGEST_SECONDS and (claim := self._queue.claim_next()):
            outcome = self._deliver(claim)
            sent += outcome is Delivery.SENT
            if outcome is Delivery.FAILED:
                break
        return sent

    def _deliver(self, claim: Claim) -> Delivery:
        mailbox = self._mailboxes.of_vault(claim.vault_id) if self._mailer else None
        if mailbox is None or self._mailer is None:
            self._queue.settle(claim)
            return Delivery.DONE
        letter = Letter(mailbox.address, SUBJECT, self._text(claim.kinds), claim.notice_ids[0].hex())
        try:
            self._mailer.send(letter)
        except MailNotSent as failure:
            gives_up = failure.is_final or claim.age >= GIVEN_UP_AFTER
            _say.warning("mail not sent", kind=str(failure), final=gives_up)
            if gives_up:
                self._queue.give_up(claim)
            return Delivery.DONE if failure.is_final else Delivery.FAILED
        self._queue.settle(claim)
        return Delivery.SENT

    def _text(self, kinds: Iterable[str]) -> str:
        said = list(dict.fromkeys(SENTENCES[kind] for kind in kinds if kind in SENTENCES))
        return "\n".join([*said, "", f"{SIGN_IN} {self._public_url}/", "", WHY, ""])
