"""Taking over one's own vault, which somebody held: a passphrase, a recovery code that was kept, and an answer.

Whoever has the invitation does it, signed in nowhere. Nothing of the vault opens by it: who holds the vault compares
the digits and hands it over (``auth.caring.handing_over``). Until then the passphrase and the code open nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from auth.accounts import Accounts
from auth.errors import EmailTaken, WrongRecoveryGroup
from auth.invited import is_open, store_answer
from auth.people import check_email
from auth.sessions import judge_new
from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.errors import Tampered
from vault.keys.invitations import OWNER, BadInvitation, Invitation, parse_invitation
from vault.keys.provider import KeyProvider
from vault.keys.recovery_code import clean
from vault.keys.taking_over import Offer, make_offer, offer_digits, open_offer, prove_offer, seal_offer


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """``recovery_code`` is shown once; ``offer`` comes back with its last group, and nothing is stored before."""

    recovery_code: str
    offer: str


class TakingOver:
    """Of whoever has an invitation to their own vault. ``cost`` is that of the new passphrase."""

    def __init__(
        self, database: Database, provider: KeyProvider, accounts: Accounts, log: Log, *, clock: Clock, cost: Cost
    ) -> None:
        self._database = database
        self._provider = provider
        self._accounts = accounts
        self._log = log
        self._clock = clock
        self._cost = cost

    def prepare(self, text: str, email: str, new_passphrase: str, origin: Origin) -> Prepared:
        """Slow. BadInvitation; BadEmail, EmailTaken, TooManyTries; WeakPassphrase, PassphraseLength."""
        invitation = parse_invitation(OWNER, text)
        self._accounts.check_free(email, origin)
        self._check_open(invitation)
        email = check_email(email)
        judge_new(new_passphrase, (email,))
        code, offer = make_offer(self._provider, self._cost, invitation.vault_id, email, new_passphrase)
        return Prepared(code, base64.urlsafe_b64encode(seal_offer(invitation, offer)).decode())

    def answer(self, text: str, offer: str, last_group: str, origin: Origin) -> str:
        """The offer counts, once its code was kept; six digits to tell who holds the vault.

        BadInvitation; WrongRecoveryGroup; EmailTaken.
        """
        invitation = parse_invitation(OWNER, text)
        sealed, opened = _opened(invitation, offer)
        if not hmac.compare_digest(clean(last_group).encode(), opened.last_group.encode()):
            raise WrongRecoveryGroup(field="last_group")
        if self._accounts.exists(check_email(opened.email)):
            raise EmailTaken
        entry = Entry(Event.CARE, Outcome.DONE, "take-over-answered", accountability=origin.as_accountability())
        with self._database.write() as connection:
            store_answer(connection, invitation, prove_offer(invitation, sealed), self._clock.now())
            trail = trail_of(connection, invitation.vault_id, NOBODY, LogRole.ANYONE)
            self._log.append(connection, trail, entry)
        return offer_digits(self._provider, invitation, sealed)

    def _check_open(self, invitation: Invitation) -> None:
        with self._database.read() as connection:
            if not is_open(connection, invitation, self._clock.now()):
                raise BadInvitation(field="invitation")


def _opened(invitation: Invitation, offer: str) -> tuple[bytes, Offer]:
    try:
        sealed = base64.b64decode(offer, altchars=b"-_", validate=True)
        return sealed, open_offer(invitation, sealed)
    except (binascii.Error, ValueError, Tampered):
        raise BadInvitation(field="invitation") from None
