"""The finished path: documents, notices, hand-over, asking again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_entry_actor_at", "audit_entry", ["actor", "at", "entry_id"], unique=False)
    op.add_column("grant", sa.Column("frozen_at", sa.BigInteger(), nullable=True))
    op.add_column("grant", sa.Column("last_opened_at", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("notices_by_mail", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "notice",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("notice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("mail_due_at", sa.BigInteger(), nullable=True),
        sa.Column("mail_tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "notice_id"),
        info={"distribution": "vault_id"},
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("notice_newest_first", ["vault_id", "at", "notice_id"], unique=False)
        batch_op.create_index("notice_mail_due", ["mail_due_at"], unique=False)
    op.create_table(
        "import_waiting",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("import_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("blob_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("root_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kept_until", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "import_id"),
        info={"distribution": "vault_id"},
    )
    with op.batch_alter_table("import_waiting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_waiting_kept_until"), ["kept_until"], unique=False)
    op.create_table(
        "sample_vault",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("network_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("vault_id"),
        info={"distribution": "vault_id"},
    )
    with op.batch_alter_table("sample_vault", schema=None) as batch_op:
        batch_op.create_index("sample_vault_claimed_at", ["claimed_at"], unique=False)
        batch_op.create_index("sample_vault_network", ["network_digest"], unique=False)
    op.add_column("key_session", sa.Column("lent_grant", sa.LargeBinary(length=16), nullable=True))
    op.create_table(
        "handover",
        sa.Column("handover_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("point", sa.LargeBinary(length=65), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("screen_nonce", sa.LargeBinary(length=32), nullable=True),
        sa.Column("citizen_nonce", sa.LargeBinary(length=32), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("handover_digest"),
        info={"distribution": "own-digest"},
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index("handover_expires_at", ["expires_at"], unique=False)
    op.create_table(
        "handover_code",
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("handover_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code_digest"),
        info={"distribution": "own-digest"},
    )
    with op.batch_alter_table("handover_code", schema=None) as batch_op:
        batch_op.create_index("handover_code_expires_at", ["expires_at"], unique=False)
    op.create_table(
        "handover_tries",
        sa.Column("tries_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tries_digest"),
        info={"distribution": "own-digest"},
    )
    with op.batch_alter_table("handover_tries", schema=None) as batch_op:
        batch_op.create_index("handover_tries_ends_at", ["ends_at"], unique=False)
    op.create_table(
        "link_pass",
        sa.Column("vault_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("grant_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("pass_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("vault_id", "grant_id", "pass_digest"),
        info={"distribution": "vault_id"},
    )
    with op.batch_alter_table("link_pass", schema=None) as batch_op:
        batch_op.create_index("link_pass_ends_at", ["ends_at"], unique=False)


def downgrade() -> None:
    for name in ("link_pass", "handover_tries", "handover_code", "handover"):
        op.drop_table(name)
    op.drop_column("key_session", "lent_grant")
    op.drop_table("sample_vault")
    op.drop_table("import_waiting")
    op.drop_table("notice")
    op.drop_column("account", "notices_by_mail")
    op.drop_column("grant", "last_opened_at")
    op.drop_column("grant", "frozen_at")
    op.drop_index("ix_audit_entry_actor_at", table_name="audit_entry")
