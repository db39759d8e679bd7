"""The demo's own two accounts, for the command line and the API: a made-up citizen and an admin. Only with ``--demo``.

The accounts are marked as samples: their passphrase is published, so a server without ``--demo`` lets nobody in by it.
Filling in again changes nothing. Visitors of the home page get vaults of their own: ``app.samples``.
"""

from __future__ import annotations

from app.samples import content, filling
from app.samples.filling import HERE
from app.samples.looking_around import admin_trail
from app.services import SampleSignIns, Services


def fill(services: Services, samples: SampleSignIns) -> None:
    """Make what is missing of the sample accounts, and what the citizen has."""
    if not services.accounts.exists(samples.admin_email):
        services.accounts.create_admin(samples.admin_email, samples.passphrase, HERE, sample=True)
    if services.accounts.exists(samples.citizen_email):
        return
    made = services.accounts.create_citizen(
        samples.citizen_email, content.NAME, content.BIRTH_DATE, samples.passphrase, HERE, sample=True
    )
    session = services.sessions.resume(made.token)
    services.ways_in.confirm_recovery_code(session, made.recovery_code.rsplit("-", 1)[-1])
    filling.fill(services, session, admin_trail(services))
    services.sessions.sign_out(session)
