"""Signing in by a provider: begin, come back, and be known. It shows who somebody is and opens nothing.

Whatever is wrong is refused alike and logged by its code: in the operator's history where no account is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection

from auth.accounts import Account
from auth.locked import BY_PROVIDER, LockedSessions
from auth.roles import Role
from auth.sessions import Session
from auth.single_sign_on.attempts import About, Attempt, Attempts, Purpose, end_waiting
from auth.single_sign_on.codes import Codes, derive_codes, make_token
from auth.single_sign_on.errors import NoSuchProvider, NotAnAdmin, NotSignedInThere, SignInOver, SingleSignOnRefused
from auth.single_sign_on.identity import Identity, judge
from auth.single_sign_on.linking import Linked, find_linked, link, list_linked, unlink
from auth.single_sign_on.providers import Audience, Provider
from auth.throttle import Allowance, Throttle, network_of
from vault.audit.events import NOBODY, Entry, Event, Origin, Outcome
from vault.audit.events import Role as LogRole
from vault.audit.log import Log
from vault.audit.trails import operator_trail, trail_of
from vault.clock import Clock
from vault.database import Database
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider

SINGLE_SIGN_ON = "single-sign-on"
LINKED, UNLINKED = "sign-in-linked", "sign-in-unlinked"
BEGIN = Allowance("single-sign-on", free=60, longest_seconds=60)
AUDIENCES = {
    Purpose.CITIZEN: Audience.CITIZENS,
    Purpose.LINK: Audience.CITIZENS,
    Purpose.ADMIN: Audience.ADMINS,
    Purpose.LINK_ADMIN: Audience.ADMINS,
    Purpose.VIEWER: Audience.CLINICIANS,
}
_ROLES = {Audience.CITIZENS: Role.CITIZEN, Audience.ADMINS: Role.ADMIN}


class Client(Protocol):
    """One provider over HTTP. Both raise ProviderUnavailable."""

    def address(self, codes: Codes) -> str:
        """Where the browser goes to sign in."""
        ...

    def redeem(self, code: str, codes: Codes, issuer: str | None) -> Mapping[str, Any]:
        """The checked claims of a one-time code; ``issuer`` as the answer named it. SingleSignOnRefused."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a browser brought back from a provider, as it stood in the address."""

    state: str
    code: str
    issuer: str | None
    error: str


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """``token`` is for a cookie of the browser that goes to ``address``."""

    address: str
    token: str


@dataclass(frozen=True, slots=True)
class Back:
    """Somebody who signed in at a provider, and what for."""

    attempt: Attempt
    provider: Provider
    identity: Identity


