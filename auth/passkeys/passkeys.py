"""Enrolling passkeys and signing in with them. One whose device computes a secret opens the vault; another signs in.

Whatever is wrong with a passkey gets one answer. A count that doesn't grow means that the device was copied: refused,
and in the history.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sqlalchemy import Connection

from auth.accounts import Account, MakeFirst, Then, read_account
from auth.changing import Step
from auth.locked import LockedSession, LockedSessions, end_locked
from auth.passkeys.ceremonies import Ceremonies, NewPasskey, challenge_of, credential_id_of, output_of
from auth.passkeys.challenges import Challenges
from auth.passkeys.errors import PasskeyRefused
from auth.passkeys.keeping import (
    Passkey,
    count_use,
    drop_passkey,
    drop_passkeys,
    find_passkey,
    list_passkeys,
    store_passkey,
)
from auth.proving import Claim, Proving
from auth.sessions import Session, Sessions, SignedIn
from auth.step_up import StepUp
from auth.ways_in import WaysIn
from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.context import ctx
from vault.crypto.slots import SlotKind, WrongSecret
from vault.database import Database
from vault.errors import NotFound
from vault.ids import AccountId, SlotId, VaultId
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.slots import NewSlot, make_slot
from vault.keys.unlocking import Unlocking

ENROL, SIGN_IN, SIGN_UP, PROVE = "enrol", "sign-in", "sign-up", "prove"
_VERSION: Final = b"\x01"


@dataclass(frozen=True, slots=True, repr=False)
class Entered:
    """What a passkey led to: a session, or (``signed_in`` None) a locked one, because it opens nothing."""

    signed_in: SignedIn | None
    locked_token: str = ""


@dataclass(frozen=True, slots=True)
class FirstWay:
    """A passkey as a new account's first way in: its slot, and what stores it in that transaction."""

    make_first: MakeFirst
    then: Then


