"""Open an account: a citizen's with a vault, or an admin's with keys and no records; find one by its e-mail address.

An e-mail address is stored wrapped by the KeyProvider, and found by a keyed digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from auth.devices import device_of
from auth.errors import EmailTaken
from auth.people import check_birth_date, check_email, check_name, normal_email
from auth.roles import Role
from auth.tables import AccountEmailRow, AccountRow
from auth.throttle import SIGN_UP, Throttle, network_of
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.audit.trails import trail_of
from vault.clock import Clock
from vault.crypto.context import ctx
from vault.crypto.passphrases import judge
from vault.database import Database, table_of
from vault.errors import NotFound
from vault.founding import Founded, Founding, Profile, read_profile
from vault.ids import AccountId, Pseudonym, VaultId, make_id
from vault.keys.keyring import Keyring
from vault.keys.log_keys import pseudonym_of
from vault.keys.provider import KeyProvider, Purpose
from vault.keys.slots import NewSlot
from vault.keys.unlocking import Unlocking
from vault.keys.wrapped import ServerWrapped

_ACCOUNT = table_of(AccountRow)
_EMAIL = table_of(AccountEmailRow)
MakeFirst = Callable[[Keyring], NewSlot]
Then = Callable[[Connection, VaultId, AccountId], None]


@dataclass(frozen=True, slots=True, repr=False)
class Created:
    """The recovery code is shown once and kept nowhere."""

    account_id: AccountId
    vault_id: VaultId
    recovery_code: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A stored account, without its address."""

    account_id: AccountId
    vault_id: VaultId
    role: Role
    recovery_confirmed: bool
    sample: bool


class Accounts:
    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        founding: Founding,
        unlocking: Unlocking,
        log: Log,
        *,
        clock: Clock,
        session_length: timedelta = timedelta(hours=12),
    ) -> None:
        self._database = database
        self._provider = provider
        self._founding = founding
        self._unlocking = unlocking
        self._log = log
        self._clock = clock
        self._session_length = session_length
        self._throttle = Throttle(database, provider, clock)

    def create_citizen(
        self, email: str, name: str, birth_date: str, passphrase: str, origin: Origin, *, sample: bool = False
    ) -> Created:
        """Slow. Invalid subclasses name the field; EmailTaken; TooManyTries from one network address.

        Who may have a sample is counted where samples are given out.
        """
        if not sample:
            self._throttle.reserve((SIGN_UP, network_of(origin.address)))
        profile = Profile(check_name(name), check_birth_date(birth_date, self._clock.now().date()))
        return self._create(check_email(email), passphrase, profile, origin, sample=sample)

    def create_citizen_with(
        self, email: str, name: str, birth_date: str, make_first: MakeFirst, origin: Origin, *, then: Then
    ) -> Created:
        """The same with another first way in than a passphrase; ``then`` ends the transaction."""
        self._throttle.reserve((SIGN_UP, network_of(origin.address)))
        profile = Profile(check_name(name), check_birth_date(birth_date, self._clock.now().date()))
        email = check_email(email)
        if self.exists(email):
            raise EmailTaken
        return self._store(email, self._founding.prepare_with(make_first, profile), Role.CITIZEN, origin, then=then)

    def check_free(self, email: str, origin: Origin) -> None:
        """Return if an account could be made for this address. BadEmail; EmailTaken; TooManyTries, as for making it."""
        self._throttle.reserve((SIGN_UP, network_of(origin.address)))
        if self.exists(check_email(email)):
            raise EmailTaken

    def create_admin(self, email: str, passphrase: str, origin: Origin, *, sample: bool = False) -> Created:
        """Slow. As ``create_citizen``, without a person's data and without the throttle: a command makes it."""
        return self._create(check_email(email), passphrase, None, origin, sample=sample)

    def exists(self, email: str) -> bool:
        """Whether an address has an account; for sign-up and commands only, where it must be said."""
        with self._database.read() as connection:
            return find_account(connection, self._provider, email) is not None

    def admins(self) -> tuple[Pseudonym, ...]:
        """The pseudonyms that admins act under in the log."""
        query = select(_ACCOUNT.c.vault_id).where(_ACCOUNT.c.role == Role.ADMIN.value)
        with self._database.read() as connection:
            return tuple(pseudonym_of(connection, VaultId(each)) for each in connection.execute(query).scalars().all())

    def profile(self, keyring: Keyring) -> Profile:
        """Name and birth date as the citizen stated them; NotFound for an admin."""
        with self._database.read() as connection:
            return read_profile(connection, keyring)

    def email(self, vault_id: VaultId, account_id: AccountId) -> str:
        """The address of an account, for its owner; NotFound."""
        mine = (_ACCOUNT.c.vault_id == vault_id) & (_ACCOUNT.c.account_id == account_id)
        with self._database.read() as connection:
            wrapped = connection.execute(select(_ACCOUNT.c.wrapped_email).where(mine)).scalar_one_or_none()
        if wrapped is None:
            raise NotFound
        return unwrap_email(self._provider, vault_id, account_id, wrapped)

    def _create(self, email: str, passphrase: str, profile: Profile | None, origin: Origin, *, sample: bool) -> Created:
        role = Role.ADMIN if profile is None else Role.CITIZEN
        own_words = (email, profile.name, profile.birth_date) if profile else (email,)
        judge(passphrase, own_words)
        if self.exists(email):
            raise EmailTaken
        founded = self._founding.prepare(passphrase, profile)
        return self._store(email, founded, role, origin, sample=sample)

    def _store(
        self,
        email: str,
        founded: Founded,
        role: Role,
        origin: Origin,
        *,
        sample: bool = False,
        then: Then | None = None,
    ) -> Created:
        account_id = AccountId(make_id())
        expires_at = self._clock.now() + self._session_length
        token, session_row = self._unlocking.sessions.prepare(
            founded.keyring, account_id, expires_at, details=device_of(origin).as_details()
        )
        account = Account(account_id, founded.vault_id, role, recovery_confirmed=False, sample=sample)
        row = make_account_row(self._provider, email, account, self._clock.now())
        with self._database.write() as connection:
            store_account(connection, self._provider, email, row)
            self._founding.store(connection, founded)
            self._unlocking.sessions.store(connection, session_row)
            self._note(connection, founded, role, origin)
            if then is not None:
                then(connection, founded.vault_id, account_id)
        return Created(account_id, founded.vault_id, founded.recovery_code, token, expires_at)

    def _note(self, connection: Connection, founded: Founded, role: Role, origin: Origin) -> None:
        trail = trail_of(connection, founded.vault_id, role=role)
        entry = Entry(Event.SIGN_IN, Outcome.DONE, reason="account-created", accountability=origin.as_accountability())
        self._log.append(connection, trail, entry, founded.keyring)


