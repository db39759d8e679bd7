"""What erasing leaves to do. None of these rows names a person, and only one names a vault that still is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type


class ErasureRow(SQLModel, table=True):
    """One erased vault, found by the address that its owner was given. ``told``: JSON of counts, without a name.

    ``certificate`` is set once the old bytes are gone; ``taken_at`` once it was downloaded.
    """

    __tablename__ = "erasure"
    __table_args__ = (Index("erasure_kept_until", "kept_until"), {"info": distributed("own-digest")})

    address_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    erased_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    told: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    certificate: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    taken_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    kept_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class ErasureDueRow(SQLModel, table=True):
    """Erased, and not yet in the ledger: written in the erasing transaction, so that neither is without the other."""

    __tablename__ = "erasure_due"
    __table_args__ = ({"info": distributed("own-digest")},)

    erased_digest: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    kind: str = Field(sa_column=Column(String(12), nullable=False))
    erased_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class ErasureAgainRow(SQLModel, table=True):
    """A record that the ledger names and a restored backup brought back: erased when its vault is next unlocked."""

    __tablename__ = "erasure_again"
    __table_args__ = ({"info": distributed("vault_id")},)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    record_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))


class ErasureLedgerRow(SQLModel, table=True):
    """One row: how much of the ledger this database knows. A restored one knows less than the file holds."""

    __tablename__ = "erasure_ledger"
    __table_args__ = ({"info": distributed("reference")},)

    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    entries: int = Field(sa_column=Column(BigInteger, nullable=False))
    head: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))
