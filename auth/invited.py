"""Stored invitations for any role: opened, answered once, read by the inviter, taken back. docs/specs/caring.md."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from auth.tables import InvitationRow
from vault.clock import Clock
from vault.database import Database, table_of
from vault.ids import InvitationId, VaultId
from vault.keys.invitations import Answer, BadInvitation, Invitation, Person, check_answer

_INVITATION = table_of(InvitationRow)


def open_invitation(connection: Connection, invitation: Invitation, ends_at: datetime) -> None:
    """It can be answered from now until then."""
    row = {"vault_id": invitation.vault_id, "invitation_id": invitation.invitation_id, "role": invitation.role}
    connection.execute(insert(_INVITATION).values(ends_at=ends_at, **row))


def store_answer(connection: Connection, invitation: Invitation, answer: Answer, now: datetime) -> None:
    """BadInvitation unless it is open and nobody answered it yet."""
    said = {
        "invited_vault": answer.vault_id,
        "public_key": answer.public_key,
        "sealed": answer.sealed,
        "proof": answer.proof,
    }
    is_open = (_INVITATION.c.invited_vault.is_(None)) & (_INVITATION.c.ends_at > now)
    named = _named(invitation.vault_id, invitation.invitation_id) & (_INVITATION.c.role == invitation.role)
    if connection.execute(update(_INVITATION).where(named & is_open).values(said)).rowcount != 1:
        raise BadInvitation(field="invitation")


def read_answer(connection: Connection, invitation: Invitation) -> tuple[Answer, Person] | None:
    """Who answered, proven; None if nobody has. Tampered for an answer that the invitation doesn't prove."""
    answer = read_unproven(connection, invitation)
    return (answer, check_answer(invitation, answer)) if answer else None


def read_unproven(connection: Connection, invitation: Invitation) -> Answer | None:
    """The answer as it is stored, which proves nothing yet; None if nobody has answered."""
    columns = ("invited_vault", "public_key", "sealed", "proof")
    query = select(*(_INVITATION.c[name] for name in columns))
    row = connection.execute(query.where(_named(invitation.vault_id, invitation.invitation_id))).one_or_none()
    if row is None or row.invited_vault is None:
        return None
    return Answer(VaultId(row.invited_vault), row.public_key, row.sealed, row.proof)


def is_open(connection: Connection, invitation: Invitation, now: datetime) -> bool:
    """Whether it can be answered now."""
    named = _named(invitation.vault_id, invitation.invitation_id) & (_INVITATION.c.role == invitation.role)
    waits = (_INVITATION.c.invited_vault.is_(None)) & (_INVITATION.c.ends_at > now)
    return connection.execute(select(_INVITATION.c.role).where(named & waits)).one_or_none() is not None


def drop_invitations(connection: Connection, vault_id: VaultId) -> None:
    """All of a vault, whatever they are for."""
    connection.execute(delete(_INVITATION).where(_INVITATION.c.vault_id == vault_id))


def drop_invitation(connection: Connection, vault_id: VaultId, invitation_id: InvitationId) -> None:
    """Taken back, or done."""
    connection.execute(delete(_INVITATION).where(_named(vault_id, invitation_id)))


def forget_ended_invitations(database: Database, clock: Clock) -> None:
    """A job's work; ended ones were refused already."""
    with database.write() as connection:
        connection.execute(delete(_INVITATION).where(_INVITATION.c.ends_at <= clock.now()))


def _named(vault_id: VaultId, invitation_id: InvitationId) -> Any:
    return (_INVITATION.c.vault_id == vault_id) & (_INVITATION.c.invitation_id == invitation_id)
