"""Whether a citizen wants notices by mail, and their address, opened only when a mail is about to leave.

The choice is read while the vault is locked, so it stands in the clear beside the account; *in the app only* is what
everybody begins with. Changing it takes a live session and is logged.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update

from auth.accounts import unwrap_email
from auth.sessions import Session
from auth.tables import AccountRow
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.log import Log
from vault.database import Database, table_of
from vault.ids import VaultId
from vault.keys.provider import KeyProvider

BY_MAIL, IN_APP_ONLY = "by-mail", "in-app-only"
_ACCOUNT = table_of(AccountRow)


@dataclass(frozen=True, slots=True, repr=False)
class Mailbox:
    """Where a citizen wants their mail."""

    address: str


class Mailboxes:
    def __init__(self, database: Database, provider: KeyProvider, log: Log) -> None:
        self._database = database
        self._provider = provider
        self._log = log

    def wants_mail(self, session: Session) -> bool:
        query = select(_ACCOUNT.c.notices_by_mail).where(
            _ACCOUNT.c.vault_id == session.vault_id, _ACCOUNT.c.account_id == session.account_id
        )
        with self._database.read() as connection:
            return bool(connection.execute(query).scalar_one())

    def choose(self, session: Session, by_mail: bool, origin: Origin) -> None:
        """Choosing what is chosen already changes nothing and is no entry."""
        other = update(_ACCOUNT).where(
            _ACCOUNT.c.vault_id == session.vault_id,
            _ACCOUNT.c.account_id == session.account_id,
            _ACCOUNT.c.notices_by_mail.is_(not by_mail),
        )
        reason = BY_MAIL if by_mail else IN_APP_ONLY
        entry = Entry(Event.NOTICE, Outcome.DONE, reason, accountability=origin.as_accountability())
        with self._database.write() as connection:
            if connection.execute(other.values(notices_by_mail=by_mail)).rowcount == 1:
                self._log.append(connection, session.trail, entry, session.keyring)

    def address_of(self, vault_id: VaultId) -> str | None:
        """The address, whatever its owner chose: for what must reach who can't sign in. None for sample accounts."""
        return self._address(vault_id, _ACCOUNT.c.sample.is_(False))

    def of_vault(self, vault_id: VaultId) -> Mailbox | None:
        """The address, only where its owner wants mail now; None otherwise, and for sample accounts."""
        wanted = _ACCOUNT.c.notices_by_mail.is_(True) & _ACCOUNT.c.sample.is_(False)
        address = self._address(vault_id, wanted)
        return None if address is None else Mailbox(address)

    def _address(self, vault_id: VaultId, where: ColumnElement[bool]) -> str | None:
        query = select(_ACCOUNT.c.account_id, _ACCOUNT.c.wrapped_email).where(_ACCOUNT.c.vault_id == vault_id, where)
        with self._database.read() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        if row is None:
            return None
        return unwrap_email(self._provider, vault_id, row.account_id, row.wrapped_email)