def make_account_row(provider: KeyProvider, email: str, account: Account, created_at: datetime) -> dict[str, Any]:
    """The row of a new account; its address wrapped by the KeyProvider."""
    return {
        "vault_id": account.vault_id,
        "account_id": account.account_id,
        "role": account.role.value,
        "wrapped_email": wrap_email(provider, account.vault_id, account.account_id, email),
        "recovery_confirmed": account.recovery_confirmed,
        "sample": account.sample,
        "created_at": created_at,
    }


def store_account(connection: Connection, provider: KeyProvider, email: str, row: Mapping[str, Any]) -> None:
    """Insert what ``make_account_row`` made. EmailTaken."""
    claim_email(connection, provider, email, row["vault_id"], row["account_id"])
    connection.execute(insert(_ACCOUNT).values(**row))


def claim_email(
    connection: Connection, provider: KeyProvider, email: str, vault_id: VaultId, account_id: AccountId
) -> None:
    """From now on this address leads to this account; EmailTaken if it leads to one already."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"email_digest": digest_email(provider, email), "vault_id": vault_id, "account_id": account_id}
    claim = dialect.insert(_EMAIL).values(row).on_conflict_do_nothing().returning(_EMAIL.c.email_digest)
    if connection.execute(claim).first() is None:
        raise EmailTaken


def wrap_email(provider: KeyProvider, vault_id: VaultId, account_id: AccountId, email: str) -> bytes:
    """The ``wrapped_email`` column of an account."""
    return provider.wrap(Purpose.E_MAIL, email.encode(), _context(vault_id, account_id))


def unwrap_email(provider: KeyProvider, vault_id: VaultId, account_id: AccountId, wrapped: bytes) -> str:
    """The address. Tampered if the row is another account's."""
    return provider.unwrap(Purpose.E_MAIL, wrapped, _context(vault_id, account_id)).decode()


def _context(vault_id: bytes, account_id: bytes) -> bytes:
    return ctx("account/1", vault_id, account_id)


SERVER_WRAPPED = ServerWrapped(
    _ACCOUNT, "wrapped_email", Purpose.E_MAIL, lambda row: _context(row.vault_id, row.account_id)
)


def digest_email(provider: KeyProvider, email: str) -> bytes:
    """The keyed name under which an address is found."""
    return provider.mac(Purpose.E_MAIL, ctx("e-mail/1", normal_email(email)))


def find_account(connection: Connection, provider: KeyProvider, email: str) -> Account | None:
    """The account of an address, which need not be one."""
    found = connection.execute(
        select(_EMAIL.c.vault_id, _EMAIL.c.account_id).where(_EMAIL.c.email_digest == digest_email(provider, email))
    ).one_or_none()
    return None if found is None else read_account(connection, VaultId(found[0]), AccountId(found[1]))


def read_account(connection: Connection, vault_id: VaultId, account_id: AccountId) -> Account | None:
    """The account of these ids, or None."""
    columns = (_ACCOUNT.c.role, _ACCOUNT.c.recovery_confirmed, _ACCOUNT.c.sample)
    row = connection.execute(
        select(*columns).where(_ACCOUNT.c.vault_id == vault_id, _ACCOUNT.c.account_id == account_id)
    ).one_or_none()
    return None if row is None else Account(account_id, vault_id, Role(row[0]), row[1], row[2])
