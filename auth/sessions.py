"""Sign in, resume, sign out; change the passphrase; come back by the recovery code.

A wrong passphrase, an unknown address and a wrong recovery code get the same answer after the same work.
Argon2id runs before a transaction, never inside one.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, update

from auth.accounts import Account, read_account
from auth.errors import WrongRecoveryGroup
from auth.proving import Proven, Proving
from auth.roles import Role
from auth.tables import AccountRow
from vault import freshness
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.passphrases import PassphraseLength, WeakPassphrase, judge
from vault.crypto.tokens import parse_token
from vault.database import Database, table_of
from vault.errors import Unauthenticated
from vault.founding import RecoveryCheck, prepare_recovery_check, read_recovery_check
from vault.ids import AccountId, GrantId, SessionId, VaultId
from vault.keys.enrolment import Enrolment
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.recovery_code import clean, last_group
from vault.keys.unlocking import Unlocking
from vault.papers import Papers

_ACCOUNT = table_of(AccountRow)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in person, with their vault unlocked for the length of one request. ``sample``: nobody real.

    ``lent_grant``: the phone is in other hands and may show this grant and nothing else.
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

    @property
    def account(self) -> Account:
        """Whose session it is, for proving once more who they are."""
        return Account(self.account_id, self.vault_id, self.role, self.recovery_confirmed, self.sample)


@dataclass(frozen=True, slots=True, repr=False)
class SignedIn:
    """``recovery_code`` is the new one, only after coming back by the old one."""

    token: str
    expires_at: datetime
    role: Role
    recovery_code: str | None = None


class Sessions:
    """``samples`` lets the sample accounts of a demo sign in; elsewhere they are like unknown ones."""

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
        samples: bool = False,
    ) -> None:
        self._database = database
        self._enrolment = enrolment
        self._unlocking = unlocking
        self._log = log
        self._clock = clock
        self._session_length = session_length
        self._samples = samples
        self._proving = Proving(database, provider, log, clock, samples=samples)

    def with_passphrase(self, email: str, passphrase: str, origin: Origin) -> SignedIn:
        """WrongSecret, whatever is wrong; TooManyTries before any work."""
        claim = self._proving.by_email(email, origin)
        proven = self._proving.prove(claim, self._unlocking.by_passphrase, passphrase)
        signed_in, row = self._prepare(proven)
        with self._database.write() as connection:
            self._proving.settle(connection, proven)
            self._unlocking.store_session(connection, row)
            self._note(connection, proven.keyring, proven.account.role, "passphrase", origin)
        return signed_in

    def with_recovery_code(self, email: str, code: str, new_passphrase: str, origin: Origin) -> SignedIn:
        """Come back without the passphrase: a new one, a new recovery code, every other session ends."""
        claim = self._proving.by_email(email, origin)
        judge_new(new_passphrase, (email,))  # After the throttle: anybody may ask, and judging is work.
        proven = self._proving.prove(claim, self._unlocking.by_recovery_code, code)
        signed_in, row = self._prepare(proven)
        new_code = freshness.retrying(lambda: self._renew(proven, new_passphrase, "recovery-code", row))
        return replace(signed_in, recovery_code=new_code)

    def new_recovery_code(self, session: Session, passphrase: str, origin: Origin) -> str:
        """Another recovery code for who still has the passphrase; the old one dies, every other session ends."""
        claim = self._proving.by_account(session.account, origin)
        proven = self._proving.prove(claim, self._unlocking.by_passphrase, passphrase)
        return freshness.retrying(
            lambda: self._renew(proven, passphrase, "new-recovery-code", None, keep=session.session_id)
        )

    def resume(self, token: str) -> Session:
        """The session of a token; Unauthenticated if it is malformed, unknown, ended or expired."""
        vault_id, session_id, secret = parse_token(token)
        with self._database.read() as connection:
            keyring, row = self._unlocking.open_session(connection, vault_id, session_id, secret, self._clock.now())
            account = read_account(connection, vault_id, row.account_id)
            if account is None or (account.sample and not self._samples):
                raise Unauthenticated
            trail = trail_of(connection, vault_id, role=account.role)
        return Session(
            account_id=row.account_id,
            vault_id=vault_id,
            session_id=session_id,
            role=account.role,
            keyring=keyring,
            trail=trail,
            recovery_confirmed=account.recovery_confirmed,
            expires_at=row.expires_at,
            sample=account.sample,
            lent_grant=row.lent_grant,
        )

    def sign_out(self, session: Session) -> None:
        """This session ends; its token opens nothing any more."""
        with self._database.write() as connection:
            self._unlocking.end_session(connection, session.vault_id, session.session_id)

    def sign_out_everywhere(self, session: Session, origin: Origin) -> None:
        """Every session and token of this account ends, this one too."""
        with self._database.write() as connection:
            self._unlocking.end_all_sessions(connection, session.vault_id)
            self._note(connection, session.keyring, session.role, "signed-out-everywhere", origin)

    def change_passphrase(self, session: Session, passphrase: str, new_passphrase: str, origin: Origin) -> None:
        """A new slot takes the old one's place; every other session ends, this one stays."""
        judge_new(new_passphrase, ())
        claim = self._proving.by_account(session.account, origin)
        proven = self._proving.prove(claim, self._unlocking.by_passphrase, passphrase)
        freshness.retrying(lambda: self._change(proven, session, new_passphrase))

    def confirm_recovery_code(self, session: Session, typed: str) -> None:
        """WrongRecoveryGroup unless ``typed`` is the last group of the current code, however it is spelt."""
        freshness.retrying(lambda: self._confirm(session, typed))

    def forget_ended(self) -> None:
        """Delete expired sessions and old tries. A job; it may run any number of times."""
        self._proving.forget_old_tries()
        with self._database.write() as connection:
            self._unlocking.end_expired_sessions(connection, self._clock.now())

    def _prepare(self, proven: Proven) -> tuple[SignedIn, dict[str, Any]]:
        expires_at = self._clock.now() + self._session_length
        token, row = self._unlocking.prepare_session(proven.keyring, proven.account.account_id, expires_at)
        return SignedIn(token, expires_at, proven.account.role), row

    def _renew(
        self,
        proven: Proven,
        passphrase: str,
        reason: str,
        session_row: dict[str, Any] | None,
        keep: SessionId | None = None,
    ) -> str:
        """New passphrase slot, new recovery code, not yet confirmed; the new code."""
        keyring, account = proven.keyring, proven.account
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            keys = self._enrolment.read_state(connection, account.vault_id)
            version = read_recovery_check(connection, keyring).version
        new = self._enrolment.prepare_recovery(keyring, keys, passphrase)
        code = new.recovery_code or ""
        check = RecoveryCheck(version + 1, last_group(code), confirmed=False)
        paper = prepare_recovery_check(keyring, check, self._clock)
        with self._database.write() as connection:
            self._proving.settle(connection, proven, changes_keys=True)
            moved = self._enrolment.store_change(connection, new)
            Papers(keyring).store(connection, paper)
            freshness.advance(connection, keyring, state, paper.change + moved)
            _mark_confirmed(connection, account, confirmed=False)
            self._unlocking.end_all_sessions(connection, account.vault_id, keep=keep)
            if session_row is not None:
                self._unlocking.store_session(connection, session_row)
            self._note(connection, keyring, account.role, reason, proven.claim.origin)
        return code

    def _change(self, proven: Proven, session: Session, new_passphrase: str) -> None:
        keyring = session.keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            keys = self._enrolment.read_state(connection, session.vault_id)
        new = self._enrolment.prepare_passphrase_change(keyring, keys, new_passphrase)
        with self._database.write() as connection:
            self._proving.settle(connection, proven, changes_keys=True)
            freshness.advance(connection, keyring, state, self._enrolment.store_change(connection, new))
            self._unlocking.end_all_sessions(connection, session.vault_id, keep=session.session_id)
            self._note(connection, keyring, session.role, "passphrase-changed", proven.claim.origin)

    def _confirm(self, session: Session, typed: str) -> None:
        keyring = session.keyring
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            check = read_recovery_check(connection, keyring)
        if not hmac.compare_digest(clean(typed).encode("utf-8", "replace"), check.last_group.encode()):
            raise WrongRecoveryGroup(field="last_group")
        if check.confirmed:
            return
        paper = prepare_recovery_check(keyring, replace(check, version=check.version + 1, confirmed=True), self._clock)
        with self._database.write() as connection:
            Papers(keyring).store(connection, paper)
            freshness.advance(connection, keyring, state, paper.change)
            _mark_confirmed(connection, session.account, confirmed=True)

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


def _mark_confirmed(connection: Connection, account: Account, confirmed: bool) -> None:
    """The sealed paper is the truth; this copy beside the account spares every request from opening it."""
    mine = (_ACCOUNT.c.vault_id == account.vault_id) & (_ACCOUNT.c.account_id == account.account_id)
    connection.execute(update(_ACCOUNT).where(mine).values(recovery_confirmed=confirmed))
