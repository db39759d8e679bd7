"""What a citizen sees of a grant: a line of the list, and one grant whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sharing.consent.terms import Recipient, Terms
from sharing.grants.agreement import Agreement, SharedRecord
from vault.ids import GrantId


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A line of the list. ``state``: active, withdrawn, expired, frozen, used-up or locked.

    ``last_opened_at``: when an open was last counted. ``terms`` and ``records``: what was agreed to.
    """

    grant_id: GrantId
    recipient: Recipient
    purpose: str
    state: str
    opens: int
    max_opens: int | None
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None
    last_opened_at: datetime | None
    terms: Terms
    records: tuple[SharedRecord, ...]

    @property
    def is_living(self) -> bool:
        """Whether it may open something, now or once the citizen lets it."""
        return self.state in {"active", "locked", "frozen"}


@dataclass(frozen=True, slots=True, repr=False)
class GrantView:
    """One grant whole. ``link`` and ``shlink`` only while it is active; ``end_receipt`` only after its end."""

    row: GrantRow
    agreement: Agreement
    receipt: dict[str, Any]
    end_receipt: dict[str, Any] | None
    link: str | None
    shlink: str | None
