"""What a share shows, for the citizen to show on their own phone or on paper: opened from the link's own sealed files.

So it is what the link gives, to the letter, and not a second selection. Logged before it is returned; the pictures of
a page that was logged bring the look it gave them, and without one each picture is an entry of its own.
"""

from __future__ import annotations

import base64
import json

from sharing.grants.views import GrantView
from sharing.handover.looks import is_look, make_look
from sharing.handover.requests import OnlySignedIn, ShareNotActive
from sharing.links.files import MOST_EMBEDDED, Files
from sharing.links.state import StoredLink, read_link, state_word
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.log import Log
from vault.blobs import Blobs
from vault.clock import Clock
from vault.crypto.jwe import open_jwe
from vault.crypto.secret import LinkKey
from vault.database import Database
from vault.disclosure import unwrap_serving_key
from vault.errors import NotFound
from vault.ids import GrantId
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider

IN_PERSON, PRINTED = "in-person", "printed"


class Showing:
    """Bound to one unlocked vault and one actor."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        provider: KeyProvider,
        blobs: Blobs,
        *,
        log: Log,
        trail: Trail,
        clock: Clock,
        origin: Origin,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._provider = provider
        self._files = Files(database, blobs, "")
        self._log = log
        self._trail = trail
        self._clock = clock
        self._origin = origin

    def in_person(self, view: GrantView, look: str = "") -> tuple[bytes, ...]:
        """The link's files as FHIR JSON, for the phone that is lent. ShareNotActive; OnlySignedIn."""
        return self._open(view, Event.VIEW, IN_PERSON, look)

    def on_paper(self, view: GrantView, look: str = "") -> tuple[bytes, ...]:
        """The same, to be printed: a copy leaves. ShareNotActive."""
        return self._open(view, Event.EXPORT, PRINTED, look)

    def look(self, view: GrantView) -> str:
        """What the pictures of a page that was logged just now bring along, for an hour."""
        return make_look(self._keyring, view.row.grant_id, self._clock.now())

    def _open(self, view: GrantView, event: Event, reason: str, look: str) -> tuple[bytes, ...]:
        if view.shlink is None:
            raise ShareNotActive
        key, grant_id = _key_of(view.shlink), view.row.grant_id
        with self._database.read() as connection:
            link = read_link(connection, self._keyring.vault_id, grant_id)
        if link is None or link.serving_key is None:
            raise ShareNotActive
        serving_key, beside = unwrap_serving_key(self._provider, link.vault_id, grant_id, link.serving_key)
        if beside and event is Event.VIEW:
            raise OnlySignedIn
        try:
            served = self._files.read(link, serving_key, MOST_EMBEDDED)
        except NotFound:  # Stopped and swept since it was looked at.
            raise ShareNotActive from None
        opened = tuple(open_jwe(key, each.jwe)[0] for each in served if each.jwe is not None)
        if not is_look(self._keyring, grant_id, look, self._clock.now()):
            self._note(link, event, reason)
        return opened

    def _note(self, link: StoredLink, event: Event, reason: str) -> None:
        with self._database.write() as connection:
            fresh = read_link(connection, link.vault_id, link.grant_id, lock=True)
            if fresh is None or state_word(fresh.state, self._clock.now()) != "active":
                raise ShareNotActive
            self._log.append(connection, self._trail, self._entry(link, event, reason), self._keyring)

    def _entry(self, link: StoredLink, event: Event, reason: str) -> Entry:
        return Entry(
            event,
            Outcome.DONE,
            reason,
            grant_id=GrantId(link.grant_id),
            grant_version=link.version,
            count=link.files,
            digest=link.set_digest,
            accountability=self._origin.as_accountability(),
        )


def _key_of(shlink: str) -> LinkKey:
    """The key inside our own link's text."""
    text = shlink.removeprefix("shlink:/")
    payload = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return LinkKey(base64.urlsafe_b64decode(payload["key"] + "="))
