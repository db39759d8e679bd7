"""Every part of the vault, built once from settings. Routes, pages, commands and jobs take parts from here alone.

Services of one person are made per request from their session: they are bound to one vault and one actor.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.settings import Settings
from auth.accounts import Accounts
from auth.sessions import Session, Sessions
from sharing.grants import Grants
from sharing.opening import Opening
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.audit.reading import CitizenLog
from vault.blobs import Blobs
from vault.clock import Clock
from vault.database import Database
from vault.jobs.runner import Runner
from vault.keys.provider import KeyProvider
from vault.records.records import Records


@dataclass(frozen=True, slots=True)
class SampleSignIns:
    """Sign-ins of the sample accounts, shown to everybody; only with ``--demo``."""

    citizen_email: str
    admin_email: str
    passphrase: str


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    clock: Clock
    database: Database
    provider: KeyProvider
    blobs: Blobs
    log: Log
    accounts: Accounts
    sessions: Sessions
    opening: Opening
    runner: Runner
    samples: SampleSignIns | None = None

    def records(self, session: Session, origin: Origin) -> Records:
        """The records of the citizen signed in."""
        raise NotImplementedError

    def grants(self, session: Session, origin: Origin) -> Grants:
        """The consents and links of the citizen signed in."""
        raise NotImplementedError

    def citizen_log(self, session: Session) -> CitizenLog:
        """Who looked, for the citizen signed in."""
        raise NotImplementedError
