"""Open an account: a citizen's with a vault, or an admin's with keys and no records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vault.audit.events import Origin
from vault.ids import AccountId, VaultId


@dataclass(frozen=True, slots=True)
class Created:
    """The recovery code is shown once and kept nowhere."""

    account_id: AccountId
    vault_id: VaultId
    recovery_code: str
    token: str
    expires_at: datetime


class Accounts:
    def create_citizen(self, email: str, name: str, birth_date: str, passphrase: str, origin: Origin) -> Created:
        """Invalid subclasses name the field; Conflict (``email-taken``) if the address has an account."""
        raise NotImplementedError

    def create_admin(self, email: str, passphrase: str, origin: Origin) -> Created:
        raise NotImplementedError
