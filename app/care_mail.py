"""Mail of looking after people: to whom a vault was handed over, that it is theirs."""

from __future__ import annotations

import structlog

from app.texts import _
from vault.ids import make_id
from vault.mail import Letter, Mailer, MailNotSent

HANDED_SUBJECT = _("The vault is yours")
HANDED_TEXT = _(
    "The vault that somebody kept for you is yours from now on, and only you can open it.\n\n"
    "Sign in with this address and the passphrase that you chose: {url}/sign-in\n"
)
_say = structlog.get_logger("healthvault")


class CareMail:
    def __init__(self, mailer: Mailer, public_url: str) -> None:
        self._mailer = mailer
        self._public_url = public_url

    def tell_handed_over(self, email: str) -> None:
        """To the person whose vault it is now; whoever can't be reached signs in all the same."""
        letter = Letter(email, HANDED_SUBJECT, HANDED_TEXT.format(url=self._public_url), make_id().hex())
        try:
            self._mailer.send(letter)
        except MailNotSent as failure:
            _say.warning("mail not sent", kind=str(failure), final=failure.is_final)
