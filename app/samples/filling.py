"""Fill a vault with the sample by the same services that people use: its log tells of what was really done.

Nothing is written past them. The visits to its link come from made-up addresses of the range kept for examples.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

from app.samples import content
from app.samples.letter import CONTENT_TYPE, FILENAME, draw_letter
from app.services import Services
from auth.sessions import Session
from sharing.grants.grants import Grants, Issued
from sharing.links.opening import PasscodeWrong
from vault.audit.admin_log import AdminFilters, AdminLog
from vault.audit.events import Origin, Trail
from vault.ids import RecordId, text_of

HERE = Origin("127.0.0.1", "healthvault --demo")
AT_THE_DOCTORS = Origin("192.0.2.10", "A browser at Hill Street Surgery")
AT_THE_DESK = Origin("192.0.2.11", "A browser at the front desk")
AT_THE_ADMINS = Origin("192.0.2.12", "A browser of the sample administrator")
FHIR = "application/fhir+json"
WORKS_FOR = timedelta(days=14)


def fill(services: Services, session: Session, admin: Trail) -> None:
    """Results, a letter, two shares and their visits, for a vault with nothing in it. About a second."""
    today = services.clock.now().date()
    records = services.records(session, HERE)
    records.add_file(content.city_file(today), content.CITY_FILE, FHIR)
    records.add_file(content.hillside_file(today), content.HILLSIDE_FILE, FHIR)
    records.add_file(draw_letter(content.letter_day(today)), FILENAME, CONTENT_TYPE)
    (letter,) = (each.record_id for each in records.list("document").items)
    for typed in content.by_hand(today):
        records.add_result(typed)
    services.pins(session).pin("magnesium")
    _share(services, session, admin, letter)


def _share(services: Services, session: Session, admin: Trail, letter: RecordId) -> None:
    grants = services.grants(session, HERE)
    salts = [{"analyte": "potassium"}, {"analyte": "sodium"}]
    ended = _issue(services, grants, content.RIVERBANK, "second-opinion", salts)
    grants.withdraw(ended.grant_id)
    chosen = [{"analyte": "magnesium"}, {"record_id": text_of(letter)}]
    active = _issue(services, grants, content.DOCTOR, "treatment", chosen, passcode=content.PASSCODE)
    link_id = _link_id(active)
    try:
        asked = {"recipient": "Front desk, Hill Street Surgery", "passcode": "000000"}
        services.opening.manifest(link_id, asked, None, AT_THE_DESK)
    except PasscodeWrong:
        pass  # As it should be: this is the refusal that a visitor finds in the log.
    services.opening.manifest(
        link_id, {"recipient": content.DOCTOR, "passcode": content.PASSCODE}, None, AT_THE_DOCTORS
    )
    looking = AdminLog(services.database, services.log, admin, AT_THE_ADMINS)
    looking.page(AdminFilters(grant_id=active.grant_id), 20)


def _issue(
    services: Services, grants: Grants, name: str, purpose: str, include: list[dict[str, str]], **more: str
) -> Issued:
    terms: dict[str, Any] = {
        "recipient": {"name": name},
        "purpose": purpose,
        "include": include,
        "expires_at": (services.clock.now() + WORKS_FOR).isoformat(),
        "actions": ["view", "print"],
    } | more
    shown = grants.preview(terms).statement
    return grants.issue(terms | {"statement": {"id": shown.id, "version": shown.version}})


def _link_id(issued: Issued) -> str:
    """The last part of the address inside the link, as any reader finds it."""
    text = issued.shlink.removeprefix("shlink:/")
    payload = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return str(payload["url"]).rsplit("/", 1)[1]