class SingleSignOn:
    """``clients``: provider name → its client."""

    def __init__(
        self,
        database: Database,
        keys: KeyProvider,
        log: Log,
        clock: Clock,
        *,
        locked: LockedSessions,
        providers: tuple[Provider, ...],
        clients: Mapping[str, Client],
    ) -> None:
        self.providers = providers
        self._database = database
        self._keys = keys
        self._log = log
        self._clock = clock
        self._locked = locked
        self._providers = {each.name: each for each in providers}
        self._clients = clients
        self._attempts = Attempts(database, clock)
        self._throttle = Throttle(database, keys, clock)

    def offered(self, audience: Audience) -> tuple[Provider, ...]:
        """The providers that sign in this audience, in the order of the configuration."""
        return tuple(each for each in self._providers.values() if audience in each.audiences)

    def begin(self, name: str, purpose: Purpose, origin: Origin, about: About | None = None) -> Begun:
        """Start an attempt. NoSuchProvider; ProviderUnavailable; TooManyTries from one network."""
        provider = self._providers.get(name)
        if provider is None or AUDIENCES[purpose] not in provider.audiences:
            raise NoSuchProvider
        self._throttle.reserve((BEGIN, network_of(origin.address)))
        token = make_token()
        address = self._clients[name].address(derive_codes(token))
        self._attempts.start(token, purpose, name, about)
        return Begun(address, token)

    def back(self, name: str, token: str, answer: Answer, origin: Origin) -> Back:
        """Who came back, for what. SignInOver, SingleSignOnRefused and its kinds, each logged; ProviderUnavailable."""
        try:
            return self._back(name, token, answer, origin)
        except SingleSignOnRefused as refused:
            self._refuse(refused.fault, origin, refused.account)
            raise

    def enter(self, back: Back, origin: Origin) -> str | None:
        """The token of a locked session; None if nobody linked this identity to an account of this kind."""
        now = self._clock.now()
        with self._database.write() as connection:
            account = find_linked(connection, self._keys, back.identity, now)
            if account is not None and account.role is _ROLES[AUDIENCES[back.attempt.purpose]]:
                token = self._locked.start(connection, account, BY_PROVIDER + back.provider.name)
                self._note(connection, account, SINGLE_SIGN_ON, origin)
                return token
        self._refuse("unknown-identity", origin)
        return None

    def keep_waiting(self, back: Back) -> str:
        """Remember for an hour who came in without an account; the token that names them in this browser alone."""
        return self._attempts.keep_waiting(back.provider.name, back.identity)

    def linked(self, session: Session) -> tuple[Linked, ...]:
        """What signs in to the account of whoever is signed in."""
        with self._database.read() as connection:
            return list_linked(connection, self._keys, session.account)

    def link(self, session: Session, back: Back, origin: Origin) -> None:
        """Link who came back to the account that began it. SignInOver for another's; IdentityTaken; TooManyLinked."""
        if back.attempt.about != about_account(session.account):
            raise SignInOver("wrong-account")
        with self._database.write() as connection:
            self._link(connection, session.account, back.identity, origin, session.own_keyring)

    def link_waiting(self, token: str, session: Session, origin: Origin) -> None:
        """Link who waits by this token to the account that was just made. SignInOver; IdentityTaken; TooManyLinked."""
        identity = self._attempts.waiting(token)
        with self._database.write() as connection:
            end_waiting(connection, token)
            self._link(connection, session.account, identity, origin, session.own_keyring)

    def unlink(self, session: Session, name: bytes, origin: Origin) -> None:
        """It signs in no more, and locked sessions that it began have a quarter of an hour at most. NotFound."""
        with self._database.write() as connection:
            unlink(connection, session.account, name)
            self._note(connection, session.account, UNLINKED, origin, session.own_keyring)

    def forget_old(self) -> None:
        """A job's work."""
        self._attempts.forget_old()

    def _back(self, name: str, token: str, answer: Answer, origin: Origin) -> Back:
        provider = self._providers.get(name)
        if provider is None:
            raise NoSuchProvider
        attempt, codes = self._attempts.take(token, answer.state, name)
        if answer.issuer is not None and answer.issuer != provider.issuer:
            raise SingleSignOnRefused("wrong-issuer")
        if answer.error or not answer.code:
            raise NotSignedInThere
        claims = self._clients[name].redeem(answer.code, codes, answer.issuer)
        audience = AUDIENCES[attempt.purpose]
        try:
            return Back(attempt, provider, judge(provider, audience, claims))
        except NotAnAdmin as refused:
            refused.account = self._known(provider, claims)
            raise

    def _known(self, provider: Provider, claims: Mapping[str, Any]) -> Account | None:
        """Whose history a refusal belongs to."""
        identity = Identity(provider.issuer, str(claims.get("sub", "")), None)
        with self._database.write() as connection:
            return find_linked(connection, self._keys, identity, self._clock.now())

    def _link(
        self,
        connection: Connection,
        account: Account,
        identity: Identity,
        origin: Origin,
        keyring: Keyring | None = None,
    ) -> None:
        if link(connection, self._keys, account, identity, self._clock.now()):
            self._note(connection, account, LINKED, origin, keyring)

    def _note(
        self, connection: Connection, account: Account, reason: str, origin: Origin, keyring: Keyring | None = None
    ) -> None:
        trail = trail_of(connection, account.vault_id, role=account.role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason, accountability=origin.as_accountability())
        self._log.append(connection, trail, entry, keyring)

    def _refuse(self, fault: str, origin: Origin, account: Account | None = None) -> None:
        entry = Entry(Event.SIGN_IN, Outcome.REFUSED, fault, accountability=origin.as_accountability())
        with self._database.read() as connection:
            if account is None:
                trail = operator_trail(connection)
            else:
                trail = trail_of(connection, account.vault_id, NOBODY, LogRole.ANYONE)
        self._log.refuse(self._database, trail, entry)


def about_account(account: Account) -> About:
    """What an attempt to link is about."""
    return About(account.vault_id, account.account_id)
