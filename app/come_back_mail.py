"""Mails to who lost every way in: the code that proves an address, and every day of a wait one that can be answered no.

They leave whatever the citizen chose about other mails: who has lost every way in sees nothing in the app.
"""

from __future__ import annotations

import structlog

from app.texts import _
from auth.mailboxes import Mailboxes
from auth.trusting.coming_back import ComingBack, Due
from auth.trusting.erasing_unopened import ErasingUnopened, Gone, ToTell
from vault.ids import make_id
from vault.mail import Letter, Mailer, MailNotSent

EVERY_SECONDS = 60
CODE_SUBJECT = _("Your code")
CODE_TEXT = _(
    "Somebody, probably you, wants to come back into a vault with a trusted person.\n\n"
    "The code is {code}. It works for half an hour.\n\n"
    "If it wasn't you, do nothing: without this code nothing happens.\n"
)
ASKED_SUBJECT = _("Somebody asks to come back into your vault")
ASKED_TEXT = _(
    "Somebody proved that they read this mailbox and asked to come back into your vault.\n"
    "From {when} they can, if your trusted person hands over their half.\n\n"
    "If that is you, do nothing.\n"
    "If it isn't, say no with one press:\n{link}\n\n"
    "This mail comes every day until then. Only the newest link works.\n"
)
ERASE_CODE_TEXT = _(
    "Somebody, probably you, wants to erase the vault of this address without opening it.\n\n"
    "The code is {code}. It works for half an hour.\n\n"
    "If it wasn't you, do nothing: without this code nothing happens.\n"
)
ERASE_SUBJECT = _("Somebody asks to erase your vault")
ERASE_TEXT = _(
    "Somebody proved that they read this mailbox and asked to erase your vault, with everything in it.\n"
    "That happens on {when}.\n\n"
    "If that is you, do nothing.\n"
    "If it isn't, say no with one press, or sign in:\n{link}\n\n"
    "This mail comes every day until then. Only the newest link works.\n"
)
ERASED_SUBJECT = _("Your vault is erased")
ERASED_TEXT = _(
    "Your vault and everything in it was erased, as you asked.\n\n"
    "The certificate of it can be fetched here for 30 days:\n{link}\n\n"
    "You can start again with the same address.\n"
)
_say = structlog.get_logger("healthvault")


class ComeBackMail:
    def __init__(
        self,
        coming_back: ComingBack,
        erasing: ErasingUnopened,
        *,
        mailboxes: Mailboxes,
        mailer: Mailer,
        public_url: str,
    ) -> None:
        self._coming_back = coming_back
        self._erasing = erasing
        self._mailboxes = mailboxes
        self._mailer = mailer
        self._public_url = public_url

    def send_code(self, email: str, code: str, text: str = CODE_TEXT) -> None:
        """To whoever reads that mailbox, whether or not they have an account."""
        self._send(Letter(email, CODE_SUBJECT, text.format(code=f"{code[:4]} {code[4:]}"), make_id().hex()))

    def run(self) -> int:
        """Tell everybody who is due today, and erase what waited long enough; how many mails left. A job."""
        told = sum(self._tell(due) for due in self._coming_back.due())
        told += sum(self._tell_of_erasing(due) for due in self._erasing.due())
        return told + sum(self._tell_erased(gone) for gone in self._erasing.erase_due())

    def _tell(self, due: Due) -> bool:
        address = self._mailboxes.address_of(due.vault_id)
        if address is None:
            return False
        link = f"{self._public_url}/come-back/no#{due.no_token}"
        when = f"{due.opens_at:%d %B %Y, %H:%M} UTC"
        return self._send(Letter(address, ASKED_SUBJECT, ASKED_TEXT.format(when=when, link=link), make_id().hex()))

    def _tell_of_erasing(self, due: ToTell) -> bool:
        address = self._mailboxes.address_of(due.vault_id)
        if address is None:
            return False
        link = f"{self._public_url}/come-back/no#{due.no_token}"
        when = f"{due.erase_at:%d %B %Y, %H:%M} UTC"
        return self._send(Letter(address, ERASE_SUBJECT, ERASE_TEXT.format(when=when, link=link), make_id().hex()))

    def _tell_erased(self, gone: Gone) -> bool:
        if gone.email is None:
            return False
        link = f"{self._public_url}/erased/{gone.address}"
        return self._send(Letter(gone.email, ERASED_SUBJECT, ERASED_TEXT.format(link=link), make_id().hex()))

    def _send(self, letter: Letter) -> bool:
        try:
            self._mailer.send(letter)
        except MailNotSent as failure:
            _say.warning("mail not sent", kind=str(failure), final=failure.is_final)
            return False
        return True
