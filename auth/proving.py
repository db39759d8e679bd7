"""Somebody says who they are and proves it: throttled first, refused alike whatever is wrong, logged where due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from auth.accounts import Account, find_account
from auth.people import normal_email
from auth.throttle import ACCOUNT, ADDRESS, Throttle, Try, network_of
from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.audit.trails import operator_trail, trail_of
from vault.clock import Clock
from vault.database import Database, table_of
from vault.ids import VaultId, make_id
from vault.keys.generations import KeysChanged
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.slot_list import note_use
from vault.keys.tables import KeyManifest
from vault.keys.unlocking import WrongSecret

_MANIFEST = table_of(KeyManifest)
Unlock = Callable[[VaultId | None, str], Keyring]


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody says they are, with their try already counted. ``account`` None: there is no such account.

    ``manifest`` is the signature of the key manifest that the proof will be made against.
    """

    subject: str
    account: Account | None
    origin: Origin
    reserved: Try
    manifest: bytes | None


@dataclass(frozen=True, slots=True)
class Proven:
    """A claim that held: the account and its unlocked vault."""

    claim: Claim
    account: Account
    keyring: Keyring


class Proving:
    """``samples`` lets the sample accounts of a demo in; elsewhere they are like unknown ones."""

    def __init__(self, database: Database, provider: KeyProvider, log: Log, clock: Clock, *, samples: bool) -> None:
        self._database = database
        self._provider = provider
        self._log = log
        self._clock = clock
        self._samples = samples
        self._throttle = Throttle(database, provider, clock)

    def by_email(self, email: str, origin: Origin) -> Claim:
        """TooManyTries before anything else is looked at."""
        reserved = self._reserve(email, origin)
        with self._database.read() as connection:
            account = find_account(connection, self._provider, email)
            manifest = _manifest_of(connection, account.vault_id if account else VaultId(make_id()))
        known = account is not None and (self._samples or not account.sample)
        return Claim(email, account if known else None, origin, reserved, manifest)

    def by_account(self, account: Account, origin: Origin) -> Claim:
        """Somebody signed in proves it again. Tries count against the account's id: its address isn't at hand."""
        subject = account.account_id.hex()
        reserved = self._reserve(subject, origin)
        with self._database.read() as connection:
            manifest = _manifest_of(connection, account.vault_id)
        return Claim(subject, account, origin, reserved, manifest)

    def prove(self, claim: Claim, unlock: Unlock, secret: str) -> Proven:
        """Slow, outside any transaction. WrongSecret after the same work, whatever is wrong."""
        account = claim.account
        try:
            keyring = unlock(account.vault_id if account else None, secret)
            if account is None:
                raise WrongSecret
        except WrongSecret:
            self._refuse(claim)
            raise
        return Proven(claim, account, keyring)

    def settle(self, connection: Connection, proven: Proven, *, changes_keys: bool = False) -> None:
        """Forget the account's tries and note the use of the way in, in the transaction of what the proof was for.

        KeysChanged if the ways in changed since: a passphrase that was replaced meanwhile opens no new session.
        ``changes_keys``: the transaction goes on to write the manifest, so it takes its row alone from the start; two
        that share it would each wait for the other.
        """
        if _manifest_of(connection, proven.account.vault_id, shared=not changes_keys) != proven.claim.manifest:
            raise KeysChanged
        note_use(connection, proven.keyring, self._clock.now())
        self._throttle.give_back(connection, proven.claim.reserved)
        self._throttle.clear(connection, ACCOUNT, normal_email(proven.claim.subject))

    def forget_old_tries(self) -> None:
        self._throttle.forget_old()

    def _reserve(self, subject: str, origin: Origin) -> Try:
        return self._throttle.reserve((ACCOUNT, normal_email(subject)), (ADDRESS, network_of(origin.address)))

    def _refuse(self, claim: Claim) -> None:
        """An entry in the account's history; what was tried at no account is counted in the operator's."""
        entry = Entry(
            Event.SIGN_IN, Outcome.REFUSED, "wrong-credentials", accountability=claim.origin.as_accountability()
        )
        with self._database.read() as connection:
            if claim.account is None:
                trail = operator_trail(connection)
            else:
                trail = trail_of(connection, claim.account.vault_id, NOBODY, LogRole.ANYONE)
        self._log.refuse(self._database, trail, entry)


def _manifest_of(connection: Connection, vault_id: VaultId, shared: bool | None = None) -> bytes | None:
    """``shared`` None: no lock; True: nobody changes the row before the transaction ends; False: nor locks it."""
    query = select(_MANIFEST.c.signature).where(_MANIFEST.c.vault_id == vault_id)
    locked = query if shared is None else query.with_for_update(read=shared)
    return connection.execute(locked).scalar_one_or_none()
