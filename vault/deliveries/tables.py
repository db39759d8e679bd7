"""Stored rows of deliveries. In the clear: ids, states, times, sealed sizes, digests of random or sealed bytes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type

_BY_VAULT = {"info": distributed("vault_id")}


class DeliveryKeyRow(SQLModel, table=True):
    """An API key that a citizen issued to one sender. Its name is a sealed paper of the same id."""

    __tablename__ = "delivery_key"
    __table_args__ = (_BY_VAULT,)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    key_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    secret_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class DeliveryRow(SQLModel, table=True):
    """One delivery. ``state``: ``waiting``, ``asks`` (whose it is), ``quarantined``, then ``done``, emptied, for ever.

    ``lab_signature``: lab key 32 and signature 64, or empty. ``objects``: as docs/specs/delivery.md, from the count on.
    """

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_state", "vault_id", "state"), _BY_VAULT)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    delivery_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    key_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    state: str = Field(sa_column=Column(String(12), nullable=False))
    reason: str = Field(sa_column=Column(String(32), nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    arrived_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    body_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    lab_signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    objects: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class KeyDelivery(SQLModel, table=True):
    """The sealed root of a delivery that isn't done yet. It goes at the opening, and data backups never had it."""

    __tablename__ = "key_delivery"
    __table_args__ = (_BY_VAULT,)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    delivery_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    epoch: int = Field(sa_column=Column(BigInteger, nullable=False))
    sealed_root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
