"""Keys and identity in full: ways in, single sign-on, deliveries, rotation, erasure, carers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _session_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("kind", sa.String(length=12), nullable=False, server_default="session"),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("proven_at", sa.BigInteger(), nullable=True),
        sa.Column("awaits", sa.String(length=12), nullable=False, server_default=""),
        sa.Column("scopes", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("acting_vault", sa.LargeBinary(length=16), nullable=True),
        sa.Column("details", sa.LargeBinary(), nullable=True),
    )


def _make_erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("address_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("kept_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("address_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_index("erasure_kept_until", "erasure", ["kept_until"], unique=False)
    op.create_table(
        "erasure_due",
        sa.Column("erased_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("erased_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_table(
        "erasure_again",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("record_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "record_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "erasure_ledger",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        info={"distribution": "reference"},
    )


def _make_rotation() -> None:
    op.create_table(
        "key_previous",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_private", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id"),
        info={"distribution": "vault_id"},
    )
    _key_log_by("vault_id", "pseudonym", "generation")


def _drop_rotation() -> None:
    newest = "SELECT max(generation) FROM key_log newer WHERE newer.vault_id = key_log.vault_id"
    op.execute(f"DELETE FROM key_log WHERE generation < ({newest} AND newer.pseudonym = key_log.pseudonym)")  # noqa: S608
    _key_log_by("vault_id", "pseudonym")
    op.drop_table("key_previous")


def _key_log_by(*columns: str) -> None:
    """Give ``key_log`` this primary key; SQLite needs the table made again for it."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("key_log_pkey", "key_log", type_="primary")
        op.create_primary_key("key_log_pkey", "key_log", list(columns))
        return
    op.rename_table("key_log", "key_log_before")
    op.create_table(
        "key_log",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=False),
        sa.Column("generation", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_key", sa.LargeBinary(), nullable=False),
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*columns),
        info={"distribution": "vault_id"},
    )
    names = "vault_id, pseudonym, generation, log_key, account_key"
    op.execute(f"INSERT INTO key_log ({names}) SELECT {names} FROM key_log_before")  # noqa: S608
    op.drop_table("key_log_before")


def _make_trusted() -> None:
    op.create_table(
        "key_trusted",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("slot_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("trusted_vault", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed_half", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_half", sa.LargeBinary(), nullable=False),
        sa.Column("wait_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "slot_id"),
        info={"distribution": "vault_id"},
    )
    op.create_index("key_trusted_person", "key_trusted", ["trusted_vault"], unique=False)
    op.create_table(
        "key_ask",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("slot_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("no_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("handed_half", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("vault_id", "slot_id"),
        info={"distribution": "vault_id"},
    )
    op.create_index("key_ask_told_at", "key_ask", ["told_at"], unique=False)
    op.create_table(
        "mail_code",
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("code_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_index("mail_code_ends_at", "mail_code", ["ends_at"], unique=False)


def _drop_trusted() -> None:
    for name in ("mail_code", "key_ask", "key_trusted"):
        op.drop_table(name)


def _make_caring() -> None:
    op.create_table(
        "reminder",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reminder_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "reminder_id", "due_at"),
        info={"distribution": "vault_id"},
    )
    op.create_index("reminder_due_at", "reminder", ["due_at"], unique=False)
    op.create_table(
        "unopened_erasure",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("no_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("erase_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id"),
        info={"distribution": "vault_id"},
    )
    op.create_index("unopened_erasure_told_at", "unopened_erasure", ["told_at"], unique=False)


def _drop_caring() -> None:
    for name in ("unopened_erasure", "reminder"):
        op.drop_table(name)


def _make_deliveries() -> None:
    op.create_table(
        "delivery_key",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("vault_id", "key_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "delivery",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("delivery_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("lab_signature", sa.LargeBinary(), nullable=False),
        sa.Column("objects", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "delivery_id"),
        info={"distribution": "vault_id"},
    )
    op.create_index("delivery_state", "delivery", ["vault_id", "state"], unique=False)
    op.create_table(
        "key_delivery",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("delivery_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sealed_root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "delivery_id"),
        info={"distribution": "vault_id"},
    )


def _drop_deliveries() -> None:
    for table in ("key_delivery", "delivery", "delivery_key"):
        op.drop_table(table)


def _make_second_factor() -> None:
    op.create_table(
        "key_second_factor",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("wrapped_seed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("vault_id", "account_id"),
        info={"distribution": "vault_id"},
    )


def _make_passkeys() -> None:
    op.create_table(
        "key_passkey",
        sa.Column("credential_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("slot_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("credential_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_index("key_passkey_vault", "key_passkey", ["vault_id"], unique=False)
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_index("passkey_challenge_ends_at", "passkey_challenge", ["ends_at"], unique=False)


def _drop_passkeys() -> None:
    op.drop_table("passkey_challenge")
    op.drop_table("key_passkey")


def _make_single_sign_on() -> None:
    op.create_table(
        "linked_identity",
        sa.Column("identity_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("identity_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_index("linked_identity_account", "linked_identity", ["vault_id", "account_id"], unique=False)
    op.create_table(
        "sign_in_attempt",
        sa.Column("attempt_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("thing_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("found", sa.LargeBinary(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_index("sign_in_attempt_ends_at", "sign_in_attempt", ["ends_at"], unique=False)
    op.add_column("grant", sa.Column("demand", sa.LargeBinary(length=64), nullable=True))


def _drop_single_sign_on() -> None:
    op.drop_column("grant", "demand")
    for name in ("sign_in_attempt", "linked_identity"):
        op.drop_table(name)


def upgrade() -> None:
    _make_single_sign_on()
    _make_passkeys()
    _make_second_factor()
    _make_deliveries()
    _make_caring()
    _make_trusted()
    _make_rotation()
    _make_erasure()
    for column in _session_columns():
        op.add_column("key_session", column)
    op.add_column("key_slot", sa.Column("last_used_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "locked_session",
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_index("locked_session_expires_at", "locked_session", ["expires_at"], unique=False)
    op.create_table(
        "key_invitation",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("invitation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("invited_vault", sa.LargeBinary(length=16), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("proof", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("vault_id", "invitation_id"),
        info={"distribution": "vault_id"},
    )
    op.create_index("key_invitation_ends_at", "key_invitation", ["ends_at"], unique=False)


def downgrade() -> None:
    _drop_single_sign_on()
    _drop_passkeys()
    op.drop_table("key_second_factor")
    _drop_deliveries()
    _drop_caring()
    _drop_trusted()
    _drop_rotation()
    for table in ("erasure_ledger", "erasure_again", "erasure_due", "erasure"):
        op.drop_table(table)
    op.drop_table("key_invitation")
    op.drop_table("locked_session")
    op.drop_column("key_slot", "last_used_at")
    for column in reversed(_session_columns()):
        op.drop_column("key_session", column.name)
