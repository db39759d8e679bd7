"""Tickets: where a manifest says a file may be fetched, for at most an hour. Nothing of them is stored.

``base64url(file id 16 | opening id 16 | expires u64be µs | mac 16)``; the MAC is keyed from the link's serving key,
so tickets die with it. A ticket proves that an open was counted, not that the link still lives: that is asked again.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from vault.clock import from_microseconds, to_microseconds
from vault.crypto.context import ctx
from vault.crypto.derivation import derive_key, derive_mac
from vault.crypto.secret import ServingKey
from vault.errors import Tampered
from vault.ids import FileId, GrantId, OpeningId

LIFETIME = timedelta(hours=1)
_BODY_BYTES = 40
_TICKET_CHARACTERS = 75


@dataclass(frozen=True, slots=True)
class Ticket:
    file_id: FileId
    opening_id: OpeningId
    expires_at: datetime


def write_ticket(serving_key: ServingKey, grant_id: GrantId, ticket: Ticket) -> str:
    """75 characters that only this server can have written for this grant."""
    body = ticket.file_id + ticket.opening_id + to_microseconds(ticket.expires_at).to_bytes(8, "big")
    return base64.urlsafe_b64encode(body + _mac(serving_key, grant_id, body)).rstrip(b"=").decode()


def read_ticket(serving_key: ServingKey, grant_id: GrantId, text: str) -> Ticket:
    """What a ticket says; Tampered for another grant's, a changed or a malformed one. It may have expired."""
    if len(text) != _TICKET_CHARACTERS or not text.isascii():
        raise Tampered
    try:
        raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Tampered from None
    body = raw[:_BODY_BYTES]
    if not hmac.compare_digest(raw[_BODY_BYTES:], _mac(serving_key, grant_id, body)):
        raise Tampered
    expires_at = from_microseconds(int.from_bytes(body[32:], "big"))
    return Ticket(FileId(body[:16]), OpeningId(body[16:32]), expires_at)


def recipient_tag(serving_key: ServingKey, grant_id: GrantId, recipient: str) -> bytes:
    """32 bytes that tell whether the same name was stated before, and nothing else once the serving key is gone."""
    key = derive_key(serving_key.raw, ctx("recipient-key/1", grant_id))
    return derive_mac(key, ctx("recipient/1", recipient.casefold()))


def _mac(serving_key: ServingKey, grant_id: GrantId, body: bytes) -> bytes:
    key = derive_key(serving_key.raw, ctx("ticket-key/1", grant_id))
    return derive_mac(key, ctx("ticket/1", body))[:16]
