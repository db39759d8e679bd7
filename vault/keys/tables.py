"""The key tables. Prefixed ``key_``: backups of data leave them out, so that erasing a key erases what it opened.

In the clear: ids, kinds, purposes, times, counts, public keys, and how a passphrase is stretched.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String
from sqlmodel import Field, SQLModel

from vault.database import UtcDateTime, distributed, id_type

_BY_VAULT = {"info": distributed("vault_id")}


class KeyManifest(SQLModel, table=True):
    """One per vault: what is allowed to open it. ``signature`` by the provider, ``mac`` under the vault key."""

    __tablename__ = "key_manifest"
    __table_args__ = (_BY_VAULT,)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    serial: int = Field(sa_type=BigInteger)
    generation: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)
    signature: bytes = Field(sa_type=LargeBinary)
    mac: bytes = Field(sa_type=LargeBinary)


class KeySlot(SQLModel, table=True):
    """A key pair that one secret opens, and the vault keys sealed to it. ``kind`` is a ``SlotKind``."""

    __tablename__ = "key_slot"
    __table_args__ = (_BY_VAULT,)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    slot_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    kind: int
    parameters: bytes = Field(sa_type=LargeBinary)
    public_key: bytes = Field(sa_type=LargeBinary)
    wrapped_seed: bytes = Field(sa_type=LargeBinary)
    sealed_vault_key: bytes = Field(sa_type=LargeBinary)
    sealed_private_key: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))


class KeySession(SQLModel, table=True):
    """The vault keys wrapped under a bearer token's secret, which is stored nowhere.

    ``kind``: ``session`` or ``token``. ``details`` (name, browser) are sealed. ``lent_grant``: while it is set, the
    session shows that one grant's content and nothing else of the vault. ``acting_vault``: whose vault it acts in.
    """

    __tablename__ = "key_session"
    __table_args__ = (Index("ix_key_session_expires_at", "expires_at"), _BY_VAULT)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    session_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    account_id: bytes = Field(sa_type=LargeBinary)
    generation: int = Field(sa_type=BigInteger)
    wrapped: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    lent_grant: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    kind: str = Field(sa_column=Column(String(12), nullable=False, server_default="session"))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    proven_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, nullable=True))
    awaits: str = Field(sa_column=Column(String(12), nullable=False, server_default=""))
    scopes: str = Field(sa_column=Column(String(200), nullable=False, server_default=""))
    acting_vault: bytes | None = Field(default=None, sa_column=Column(id_type(), nullable=True))
    details: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class KeyRing(SQLModel, table=True):
    """Seeds wrapped under the vault key; purpose ``delivery``, ``number`` its epoch."""

    __tablename__ = "key_ring"
    __table_args__ = (_BY_VAULT,)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    purpose: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    generation: int = Field(sa_type=BigInteger)
    public_key: bytes = Field(sa_type=LargeBinary)
    wrapped: bytes = Field(sa_type=LargeBinary)


class KeyRoot(SQLModel, table=True):
    """Roots wrapped under the vault key; purpose ``write`` or ``segment``. ``objects`` counts what a root covers."""

    __tablename__ = "key_root"
    __table_args__ = (_BY_VAULT,)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    root_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    generation: int = Field(sa_type=BigInteger)
    purpose: str
    wrapped: bytes = Field(sa_type=LargeBinary)
    objects: int


class KeyPrevious(SQLModel, table=True):
    """While a rotation lasts: the vault keys of ``generation`` under those of the next. docs/specs/rotation.md."""

    __tablename__ = "key_previous"
    __table_args__ = (_BY_VAULT,)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    generation: int = Field(sa_type=BigInteger)
    wrapped: bytes = Field(sa_type=LargeBinary)
    wrapped_private: bytes = Field(sa_type=LargeBinary)


class KeyLog(SQLModel, table=True):
    """A log pseudonym of a vault; the log key of one generation, and the account key, which is that of all."""

    __tablename__ = "key_log"
    __table_args__ = (_BY_VAULT,)

    vault_id: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    pseudonym: bytes = Field(sa_column=Column(id_type(), primary_key=True))
    generation: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_key: bytes = Field(sa_type=LargeBinary)
    account_key: bytes = Field(sa_type=LargeBinary)
