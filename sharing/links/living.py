"""Finding a living link by its address, and turning visitors away: logged first, and the same to see from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from sharing.consent.admit import Denial, LinkState, shut_by
from sharing.consent.readers import Reader, read_reader
from sharing.links.opening_log import OpeningLog
from sharing.links.requests import LinkGone
from sharing.links.state import StoredLink, find_link, read_link
from vault.clock import Clock
from vault.crypto.secret import ServingKey
from vault.database import Database
from vault.disclosure import unwrap_serving_key
from vault.ids import GrantId, VaultId
from vault.keys.provider import KeyProvider


@dataclass(frozen=True, slots=True, repr=False)
class LivingLink:
    """``reader``: who must sign in; None where whoever has the link may open it."""

    link: StoredLink
    serving_key: ServingKey
    reader: Reader | None

    def state(self, fresh: StoredLink | None = None) -> LinkState:
        """What ``admit`` looks at, of the link as it was found or as it was read again."""
        return replace((fresh or self.link).state, needs_sign_in=self.reader is not None)


class LivingLinks:
    """The key provider is never called inside a transaction."""

    def __init__(self, database: Database, provider: KeyProvider, clock: Clock, entries: OpeningLog) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock
        self._entries = entries

    def by_address(self, link_id: str, accountability: Mapping[str, str]) -> LivingLink:
        """A living link; LinkGone, logged, for any other."""
        with self._database.read() as connection:
            link = find_link(connection, link_id)
        return self._checked(link, accountability)

    def by_grant(self, vault_id: VaultId, grant_id: GrantId, accountability: Mapping[str, str]) -> LivingLink:
        """The same by what it was found to be before. LinkGone."""
        with self._database.read() as connection:
            link = read_link(connection, vault_id, grant_id)
        return self._checked(link, accountability)

    def turn_away(self, link: StoredLink, denial: Denial, accountability: Mapping[str, str]) -> NoReturn:
        self._entries.refuse(link, denial, accountability)
        raise LinkGone

    def _checked(self, link: StoredLink | None, accountability: Mapping[str, str]) -> LivingLink:
        if link is None:
            self._entries.refuse_unknown(accountability)
            raise LinkGone
        shut = shut_by(link.state, self._clock.now())
        if shut is not None or link.serving_key is None:
            self.turn_away(link, shut or Denial.USED_UP, accountability)
        found = unwrap_serving_key(self._provider, link.vault_id, link.grant_id, link.serving_key)
        return LivingLink(link, found[0], read_reader(found[1]))
