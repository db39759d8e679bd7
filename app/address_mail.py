"""Mails of changing one's address: the code for the new mailbox, and word of it to the old one."""

from __future__ import annotations

import structlog

from app.texts import _
from auth.new_address import Asked, Changed
from vault.ids import make_id
from vault.mail import Letter, Mailer, MailNotSent

CODE_SUBJECT = _("Your code")
CODE_TEXT = _(
    "Somebody, probably you, wants to use this address for their vault.\n\n"
    "The code is {code}. It works for half an hour.\n\n"
    "If it wasn't you, do nothing: without this code nothing changes.\n"
)
TAKEN_SUBJECT = _("This address has a vault already")
TAKEN_TEXT = _(
    "Somebody, perhaps you, wanted to use this address for another vault.\n\n"
    "There is one for this address already, so nothing was changed. To open it, sign in with this address.\n"
)
CHANGED_SUBJECT = _("The address of your vault has changed")
CHANGED_TEXT = _(
    "From now on you sign in to your vault with another address, and mail goes there.\n\n"
    "If that wasn't you, somebody could sign in as you. Your passphrase and your recovery code still open your vault:\n"
    "ask whoever runs {server} for help.\n"
)
_say = structlog.get_logger("healthvault")


class AddressMail:
    def __init__(self, mailer: Mailer, public_url: str) -> None:
        self._mailer = mailer
        self._public_url = public_url

    def send_code(self, asked: Asked) -> None:
        """To the new mailbox alone; where it has an account already, that instead of a code."""
        if asked.code is None:
            self._send(asked.email, TAKEN_SUBJECT, TAKEN_TEXT)
        else:
            self._send(asked.email, CODE_SUBJECT, CODE_TEXT.format(code=f"{asked.code[:4]} {asked.code[4:]}"))

    def tell_old(self, changed: Changed) -> None:
        """To the mailbox that was; it doesn't say which one is."""
        self._send(changed.old, CHANGED_SUBJECT, CHANGED_TEXT.format(server=self._public_url))

    def _send(self, to: str, subject: str, text: str) -> None:
        try:
            self._mailer.send(Letter(to, subject, text, make_id().hex()))
        except MailNotSent as failure:
            _say.warning("mail not sent", kind=str(failure), final=failure.is_final)
