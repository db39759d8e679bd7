"""What the log keeps. ``audit_entry`` and ``audit_order`` only grow; private parts may be erased, never changed.

The leaf is the entry. The columns beside it are for finding it; readers refuse a row whose columns contradict its leaf.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type

CODE = 32


class AuditEntry(SQLModel, table=True):
    """One act. ``leaf`` by docs/specs/leaf.md."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_vault_at", "vault_id", "at", "entry_id"),
        Index("ix_audit_entry_at", "at", "entry_id"),
        Index("ix_audit_entry_event_at", "event", "at", "entry_id"),
        Index("ix_audit_entry_pseudonym_at", "pseudonym", "at", "entry_id"),
        Index("ix_audit_entry_grant_at", "grant_id", "at", "entry_id"),
        Index("ix_audit_entry_actor_at", "actor", "at", "entry_id"),
        {"info": distributed("vault_id")},
    )
    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    entry_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    event: str = Field(sa_column=Column(String(CODE), nullable=False))
    outcome: str = Field(sa_column=Column(String(CODE), nullable=False))
    reason: str = Field(sa_column=Column(String(CODE), nullable=False))
    grant_id: bytes | None = Field(sa_column=Column(id_type(), nullable=True))
    count: int = Field(sa_column=Column(BigInteger, nullable=False))
    pseudonym: bytes = Field(sa_column=Column(id_type(), nullable=False))
    actor: bytes = Field(sa_column=Column(id_type(), nullable=False))


class AuditSubject(SQLModel, table=True):
    """The subject part, sealed under the log key of the vault's ``generation``."""

    __tablename__ = "audit_subject"
    __table_args__ = ({"info": distributed("vault_id")},)
    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    entry_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    generation: int = Field(sa_column=Column(BigInteger, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditAccount(SQLModel, table=True):
    """The accountability part, sealed under the vault's account key, which the KeyProvider wraps."""

    __tablename__ = "audit_account"
    __table_args__ = ({"info": distributed("vault_id")},)
    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    entry_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditOrder(SQLModel, table=True):
    """Where an entry stands: dense ``position`` in the log ``origin``, gap-free ``sequence`` of its pseudonym.

    Empty until a sequencer fills it.
    """

    __tablename__ = "audit_order"
    __table_args__ = (
        UniqueConstraint("origin", "pseudonym", "sequence", name="uq_audit_order_sequence"),
        UniqueConstraint("vault_id", "entry_id", "origin", name="uq_audit_order_entry"),
        {"info": distributed("reference")},
    )
    origin: str = Field(sa_column=Column(String(200), primary_key=True))
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    vault_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    entry_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    leaf_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    pseudonym: bytes = Field(sa_column=Column(id_type(), nullable=False))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    previous_hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))


class AuditFlood(SQLModel, table=True):
    """Refusals of one kind in one minute, until they become one entry. ``grant_id`` is 16 zero bytes for none."""

    __tablename__ = "audit_flood"
    __table_args__ = ({"info": distributed("vault_id")},)
    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    pseudonym: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    role: str = Field(sa_column=Column(String(CODE), primary_key=True))
    kind: str = Field(sa_column=Column(String(CODE), primary_key=True))
    grant_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    minute: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    count: int = Field(sa_column=Column(BigInteger, nullable=False))


class Installation(SQLModel, table=True):
    """One row: the operator's vault, to which entries belong that belong to no citizen."""

    __tablename__ = "installation"
    __table_args__ = ({"info": distributed("reference")},)
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    vault_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    pseudonym: bytes = Field(sa_column=Column(id_type(), nullable=False))
