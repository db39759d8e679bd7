"""Sign in, resume, sign out; come back by the recovery code.

A wrong passphrase, an unknown address and a wrong recovery code get the same answer after the same work.
Argon2id runs before a transaction, never inside one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from auth.accounts import Account, read_account
from auth.carers.acting import Acting, Opened, open_for_carer
from auth.changing import Change, Changing, Step, WaysBefore, nothing_more
from auth.devices import device_of
from auth.errors import AdminsByProvider
from auth.locked import LockedSession, end_locked, is_by_provider
from auth.proving import Claim, Proven, Proving, Unlock
from auth.roles import Role
from auth.second_factor import CODE, SecondFactors, drop, is_on
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.passphrases import PassphraseLength, WeakPassphrase, judge
from vault.crypto.tokens import parse_token
from vault.database import Database
from vault.errors import NotFound, Tampered, Unauthenticated
from vault.ids import AccountId, GrantId, SessionId, VaultId
from vault.keys.enrolment import Enrolment
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.sessions import SESSION, USE_IS_NOTED_EVERY, SessionRow
from vault.keys.unlocking import Unlocking
from vault.slot_notes import SlotNote


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in person, with their vault unlocked for the length of one request. ``sample``: nobody real.

    ``lent_grant``: the phone is in other hands and may show this grant and nothing else. ``acting``: its holder is
    in the vault of somebody they look after; vault, keyring and trail are that person's then, account and session not.
    """

    account_id: AccountId
    vault_id: VaultId
    session_id: SessionId
    role: Role
    keyring: Keyring
    trail: Trail
    recovery_confirmed: bool
    expires_at: datetime
    sample: bool = False
    lent_grant: GrantId | None = None
    acting: Acting | None = None
    own: Keyring | None = None
    kind: str = SESSION
    proven_at: datetime | None = None
    awaits: str = ""
    scopes: str = ""
    program: str = ""

    @property
    def own_vault_id(self) -> VaultId:
        """The vault of whoever is signed in, whichever they work in."""
        return self.acting.carer_vault_id if self.acting else self.vault_id

    @property
    def own_keyring(self) -> Keyring:
        """The same, unlocked."""
        return self.own or self.keyring

    @property
    def account(self) -> Account:
        """Whose session it is, for proving once more who they are."""
        return Account(self.account_id, self.own_vault_id, self.role, self.recovery_confirmed, self.sample)


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn:
    """``recovery_code`` is the new one, only after coming back by the old one. ``awaits``: what is still due first."""

    token: str
    expires_at: datetime
    role: Role
    recovery_code: str | None = None
    awaits: str = ""


