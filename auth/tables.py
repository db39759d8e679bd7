"""Rows of accounts and throttling. An e-mail address is kept wrapped by the KeyProvider and found by a keyed digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type


class AccountRow(SQLModel, table=True):
    """A sign-in identity. ``sample`` accounts have published passphrases and work in a demo only.

    ``notices_by_mail`` is in the clear because it is asked while the vault is locked.
    """

    __tablename__ = "account"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    account_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    role: str = Field(sa_column=Column(String(16), nullable=False))
    wrapped_email: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    recovery_confirmed: bool = Field(default=False, nullable=False)
    sample: bool = Field(default=False, nullable=False)
    notices_by_mail: bool = Field(default=False, nullable=False)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class AccountEmailRow(SQLModel, table=True):
    """Keyed digest of an e-mail address → its account."""

    __tablename__ = "account_email"
    __table_args__ = ({"info": distributed("own-digest")},)

    email_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    vault_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    account_id: bytes = Field(sa_column=Column(id_type(), nullable=False))


class ThrottleRow(SQLModel, table=True):
    """Tries under one keyed digest of an account or a network address."""

    __tablename__ = "throttle"
    __table_args__ = (Index("throttle_free_at", "free_at"), {"info": distributed("own-digest")})

    throttle_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    tries: int = Field(sa_column=Column(Integer, nullable=False))
    free_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    tried_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class SampleVaultRow(SQLModel, table=True):
    """A vault to look around in. Made ahead it waits without ``claimed_at``; then it is one visitor's.

    ``network_digest`` is keyed and says whose network that visitor came from, for counting only; empty while it waits.
    """

    __tablename__ = "sample_vault"
    __table_args__ = (
        Index("sample_vault_claimed_at", "claimed_at"),
        Index("sample_vault_network", "network_digest"),
        {"info": distributed("vault_id")},
    )

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    network_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    made_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    claimed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class LockedSessionRow(SQLModel, table=True):
    """Who signed in without opening anything. It is found by the digest of its token, which is stored nowhere."""

    __tablename__ = "locked_session"
    __table_args__ = (Index("locked_session_expires_at", "expires_at"), {"info": distributed("own-digest")})

    token_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    vault_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    account_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    method: str = Field(sa_column=Column(String(40), nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class InvitationRow(SQLModel, table=True):
    """An invitation to be a carer or trusted person, answered or not. Who answered is sealed under its secret."""

    __tablename__ = "key_invitation"
    __table_args__ = (Index("key_invitation_ends_at", "ends_at"), {"info": distributed("vault_id")})

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    invitation_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    role: str = Field(sa_column=Column(String(12), nullable=False))
    ends_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    invited_vault: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    public_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    proof: bytes | None = Field(default=None, sa_column=Column(LargeBinary(32), nullable=True))


class TrustedRow(SQLModel, table=True):
    """The two halves of a trusted person's slot, and how many days the server waits before it adds its own."""

    __tablename__ = "key_trusted"
    __table_args__ = (Index("key_trusted_person", "trusted_vault"), {"info": distributed("vault_id")})

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    slot_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    trusted_vault: bytes = Field(sa_column=Column(id_type(), nullable=False))
    sealed_half: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    wrapped_half: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    wait_days: int = Field(sa_column=Column(Integer, nullable=False))


class AskRow(SQLModel, table=True):
    """Somebody asks to come back by their trusted person. ``no_digest`` is of the token by which one says no."""

    __tablename__ = "key_ask"
    __table_args__ = (Index("key_ask_told_at", "told_at"), {"info": distributed("vault_id")})

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    slot_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    no_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    opens_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    told_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    handed_half: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class ReminderRow(SQLModel, table=True):
    """When a carer is to be reminded of somebody who has grown; nothing here says of whom."""

    __tablename__ = "reminder"
    __table_args__ = (Index("reminder_due_at", "due_at"), {"info": distributed("vault_id")})

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    reminder_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    due_at: datetime = Field(sa_column=Column(UtcDateTime, primary_key=True))


class UnopenedErasureRow(SQLModel, table=True):
    """Somebody who lost every way in asks to have their vault erased. ``no_digest``: of the token that says no."""

    __tablename__ = "unopened_erasure"
    __table_args__ = (Index("unopened_erasure_told_at", "told_at"), {"info": distributed("vault_id")})

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    no_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    asked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    erase_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    told_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class MailCodeRow(SQLModel, table=True):
    """A code that was mailed to prove an address. Found by a keyed digest of what for and to whom."""

    __tablename__ = "mail_code"
    __table_args__ = (Index("mail_code_ends_at", "ends_at"), {"info": distributed("own-digest")})

    code_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    code_mac: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    tries: int = Field(sa_column=Column(Integer, nullable=False))
    ends_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class SecondFactorRow(SQLModel, table=True):
    """The wrapped seed of an authenticator app. ``since`` None: not confirmed yet. ``last_step``: of the last code."""

    __tablename__ = "key_second_factor"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    account_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    wrapped_seed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    last_step: int = Field(sa_column=Column(BigInteger, nullable=False))
    since: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class PasskeyRow(SQLModel, table=True):
    """A passkey, found by the digest of its id. ``slot_id`` None: it signs in and opens nothing."""

    __tablename__ = "key_passkey"
    __table_args__ = (Index("key_passkey_vault", "vault_id"), {"info": distributed("own-digest")})

    credential_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    vault_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    account_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    slot_id: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    credential_id: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sign_count: int = Field(sa_column=Column(BigInteger, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class PasskeyChallengeRow(SQLModel, table=True):
    """A challenge that a browser was given, good once and for five minutes, in that browser."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (Index("passkey_challenge_ends_at", "ends_at"), {"info": distributed("own-digest")})

    challenge_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    ends_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class LinkedIdentityRow(SQLModel, table=True):
    """Which account a provider's subject signs in to. ``told`` is wrapped by the KeyProvider: issuer and address."""

    __tablename__ = "linked_identity"
    __table_args__ = (Index("linked_identity_account", "vault_id", "account_id"), {"info": distributed("own-digest")})

    identity_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    vault_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    account_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    told: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    linked_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class SignInAttemptRow(SQLModel, table=True):
    """An attempt to sign in at a provider, by the digest of a token that one browser has.

    ``thing_id``: the account or grant that it is about. ``found``: an identity that waits for its account, sealed.
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("sign_in_attempt_ends_at", "ends_at"), {"info": distributed("own-digest")})

    attempt_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    purpose: str = Field(sa_column=Column(String(12), nullable=False))
    provider: str = Field(sa_column=Column(String(20), nullable=False))
    vault_id: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    thing_id: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    found: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    ends_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
