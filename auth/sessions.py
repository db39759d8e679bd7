"""Sign in, resume, sign out; change the passphrase; come back by the recovery code.

A wrong passphrase, an unknown address and a wrong recovery code get the same answer after the same work.
Argon2id runs before a transaction, never inside one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from auth.roles import Role
from vault.audit.events import Origin
from vault.audit.log import Trail
from vault.ids import AccountId, SessionId, VaultId
from vault.keys.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in person, with their vault unlocked for the length of one request."""

    account_id: AccountId
    vault_id: VaultId
    session_id: SessionId
    role: Role
    keyring: Keyring
    trail: Trail
    recovery_confirmed: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``recovery_code`` is the new one, only after coming back by the old one."""

    token: str
    expires_at: datetime
    role: Role
    recovery_code: str | None = None


class Sessions:
    def with_passphrase(self, email: str, passphrase: str, origin: Origin) -> SignedIn:
        raise NotImplementedError

    def with_recovery_code(self, email: str, code: str, new_passphrase: str, origin: Origin) -> SignedIn:
        raise NotImplementedError

    def resume(self, token: str) -> Session:
        """The session of a token; Unauthenticated if it is malformed, unknown, ended or expired."""
        raise NotImplementedError

    def sign_out(self, session: Session) -> None:
        raise NotImplementedError

    def sign_out_everywhere(self, session: Session) -> None:
        raise NotImplementedError

    def change_passphrase(self, session: Session, passphrase: str, new_passphrase: str, origin: Origin) -> None:
        raise NotImplementedError

    def confirm_recovery_code(self, session: Session, last_group: str) -> None:
        """Invalid (``wrong-recovery-group``) unless it is the last group of the current code."""
        raise NotImplementedError
