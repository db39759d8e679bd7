"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from vault.audit.triggers import triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("wrapped_email", sa.LargeBinary(), nullable=False),
        sa.Column("recovery_confirmed", sa.Boolean(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "account_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "account_email",
        sa.Column("email_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("email_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_table(
        "audit_account",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "entry_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "audit_entry",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=False),
        sa.Column("actor", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "entry_id"),
        info={"distribution": "vault_id"},
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_at", ["at", "entry_id"], unique=False)
        batch_op.create_index("ix_audit_entry_event_at", ["event", "at", "entry_id"], unique=False)
        batch_op.create_index("ix_audit_entry_grant_at", ["grant_id", "at", "entry_id"], unique=False)
        batch_op.create_index("ix_audit_entry_pseudonym_at", ["pseudonym", "at", "entry_id"], unique=False)
        batch_op.create_index("ix_audit_entry_vault_at", ["vault_id", "at", "entry_id"], unique=False)

    op.create_table(
        "audit_flood",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "pseudonym", "role", "kind", "grant_id", "minute"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "audit_order",
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("origin", "position"),
        sa.UniqueConstraint("origin", "pseudonym", "sequence", name="uq_audit_order_sequence"),
        sa.UniqueConstraint("vault_id", "entry_id", "origin", name="uq_audit_order_entry"),
        info={"distribution": "reference"},
    )
    op.create_table(
        "audit_subject",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "entry_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "blob",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("blob_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "blob_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "directory",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("root_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "page"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "freshness",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "grant",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=True),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("max_opens", sa.Integer(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("passcode_salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("passcode_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("actions", sa.String(length=60), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("set_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("terms_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("receipt_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "grant_id"),
        info={"distribution": "vault_id"},
    )
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.create_index("grant_newest_first", ["vault_id", "starts_at", "grant_id"], unique=False)
        batch_op.create_index("grant_to_sweep", ["destroyed_at", "ends_at"], unique=False)

    op.create_table(
        "import_run",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("import_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("blob_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "import_id"),
        info={"distribution": "vault_id"},
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_run_lease_until"), ["lease_until"], unique=False)

    op.create_table(
        "installation",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        info={"distribution": "reference"},
    )
    op.create_table(
        "job",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("holder", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        info={"distribution": "reference"},
    )
    op.create_table(
        "key_link",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("serving_key", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "grant_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "key_log",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(length=16), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("log_key", sa.LargeBinary(), nullable=False),
        sa.Column("account_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "pseudonym"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "key_manifest",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "key_ring",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "purpose", "number"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "key_root",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("root_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "root_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "key_session",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("session_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "session_id"),
        info={"distribution": "vault_id"},
    )
    with op.batch_alter_table("key_session", schema=None) as batch_op:
        batch_op.create_index("ix_key_session_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "key_slot",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("slot_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_seed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_vault_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "slot_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "link_address",
        sa.Column("link_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("link_digest"),
        info={"distribution": "own-digest"},
    )
    op.create_table(
        "link_file",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("file_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("blob_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "grant_id", "file_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "link_opening",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("opening_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("recipient_tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "grant_id", "opening_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "link_viewing",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("viewing_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("opening_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "grant_id", "viewing_digest"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "paper",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("paper_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("root_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "paper_id", "version"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "record",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("record_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("segment_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("root_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("import_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("stored_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "record_id", "version"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "record_tag",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=32), nullable=False),
        sa.Column("record_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "tag"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "segment",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("segment_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("root_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "segment_id"),
        info={"distribution": "vault_id"},
    )
    op.create_table(
        "throttle",
        sa.Column("throttle_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("throttle_digest"),
        info={"distribution": "own-digest"},
    )
    with op.batch_alter_table("throttle", schema=None) as batch_op:
        batch_op.create_index("throttle_free_at", ["free_at"], unique=False)

    connection = op.get_bind()
    for statement in triggers(connection.dialect.name):
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    with op.batch_alter_table("throttle", schema=None) as batch_op:
        batch_op.drop_index("throttle_free_at")

    op.drop_table("throttle")
    op.drop_table("segment")
    op.drop_table("record_tag")
    op.drop_table("record")
    op.drop_table("paper")
    op.drop_table("link_viewing")
    op.drop_table("link_opening")
    op.drop_table("link_file")
    op.drop_table("link_address")
    op.drop_table("key_slot")
    with op.batch_alter_table("key_session", schema=None) as batch_op:
        batch_op.drop_index("ix_key_session_expires_at")

    op.drop_table("key_session")
    op.drop_table("key_root")
    op.drop_table("key_ring")
    op.drop_table("key_manifest")
    op.drop_table("key_log")
    op.drop_table("key_link")
    op.drop_table("job")
    op.drop_table("installation")
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_run_lease_until"))

    op.drop_table("import_run")
    with op.batch_alter_table("grant", schema=None) as batch_op:
        batch_op.drop_index("grant_to_sweep")
        batch_op.drop_index("grant_newest_first")

    op.drop_table("grant")
    op.drop_table("freshness")
    op.drop_table("directory")
    op.drop_table("blob")
    op.drop_table("audit_subject")
    op.drop_table("audit_order")
    op.drop_table("audit_flood")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_vault_at")
        batch_op.drop_index("ix_audit_entry_pseudonym_at")
        batch_op.drop_index("ix_audit_entry_grant_at")
        batch_op.drop_index("ix_audit_entry_event_at")
        batch_op.drop_index("ix_audit_entry_at")

    op.drop_table("audit_entry")
    op.drop_table("audit_account")
    op.drop_table("account_email")
    op.drop_table("account")
