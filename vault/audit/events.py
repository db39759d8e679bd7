"""What can be logged: events, outcomes, roles, and one entry as a room hands it over. Codes by docs/specs/leaf.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vault.ids import GrantId, Pseudonym, VaultId

NOBODY = Pseudonym(bytes(16))


class Event(StrEnum):
    SIGN_IN = "sign-in"
    IMPORT = "import"
    VIEW = "view"
    GRANT = "grant"
    REFUSAL = "refusal"
    OPEN = "open"
    FILE = "file"
    WITHDRAW = "withdraw"
    EXPORT = "export"
    ADMIN_LOOK = "admin-look"
    DELETE = "delete"
    RESTORE = "restore"
    ASK = "ask"
    FREEZE = "freeze"
    NOTICE = "notice"
    HANDOVER = "handover"
    CARE = "care"
    KEYS = "keys"
    DELIVERY = "delivery"
    PRIVACY = "privacy"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"


class Role(StrEnum):
    CITIZEN = "citizen"
    CARER = "carer"
    RECIPIENT = "recipient"
    SENDER = "sender"
    ADMIN = "admin"
    ANYONE = "anyone"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Trail:
    """Into whose history an entry goes (``pseudonym``), and who acts in which role. ``actor`` may be NOBODY."""

    vault_id: VaultId
    pseudonym: Pseudonym
    actor: Pseudonym
    role: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Whence a request came, and by which of the citizen's programs. It goes into the accountability part only."""

    address: str
    agent: str
    program: str = ""

    def as_accountability(self, **more: str) -> dict[str, Any]:
        """The accountability part of what this request did; ``more``: for instance ``recipient``. Long text is cut."""
        program = {"program": self.program} if self.program else {}
        return {"address": self.address[:64], "agent": self.agent[:256]} | program | more


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. ``reason`` is a code; ``count`` and ``digest`` stand for a set; the two parts are sealed.

    ``subject`` and ``accountability`` hold strings, whole numbers, lists and mappings of these.
    """

    event: Event
    outcome: Outcome
    reason: str = ""
    grant_id: GrantId | None = None
    grant_version: int = 0
    count: int = 0
    digest: bytes | None = None
    subject: Mapping[str, Any] | None = None
    accountability: Mapping[str, Any] | None = None
