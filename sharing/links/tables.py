"""Rows of passes: what stands for a link's passcode on a screen that the citizen handed it over to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type


class LinkPassRow(SQLModel, table=True):
    """By its digest; it may be shown until ``ends_at``."""

    __tablename__ = "link_pass"
    __table_args__ = (Index("link_pass_ends_at", "ends_at"), {"info": distributed("vault_id")})

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    grant_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    pass_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    ends_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
