"""A link that only one signed-in person opens: whom it asks for, and the proof that they were here. docs/specs/link.md.

Who somebody is, another room finds out at an identity provider. The proof is one link's, lasts a quarter of an hour,
and is stored nowhere: the server's own key seals it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sharing.consent.admit import Denial
from sharing.consent.readers import Reader, read_reader, write_reader
from sharing.links.living import LivingLinks
from sharing.links.opening_log import OpeningLog, whence
from sharing.links.requests import LinkGone, NotTheReader
from vault.audit.events import Origin
from vault.clock import Clock, from_microseconds, to_microseconds
from vault.crypto.context import ctx
from vault.errors import Tampered
from vault.ids import GrantId, VaultId
from vault.keys.provider import KeyProvider, Purpose

LASTS: Final = timedelta(minutes=15)
_PREFIX: Final = "reader_"
_LONGEST: Final = 2_000
_END_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which link asks for a sign-in, and where."""

    vault_id: VaultId
    grant_id: GrantId
    issuer: str


class Readers:
    def __init__(self, provider: KeyProvider, clock: Clock, living: LivingLinks, entries: OpeningLog) -> None:
        self._provider = provider
        self._clock = clock
        self._living = living
        self._entries = entries

    def wanted(self, link_id: str, origin: Origin) -> Wanted:
        """Where a reader of this link signs in. LinkGone, also for a link that asks nobody to."""
        found = self._living.by_address(link_id, whence(origin))
        if found.reader is None:
            raise LinkGone
        return Wanted(found.link.vault_id, found.link.grant_id, found.reader.issuer)

    def prove(self, vault_id: VaultId, grant_id: GrantId, who: Reader, origin: Origin) -> str:
        """The proof for the one it is for. NotTheReader, in the citizen's history, for anybody else; LinkGone."""
        told = whence(origin) | {"proven": who.shown}
        found = self._living.by_grant(vault_id, grant_id, told)
        if found.reader is None or not found.reader.is_same(who):
            self._entries.refuse(found.link, Denial.SIGN_IN_WRONG, told)
            raise NotTheReader
        return write_proof(self._provider, vault_id, grant_id, who, self._clock.now() + LASTS)


def write_proof(provider: KeyProvider, vault_id: VaultId, grant_id: GrantId, who: Reader, ends_at: datetime) -> str:
    """``reader_`` and base64url of (end u64be µs, reader) under the server's key, bound to one link."""
    told = to_microseconds(ends_at).to_bytes(_END_BYTES, "big") + write_reader(who)
    wrapped = provider.wrap(Purpose.LINKS, told, _context(vault_id, grant_id))
    return _PREFIX + base64.urlsafe_b64encode(wrapped).rstrip(b"=").decode()


def read_proof(provider: KeyProvider, vault_id: VaultId, grant_id: GrantId, proof: str, now: datetime) -> Reader | None:
    """Who signed in for this link; None for a proof that is over, another link's, changed or none at all."""
    text = proof.removeprefix(_PREFIX)
    if not proof.startswith(_PREFIX) or len(text) > _LONGEST or not text.isascii():
        return None
    try:
        wrapped = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        told = provider.unwrap(Purpose.LINKS, wrapped, _context(vault_id, grant_id))
    except (binascii.Error, Tampered):
        return None
    is_over = from_microseconds(int.from_bytes(told[:_END_BYTES], "big")) <= now
    return None if is_over else read_reader(told[_END_BYTES:])


def _context(vault_id: VaultId, grant_id: GrantId) -> bytes:
    return ctx("reader-proof/1", vault_id, grant_id)
