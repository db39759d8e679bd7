"""Look around with sample data: one press, no sign-up, a vault of one's own.

Two filled vaults wait ready, so that nobody watches one being filled; with none ready one is made on the spot.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from datetime import timedelta

from app.samples import content
from app.samples.filling import HERE, fill
from app.services import Services
from auth.accounts import Accounts, find_account
from auth.samples import WAITS_FOR, Limits, SampleVaults
from auth.sessions import Session
from vault.audit.events import Origin, Role, Trail
from vault.audit.trails import trail_of
from vault.crypto.passphrases import Cost
from vault.errors import NotFound, Unauthenticated
from vault.founding import Founding
from vault.keys.enrolment import Enrolment
from vault.keys.unlocking import Unlocking

READY = 2
READY_EVERY_SECONDS, SWEEP_EVERY_SECONDS = 10, 600
# The passphrase of a sample is published: stretching it would protect nothing.
_CHEAP = Cost(memory_kib=64, passes=1, lanes=1)


class LookingAround:
    """One a process, and only in a demo: ``services.samples`` says so."""

    def __init__(self, services: Services, limits: Limits | None = None) -> None:
        if services.samples is None:
            raise ValueError("sample vaults are for a demo")
        self._services = services
        self._passphrase = services.samples.passphrase
        self._ready: deque[str] = deque()
        self._making = threading.Lock()
        self._samples = _sample_vaults(services, limits or Limits())

    def register(self) -> None:
        """The two jobs: fill vaults ahead, erase old ones."""
        self._services.runner.register("sample-ready", READY_EVERY_SECONDS, self.make_ready)
        self._services.runner.register("sample-sweep", SWEEP_EVERY_SECONDS, self.sweep)

    def start(self, origin: Origin) -> str:
        """A session token for a filled vault that is nobody else's. TooManyTries, TooManySamples."""
        self._samples.admit(origin)
        session = self._take_ready() or self._services.sessions.resume(self._make())
        return self._samples.hand_over(session, origin)

    def again(self, session: Session, origin: Origin) -> str:
        """A fresh vault in place of this one, which is erased. TooManyTries, TooManySamples: then nothing changes."""
        token = self.start(origin)
        self.leave(session)
        return token

    def leave(self, session: Session) -> None:
        """The visitor goes: the vault is erased. The demo's own sample sign-ins stay."""
        self._samples.forget(session.vault_id)

    def doctor(self, session: Session) -> str:
        """How a visitor tries being the doctor: the link of the active share; NotFound once it was over."""
        grants = self._services.grants(session, HERE)
        for row in grants.list().items:
            if row.state == "active" and row.recipient.name == content.DOCTOR:
                link = grants.get(row.grant_id).link
                if link is not None:
                    return link
        raise NotFound

    def make_ready(self) -> None:
        """Fill vaults until enough wait. A job."""
        while len(self._ready) < READY:
            self._ready.append(self._make())

    def sweep(self) -> int:
        """Erase what visitors had for a day, and what waited in vain. A job; how many."""
        return self._samples.sweep()

    def _take_ready(self) -> Session | None:
        while self._ready:
            try:
                return self._services.sessions.resume(self._ready.popleft())
            except (IndexError, Unauthenticated):  # Somebody was quicker, or it waited too long and was erased.
                continue
        return None

    def _make(self) -> str:
        with self._making:  # One at a time: filling is work, and visitors must not crowd out citizens.
            made = self._samples.create(content.NAME, content.BIRTH_DATE, self._passphrase, HERE)
            session = self._services.sessions.resume(made.token)
            self._services.ways_in.confirm_recovery_code(session, made.recovery_code.rsplit("-", 1)[-1])
            fill(self._services, replace(session, recovery_confirmed=True), admin_trail(self._services))
        return made.token


def admin_trail(services: Services) -> Trail:
    """Who the sample administrator is in the log. NotFound before that account is made."""
    if services.samples is None:
        raise NotFound
    with services.database.read() as connection:
        admin = find_account(connection, services.provider, services.samples.admin_email)
        if admin is None:
            raise NotFound
        return trail_of(connection, admin.vault_id, role=Role.ADMIN)


def _sample_vaults(services: Services, limits: Limits) -> SampleVaults:
    database, provider, clock = services.database, services.provider, services.clock
    founding = Founding(Enrolment(provider, _CHEAP, clock), clock)
    unlocking = Unlocking(database, provider, _CHEAP, clock)
    waits = WAITS_FOR + timedelta(hours=1)
    accounts = Accounts(database, provider, founding, unlocking, services.log, clock=clock, session_length=waits)
    length = timedelta(hours=services.settings.session_hours)
    return SampleVaults(database, provider, accounts, unlocking, clock=clock, session_length=length, limits=limits)
