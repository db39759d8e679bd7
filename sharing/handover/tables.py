"""Rows of hand-overs, which live for minutes: a waiting code under a keyed digest, all else under digests of ids."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, Integer, LargeBinary, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type


class HandoverRow(SQLModel, table=True):
    """One screen that waits. ``state`` only ever moves by conditional updates: docs/specs/handover.md."""

    __tablename__ = "handover"
    __table_args__ = (Index("handover_expires_at", "expires_at"), {"info": distributed("own-digest")})

    handover_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    secret_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    state: str = Field(sa_column=Column(String(12), nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    point: bytes = Field(sa_column=Column(LargeBinary(65), nullable=False))
    commitment: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    screen_nonce: bytes | None = Field(default=None, sa_column=Column(LargeBinary(32), nullable=True))
    citizen_nonce: bytes | None = Field(default=None, sa_column=Column(LargeBinary(32), nullable=True))
    code_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary(32), nullable=True))
    vault_id: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    grant_id: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class HandoverCodeRow(SQLModel, table=True):
    """A code nobody has used yet. Taking it deletes the row, so one code is one claim."""

    __tablename__ = "handover_code"
    __table_args__ = (Index("handover_code_expires_at", "expires_at"), {"info": distributed("own-digest")})

    code_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    handover_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class HandoverTriesRow(SQLModel, table=True):
    """How often one sign-in, one network or everybody together has tried, until ``ends_at``; by a keyed digest."""

    __tablename__ = "handover_tries"
    __table_args__ = (Index("handover_tries_ends_at", "ends_at"), {"info": distributed("own-digest")})

    tries_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    tries: int = Field(sa_column=Column(Integer, nullable=False))
    ends_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