class Passkeys:
    """``samples``: as for ``Sessions``. ``browser`` is a random name that a browser keeps in a cookie."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        *,
        sessions: Sessions,
        unlocking: Unlocking,
        ways_in: WaysIn,
        step_up: StepUp,
        locked: LockedSessions,
        log: Log,
        clock: Clock,
        public_url: str,
        samples: bool = False,
    ) -> None:
        self._database = database
        self._provider = provider
        self._sessions = sessions
        self._unlocking = unlocking
        self._ways_in = ways_in
        self._step_up = step_up
        self._locked = locked
        self._log = log
        self._clock = clock
        self._samples = samples
        self._ceremonies = Ceremonies(public_url)
        self._challenges = Challenges(database, clock)
        self._proving = Proving(database, provider, log, clock, samples=samples)

    def list(self, session: Session) -> tuple[Passkey, ...]:
        """The passkeys of whoever is signed in."""
        with self._database.read() as connection:
            found = list_passkeys(connection, session.own_vault_id)
        return tuple(each for each in found if self._stands(each))

    def forgetting(self, session: Session, slot_id: SlotId) -> Step:
        """What ends the transaction in which a way in goes: its passkey goes with it."""
        return lambda connection: drop_passkeys(connection, session.own_vault_id, (slot_id,))

    def enrol_options(self, session: Session, browser: str, email: str) -> dict[str, Any]:
        """For making one more passkey; the caller has asked for a fresh proof."""
        known = [each.credential_id for each in self.list(session)]
        challenge = self._challenges.make(ENROL, browser)
        return self._ceremonies.enrol_options(challenge, self._handle(session.own_vault_id.hex()), email, known)

    def enrol(
        self,
        session: Session,
        browser: str,
        credential: dict[str, Any],
        *,
        output: str | None,
        name: str,
        origin: Origin,
    ) -> bool:
        """Keep it; True if it opens the vault, False if it only signs in. PasskeyRefused, PasskeyKnown, TooManyWays."""
        new, secret = self._checked(ENROL, browser, credential), output_of(output)
        owner = (session.own_vault_id, session.account_id)
        if secret is None:
            with self._database.write() as connection:
                store_passkey(connection, new, owner, None, self._clock.now())
                self._note(connection, session, "passkey-added", origin)
            return False
        made: list[SlotId] = []

        def make(keyring: Keyring, _stored: object) -> NewSlot:
            slot = self._slot(keyring, new, secret)
            made[:] = [slot.listed.slot_id]
            return slot

        def then(connection: Connection) -> None:
            store_passkey(connection, new, owner, made[0], self._clock.now())

        self._ways_in.add(session, make, name, origin, then=then)
        return True

    def remove(self, session: Session, credential_digest: bytes, origin: Origin) -> None:
        """One that only signs in goes. NotFound for any other: those that open go with their way in."""
        with self._database.write() as connection:
            if not drop_passkey(connection, session.own_vault_id, credential_digest):
                raise NotFound
            self._note(connection, session, "passkey-removed", origin)

    def sign_up_options(self, browser: str, email: str) -> dict[str, Any]:
        """For a first passkey, before there is an account."""
        return self._ceremonies.enrol_options(self._challenges.make(SIGN_UP, browser), self._handle(email), email, [])

    def first_way(self, browser: str, credential: dict[str, Any], output: str | None) -> FirstWay | None:
        """The passkey as the first way into a new vault; None if it opens nothing. PasskeyRefused."""
        new, secret = self._checked(SIGN_UP, browser, credential), output_of(output)
        if secret is None:
            return None
        made: list[SlotId] = []

        def make(keyring: Keyring) -> NewSlot:
            slot = self._slot(keyring, new, secret)
            made[:] = [slot.listed.slot_id]
            return slot

        def then(connection: Connection, vault_id: VaultId, account_id: AccountId) -> None:
            store_passkey(connection, new, (vault_id, account_id), made[0], self._clock.now())

        return FirstWay(make, then)

    def sign_in_options(self, browser: str) -> dict[str, Any]:
        """For signing in with any passkey of this site that the device has."""
        return self._ceremonies.sign_in_options(self._challenges.make(SIGN_IN, browser))

    def sign_in(
        self,
        browser: str,
        credential: dict[str, Any],
        *,
        output: str | None,
        origin: Origin,
        locked: LockedSession | None = None,
    ) -> Entered:
        """A session; a locked one where it opens nothing. PasskeyRefused whatever is wrong; TooManyTries."""
        passkey, account, claim, count = self._checked_use(SIGN_IN, browser, credential, origin)
        if locked is not None and locked.account.account_id != account.account_id:
            self._refuse(claim)
        secret, slot_id = output_of(output), passkey.slot_id
        if secret is None or slot_id is None:
            return Entered(None, self._start_locked(passkey, account, count, origin))

        def unlock(_vault_id: VaultId | None, _typed: str) -> Keyring:
            return self._unlocking.by_passkey(passkey.vault_id, slot_id, secret)

        def then(connection: Connection) -> None:
            count_use(connection, passkey, count)
            if locked is not None:
                end_locked(connection, locked)

        try:
            return Entered(self._sessions.with_passkey(claim, unlock, then=then, locked=locked))
        except WrongSecret:
            raise PasskeyRefused from None

    def prove_options(self, session: Session, browser: str) -> dict[str, Any]:
        """For proving again who one is, with one of one's own passkeys."""
        known = [each.credential_id for each in self.list(session)]
        return self._ceremonies.sign_in_options(self._challenges.make(PROVE, browser), known)

    def prove(self, session: Session, browser: str, credential: dict[str, Any], origin: Origin) -> str:
        """The session's new token. PasskeyRefused, also for somebody else's passkey."""
        passkey, _, claim, count = self._checked_use(PROVE, browser, credential, origin)
        if passkey.account_id != session.account_id:
            self._refuse(claim)
        with self._database.write() as connection:
            count_use(connection, passkey, count)
            return self._step_up.settle(connection, session, origin)

    def _checked(self, purpose: str, browser: str, credential: dict[str, Any]) -> NewPasskey:
        challenge = challenge_of(credential)
        self._challenges.take(challenge, purpose, browser)
        return self._ceremonies.check_enrolment(credential, challenge)

    def _checked_use(
        self, purpose: str, browser: str, credential: dict[str, Any], origin: Origin
    ) -> tuple[Passkey, Account, Claim, int]:
        """The throttle counts first; a challenge is used up by any try."""
        credential_id, challenge = credential_id_of(credential), challenge_of(credential)
        with self._database.read() as connection:
            passkey = find_passkey(connection, credential_id)
            account = read_account(connection, passkey.vault_id, passkey.account_id) if passkey else None
        known = account if account and (self._samples or not account.sample) else None
        if known is None:
            claim = self._proving.by_email(f"passkey {hashlib.sha256(credential_id).hexdigest()}", origin)
        else:
            claim = self._proving.by_account(known, origin)
        try:
            self._challenges.take(challenge, purpose, browser)
            if passkey is None or known is None or not self._stands(passkey):
                raise PasskeyRefused
            count = self._ceremonies.check_sign_in(credential, challenge, passkey.public_key, passkey.sign_count)
        except PasskeyRefused:
            self._refuse(claim)
        return passkey, known, claim, count

    def _stands(self, passkey: Passkey) -> bool:
        """A passkey whose way in was removed is none any more, even if somebody puts its row back."""
        return passkey.slot_id is None or self._unlocking.lists(passkey.vault_id, passkey.slot_id)

    def _refuse(self, claim: Claim) -> NoReturn:
        """In the history as any refused sign-in."""

        def shut(_vault_id: VaultId | None, _typed: str) -> Keyring:
            raise WrongSecret

        try:
            self._proving.prove(claim, shut, "")
        except WrongSecret:
            raise PasskeyRefused from None
        raise PasskeyRefused

    def _start_locked(self, passkey: Passkey, account: Account, count: int, origin: Origin) -> str:
        with self._database.write() as connection:
            count_use(connection, passkey, count)
            trail = trail_of(connection, account.vault_id, NOBODY, LogRole.ANYONE)
            entry = Entry(Event.SIGN_IN, Outcome.DONE, "passkey-locked", accountability=origin.as_accountability())
            self._log.append(connection, trail, entry)
            return self._locked.start(connection, account, "passkey")

    def _slot(self, keyring: Keyring, new: NewPasskey, secret: bytes) -> NewSlot:
        parameters = _VERSION + hashlib.sha256(new.credential_id).digest()
        return make_slot(keyring, SlotKind.PASSKEY, secret, self._clock.now(), parameters)

    def _handle(self, whose: str) -> bytes:
        """Says nothing about an account to who reads a device."""
        return self._provider.mac(Purpose.E_MAIL, ctx("user-handle/1", whose))

    def _note(self, connection: Connection, session: Session, reason: str, origin: Origin) -> None:
        trail = trail_of(connection, session.own_vault_id, role=session.role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry, session.own_keyring)
