"""Stored rows that the freshness sum covers, the sum itself, and blobs. Contents are sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type


class FreshnessRow(SQLModel, table=True):
    __tablename__ = "freshness"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PaperRow(SQLModel, table=True):
    __tablename__ = "paper"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    paper_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    purpose: str = Field(sa_column=Column(String(40), nullable=False))
    root_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    stored_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class BlobRow(SQLModel, table=True):
    __tablename__ = "blob"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    blob_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SegmentTable(SQLModel, table=True):
    __tablename__ = "segment"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    segment_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    root_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DirectoryTable(SQLModel, table=True):
    __tablename__ = "directory"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    page: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    root_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