class Sessions:
    """``samples`` lets the sample accounts of a demo sign in; elsewhere they are like unknown ones.

    ``admins_by_provider``: administrators get in by single sign-on alone, and unlock after it.
    """

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        enrolment: Enrolment,
        unlocking: Unlocking,
        log: Log,
        *,
        clock: Clock,
        session_length: timedelta = timedelta(hours=12),
        idle: timedelta = timedelta(hours=2),
        samples: bool = False,
        admins_by_provider: bool = False,
    ) -> None:
        self._database = database
        self._admins_by_provider = admins_by_provider
        self._provider = provider
        self._enrolment = enrolment
        self._unlocking = unlocking
        self._log = log
        self._clock = clock
        self._session_length = session_length
        self._idle = idle
        self._samples = samples
        self._proving = Proving(database, provider, log, clock, samples=samples)
        self._changing = Changing(database, provider, enrolment, log, clock)
        self._factors = SecondFactors(database, provider, log, clock)

    def with_passphrase(self, email: str, passphrase: str, origin: Origin) -> SignedIn:
        """WrongSecret, whatever is wrong; TooManyTries before any work."""
        return self._sign_in(self._proving.by_email(email, origin), passphrase)

    def unlock(self, locked: LockedSession, passphrase: str, origin: Origin) -> SignedIn:
        """A session in place of the locked one, with a token of its own. WrongSecret; TooManyTries before any work."""
        claim = self._proving.by_account(locked.account, origin)
        return self._sign_in(claim, passphrase, lambda connection: end_locked(connection, locked), locked=locked)

    def unlock_with_recovery_code(
        self, locked: LockedSession, code: str, new_passphrase: str, origin: Origin
    ) -> SignedIn:
        """The same by the recovery code, as ``with_recovery_code``."""
        claim = self._proving.by_account(locked.account, origin)
        judge_new(new_passphrase, ())
        proven = self._proving.prove(claim, self._unlocking.by_recovery_code, code)
        signed_in, row = self._prepare(proven)

        def end(connection: Connection) -> None:
            end_locked(connection, locked)

        return replace(signed_in, recovery_code=self._come_back(proven, new_passphrase, row, then=end))

    def with_recovery_code(self, email: str, code: str, new_passphrase: str, origin: Origin) -> SignedIn:
        """Come back: one new passphrase for all, a new code for the one used, every other session ends."""
        claim = self._proving.by_email(email, origin)
        judge_new(new_passphrase, (email,))  # After the throttle: anybody may ask, and judging is work.
        proven = self._proving.prove(claim, self._unlocking.by_recovery_code, code)
        signed_in, row = self._prepare(proven)
        return replace(signed_in, recovery_code=self._come_back(proven, new_passphrase, row))

    def with_passkey(
        self, claim: Claim, unlock: Unlock, *, then: Step, locked: LockedSession | None = None
    ) -> SignedIn:
        """By a passkey that was checked and opens its slot; ``then`` ends the transaction. WrongSecret."""
        return self._sign_in(claim, "", then, unlock=unlock, reason="passkey", locked=locked)

    def with_trusted_person(
        self, claim: Claim, unlock: Unlock, code: str, new_passphrase: str, *, then: Step
    ) -> SignedIn:
        """The same by a slot that two halves open; ``then`` ends the transaction. WrongSecret."""
        proven = self._proving.prove(claim, unlock, code)
        signed_in, row = self._prepare(proven)
        new_code = self._come_back(proven, new_passphrase, row, "trusted-person", then)
        return replace(signed_in, recovery_code=new_code)

    def resume(self, token: str, *, is_use: bool = True) -> Session:
        """The session of a token; Unauthenticated if it is malformed, unknown, ended, expired or was long unused.

        ``is_use`` False looks at it and notes nothing.
        """
        vault_id, session_id, secret = parse_token(token)
        now = self._clock.now()
        with self._database.read() as connection:
            keyring, row = self._unlocking.sessions.open(connection, vault_id, session_id, secret, now)
            ends_at = self._end_of(row)
            if now >= ends_at:
                raise Unauthenticated
            account = read_account(connection, vault_id, row.account_id)
            if account is None or (account.sample and not self._samples):
                raise Unauthenticated
            trail, acting, own = trail_of(connection, vault_id, role=account.role), None, keyring
            if row.acting_vault is not None and (opened := self._as_carer(connection, keyring, row.acting_vault)):
                keyring, trail, acting = opened.keyring, opened.trail, opened.acting
        if is_use and now - (row.last_used_at or row.created_at) >= USE_IS_NOTED_EVERY:
            ends_at = self._note_use(row)
        return Session(
            account_id=row.account_id,
            vault_id=keyring.vault_id,
            session_id=session_id,
            role=account.role,
            keyring=keyring,
            trail=trail,
            acting=acting,
            own=own,
            recovery_confirmed=account.recovery_confirmed,
            expires_at=ends_at,
            sample=account.sample,
            lent_grant=row.lent_grant,
            kind=row.kind,
            proven_at=row.proven_at,
            awaits=row.awaits,
            scopes=row.scopes,
            program=row.details.get("name", ""),
        )

    def with_code(self, session: Session, code: str, origin: Origin) -> SignedIn:
        """The session that waited for it, with another token. WrongAppCode, logged; TooManyTries before any work."""
        self._factors.check(session.account, code, origin)
        with self._database.write() as connection:
            token = self._unlocking.sessions.renew(connection, session.own_keyring, session.session_id)
        return SignedIn(token, session.expires_at, session.role)

    def sign_out(self, session: Session) -> None:
        """This session ends; its token opens nothing any more."""
        with self._database.write() as connection:
            self._unlocking.sessions.end(connection, session.own_vault_id, session.session_id)

    def sign_out_everywhere(self, session: Session, origin: Origin) -> None:
        """Every session and token of this account ends, this one too."""
        with self._database.write() as connection:
            self._unlocking.sessions.end_all(connection, session.own_vault_id)
            self._note(connection, session.own_keyring, session.role, "signed-out-everywhere", origin)

    def forget_ended(self) -> None:
        """Delete expired sessions and old tries. A job; it may run any number of times."""
        self._proving.forget_old_tries()
        with self._database.write() as connection:
            self._unlocking.sessions.end_expired(connection, self._clock.now())

    def _end_of(self, row: SessionRow) -> datetime:
        """When it ends if nobody uses it: a program's token at its own time, a sign-in before if it lies idle."""
        if row.kind != SESSION:
            return row.expires_at
        return min(row.expires_at, (row.last_used_at or row.created_at) + self._idle)

    def _note_use(self, row: SessionRow) -> datetime:
        with self._database.write() as connection:
            self._unlocking.sessions.note_use(connection, row.vault_id, row.session_id)
        return self._end_of(replace(row, last_used_at=self._clock.now()))

    def _as_carer(self, connection: Connection, own: Keyring, vault_id: VaultId) -> Opened | None:
        """None once they look after this person no more: then they are back in their own vault."""
        try:
            return open_for_carer(connection, self._provider, own, vault_id)
        except (NotFound, Tampered):
            return None

    def _sign_in(
        self,
        claim: Claim,
        secret: str,
        then: Step = nothing_more,
        *,
        unlock: Unlock | None = None,
        reason: str = "passphrase",
        locked: LockedSession | None = None,
    ) -> SignedIn:
        proven = self._proving.prove(claim, unlock or self._unlocking.by_passphrase, secret)
        if self._admins_by_provider and proven.account.role is Role.ADMIN and not is_by_provider(locked):
            raise AdminsByProvider
        with self._database.read() as connection:
            asks = reason == "passphrase" and locked is None and is_on(connection, proven.account)
        signed_in, row = self._prepare(proven, CODE if asks else "")
        with self._database.write() as connection:
            self._proving.settle(connection, proven)
            self._unlocking.sessions.store(connection, row)
            then(connection)
            self._note(connection, proven.keyring, proven.account.role, reason, claim.origin)
        return signed_in

    def _prepare(self, proven: Proven, awaits: str = "") -> tuple[SignedIn, dict[str, Any]]:
        expires_at = self._clock.now() + self._session_length
        details = device_of(proven.claim.origin).as_details()
        token, row = self._unlocking.sessions.prepare(
            proven.keyring, proven.account.account_id, expires_at, awaits=awaits, details=details
        )
        return SignedIn(token, expires_at, proven.account.role, awaits=awaits), row

    def _come_back(
        self,
        proven: Proven,
        new_passphrase: str,
        session_row: dict[str, Any],
        reason: str = "recovery-code",
        then: Step = nothing_more,
    ) -> str:
        """The new recovery code, not yet confirmed; it takes the place of the one that was used."""

        def plan(before: WaysBefore) -> Change:
            slots = self._enrolment.prepare_recovery(proven.keyring, before.keys, new_passphrase)
            code_slot, passphrase_slot = slots.added
            notes = before.notes.without(slots.removed).noting(passphrase_slot, SlotNote())
            return Change(slots, notes.noting_code(code_slot, slots.recovery_code or ""))

        def settle(connection: Connection) -> None:
            self._proving.settle(connection, proven, changes_keys=True)

        def start(connection: Connection) -> None:
            drop(connection, proven.account)
            self._unlocking.sessions.end_all(connection, proven.account.vault_id)
            self._unlocking.sessions.store(connection, session_row)
            then(connection)

        origin = proven.claim.origin
        change = self._changing.run(
            proven.keyring, proven.account, plan, reason=reason, origin=origin, settle=settle, then=start
        )
        return (change.slots and change.slots.recovery_code) or ""

    def _note(self, connection: Connection, keyring: Keyring, role: Role, reason: str, origin: Origin) -> None:
        trail = trail_of(connection, keyring.vault_id, role=role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry, keyring)


def judge_new(passphrase: str, own_words: Sequence[str]) -> None:
    """As ``judge``, with the fault at the field ``new_passphrase``."""
    try:
        judge(passphrase, own_words)
    except (PassphraseLength, WeakPassphrase) as error:
        error.field = "new_passphrase"
        raise
