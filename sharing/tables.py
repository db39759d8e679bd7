"""Stored rows of grants and links. In the clear: ids, times, counters and keyed digests; terms live in sealed papers.

A link's keys are a row of their own in a ``key_`` table: deleting it ends every copy of the link's files.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type


class StoredGrant(SQLModel, table=True):
    """``opens`` and ``tries`` only ever move by conditional updates. ``actions``: words in order, comma between.

    ``demand``: keyed tags of where its reader must sign in and as whom; null where nobody must.
    """

    __tablename__ = "grant"
    __table_args__ = (
        Index("grant_newest_first", "vault_id", "starts_at", "grant_id"),
        Index("grant_to_sweep", "destroyed_at", "ends_at"),
        {"info": distributed("vault_id")},
    )

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    grant_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    starts_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    ends_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    withdrawn_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    frozen_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    destroyed_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    opens: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    last_opened_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    max_opens: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    tries: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    passcode_salt: bytes | None = Field(default=None, sa_column=Column(LargeBinary(16), nullable=True))
    passcode_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary(32), nullable=True))
    demand: bytes | None = Field(default=None, sa_column=Column(LargeBinary(64), nullable=True))
    actions: str = Field(sa_column=Column(String(60), nullable=False))
    files: int = Field(sa_column=Column(Integer, nullable=False))
    set_digest: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    terms_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    receipt_id: bytes = Field(sa_column=Column(id_type(), nullable=False))


class KeyLinkRow(SQLModel, table=True):
    """``serving_key`` wrapped by the key provider; ``link`` (key and id) under the citizen's vault key."""

    __tablename__ = "key_link"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    grant_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    generation: int = Field(sa_column=Column(Integer, nullable=False))
    serving_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    link: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LinkAddressRow(SQLModel, table=True):
    """Finds a grant from what the URL says; kept after the end, so that late visits are logged where they belong."""

    __tablename__ = "link_address"
    __table_args__ = ({"info": distributed("own-digest")},)

    link_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    vault_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    grant_id: bytes = Field(sa_column=Column(id_type(), nullable=False))


class LinkFileRow(SQLModel, table=True):
    """``size`` is that of the JWE in characters, so that nothing is opened to learn what fits."""

    __tablename__ = "link_file"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    grant_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    file_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    position: int = Field(sa_column=Column(Integer, nullable=False))
    content_type: str = Field(sa_column=Column(String(80), nullable=False))
    blob_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))


class LinkOpeningRow(SQLModel, table=True):
    """One counted open. ``recipient_tag`` is keyed by the serving key and says nothing once that is gone."""

    __tablename__ = "link_opening"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    grant_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    opening_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    recipient_tag: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class LinkViewingRow(SQLModel, table=True):
    """A viewing token of one open, by its digest: it stands for the passcode until ``ends_at``."""

    __tablename__ = "link_viewing"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    grant_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    viewing_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    opening_id: bytes = Field(sa_column=Column(id_type(), nullable=False))
    ends_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class NoticeRow(SQLModel, table=True):
    """Something to tell the citizen: what kind, about which grant, in which log entry. No name and no health word.

    ``mail_due_at``: when mail about it is tried next; null once it was sent, given up or not wanted.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_newest_first", "vault_id", "at", "notice_id"),
        Index("notice_mail_due", "mail_due_at"),
        {"info": distributed("vault_id")},
    )

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    notice_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    kind: str = Field(sa_column=Column(String(32), nullable=False))
    grant_id: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    entry_id: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    seen_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    mail_due_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    mail_tries: int = Field(default=0, sa_column=Column(Integer, nullable=False))
