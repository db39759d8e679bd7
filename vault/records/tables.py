"""Stored rows of the records room. In the clear: ids, versions, times, an import's state, sealed length, keyed tags."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Integer, LargeBinary, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type


class RecordTable(SQLModel, table=True):
    """One version of one record. It exists for readers only if its card names it; ``segment_id`` says where that is."""

    __tablename__ = "record"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    record_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    segment_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    root_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    import_id: bytes | None = Field(sa_column=Column(id_type(), nullable=True))
    stored_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RecordTag(SQLModel, table=True):
    """Keyed tag of the canonical bytes of any version of a record: the same content joins once."""

    __tablename__ = "record_tag"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    tag: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    record_id: bytes = Field(sa_column=Column(id_type(), nullable=False))


class ImportRun(SQLModel, table=True):
    """State of an import: ``staged`` until its lease ends, then ``published`` or ``failed``, once."""

    __tablename__ = "import_run"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    import_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    state: str = Field(sa_column=Column(String(12), nullable=False))
    blob_id: bytes | None = Field(sa_column=Column(id_type(), nullable=True))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    lease_until: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))


class ImportWaiting(SQLModel, table=True):
    """A file that waits for its citizen's answer until ``kept_until``; ``sealed`` describes it, the blob holds it."""

    __tablename__ = "import_waiting"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    import_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    blob_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    root_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    kept_until: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
