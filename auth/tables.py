"""Rows of accounts and throttling. An e-mail address is kept wrapped by the KeyProvider and found by a keyed digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, Integer, LargeBinary, String
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
