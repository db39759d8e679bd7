"""Which jobs exist, when each is due, and who is running it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed


class Job(SQLModel, table=True):
    """One row a job. Free when ``lease_until`` is past or null; ``holder`` is random, made for each run."""

    __tablename__ = "job"
    __table_args__ = ({"info": distributed("reference")},)
    name: str = Field(sa_column=Column(String(64), primary_key=True))
    due_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    lease_until: datetime | None = Field(sa_column=Column(UtcDateTime, nullable=True))
    holder: str | None = Field(sa_column=Column(String(32), nullable=True))
