"""Opening a link while the citizen is away: admit, count, log, commit, and only then answer with ciphertext.

Nothing here can read what it serves. Every refusal is logged; from outside all but the passcode's look the same.
Argon2id and the key provider are never called inside a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from sharing.consent.admit import (
    LIFETIME_TRIES,
    Admission,
    Admitted,
    Denial,
    Denied,
    Proof,
    admit,
    remaining_tries,
)
from sharing.consent.readers import Reader
from sharing.links.counting import CountedOpen, count_open, find_open, make_viewing, was_here
from sharing.links.files import Files
from sharing.links.living import LivingLink, LivingLinks
from sharing.links.opening_log import OpeningLog, whence
from sharing.links.passcodes import Passcodes, give_back_try, reserve_try
from sharing.links.passes import is_pass, may_be_pass
from sharing.links.readers import Readers, read_proof
from sharing.links.requests import LinkGone, ManifestRequest, PasscodeWrong, SignInNeeded, parse_manifest_request
from sharing.links.shlink import manifest
from sharing.links.state import StoredLink, read_link
from sharing.links.tickets import read_ticket, recipient_tag
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.blobs import Blobs
from vault.clock import Clock
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.errors import NotFound, Tampered
from vault.ids import OpeningId
from vault.keys.provider import KeyProvider

__all__ = ["LinkGone", "Manifest", "Opening", "PasscodeWrong"]

NEW_VIEWING = "new"


@dataclass(frozen=True, slots=True, repr=False)
class Manifest:
    """The answer's JSON, and the viewing token for its ``Vault-Viewing`` header where one was asked for."""

    body: Mapping[str, Any]
    viewing_token: str | None


@dataclass(frozen=True, slots=True, repr=False)
class _Visit:
    """One manifest request for one link that was found alive."""

    living: LivingLink
    request: ManifestRequest
    viewing: str | None
    signed_in: Reader | None
    origin: Origin

    @property
    def link(self) -> StoredLink:
        return self.living.link

    @property
    def tag(self) -> bytes:
        return recipient_tag(self.living.serving_key, self.link.grant_id, self.request.recipient)

    @property
    def is_reader(self) -> bool:
        wanted, who = self.living.reader, self.signed_in
        return wanted is not None and who is not None and wanted.is_same(who)

    @property
    def token(self) -> str | None:
        return None if self.viewing == NEW_VIEWING else self.viewing

    def proof(self, counted: CountedOpen | None, passcode_right: bool = False) -> Proof:
        return Proof(
            passcode_given=bool(self.request.passcode),
            passcode_right=passcode_right,
            has_token=counted is not None and counted.by_token,
            is_counted=counted is not None,
            signed_in=self.signed_in is not None,
            is_reader=self.is_reader,
        )

    def accountability(self, opening_id: OpeningId | None = None) -> dict[str, str]:
        proven = {"proven": self.signed_in.shown} if self.signed_in else {}
        return {"recipient": self.request.recipient} | proven | whence(self.origin, opening_id)


@dataclass(frozen=True, slots=True, repr=False)
class _Opened:
    opening_id: OpeningId
    token: str | None


class Opening:
    """``base_url`` without a slash at its end: the places of files are given in full."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        log: Log,
        clock: Clock,
        blobs: Blobs,
        *,
        base_url: str,
        cost: Cost = Cost.STANDARD,
    ) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock
        self._entries = OpeningLog(database, log)
        self._living = LivingLinks(database, provider, clock, self._entries)
        self.readers = Readers(provider, clock, self._living, self._entries)
        self._files = Files(database, blobs, base_url)
        self._passcodes = Passcodes(provider, cost)

    def manifest(self, link_id: str, body: Any, viewing: str | None, origin: Origin, *, proof: str = "") -> Manifest:
        """The manifest of a link. ``viewing``: ``new`` asks for a token; a token stands for passcode and sign-in.

        ``proof``: of a sign-in, as ``readers`` gave it. RecipientMissing, BadManifestRequest; SignInNeeded;
        NotTheReader; PasscodeWrong with the tries left; LinkGone for everything else.
        """
        request = parse_manifest_request(body)
        living = self._living.by_address(link_id, {"recipient": request.recipient} | whence(origin))
        link, serving_key = living.link, living.serving_key
        visit = _Visit(living, request, viewing, self._who(living, proof), origin)
        has_pass = self._has_pass(visit)
        passcode_right = has_pass or self._prove(visit)
        try:
            files = self._files.read(link, serving_key, request.embedded_max)
        except NotFound:  # Stopped and swept since it was found.
            self._living.turn_away(link, Denial.UNKNOWN_FILE, visit.accountability())
        opened = self._open(visit, passcode_right, reserved=not has_pass)
        now = self._clock.now()
        placed = self._files.place(files, link, serving_key, link_id=link_id, opening_id=opened.opening_id, now=now)
        return Manifest(manifest(placed), opened.token)

    def file(self, link_id: str, ticket: str, origin: Origin) -> bytes:
        """One file's compact JWE, for a ticket of a counted open while the link lives. LinkGone otherwise."""
        living = self._living.by_address(link_id, whence(origin))
        link, serving_key = living.link, living.serving_key
        try:
            told = read_ticket(serving_key, link.grant_id, ticket)
            if told.expires_at <= self._clock.now():
                raise NotFound
            jwe = self._files.read_one(link, serving_key, told)
        except (Tampered, NotFound):
            self._living.turn_away(link, Denial.UNKNOWN_FILE, whence(origin))
        accountability = whence(origin, told.opening_id)
        with self._database.write() as connection:
            # The state is asked again under the lock: a link that was stopped meanwhile gives nothing.
            admission = self._admit_locked(connection, link, Proof(has_token=True))
            if isinstance(admission, Admitted):
                self._entries.fetched(connection, link, accountability)
        if isinstance(admission, Denied):
            self._living.turn_away(link, admission.reason, accountability)
        return jwe.encode("ascii")

    def _who(self, living: LivingLink, proof: str) -> Reader | None:
        """Who signed in for this link, where it asks for that at all."""
        if living.reader is None:
            return None
        link = living.link
        return read_proof(self._provider, link.vault_id, link.grant_id, proof, self._clock.now())

    def _has_pass(self, visit: _Visit) -> bool:
        """Whether this screen was handed the link by the citizen; whatever else it lacks is found under the lock."""
        link, shown = visit.link, visit.request.passcode
        if not may_be_pass(shown):
            return False
        with self._database.read() as connection:
            return is_pass(connection, link.vault_id, link.grant_id, shown, self._clock.now())

    def _prove(self, visit: _Visit) -> bool:
        """Whether a right passcode was given; it is checked only where it decides anything."""
        link, now = visit.link, self._clock.now()
        with self._database.read() as connection:
            counted = find_open(connection, link.vault_id, link.grant_id, tag=visit.tag, token=visit.token, now=now)
        admission = admit(visit.living.state(), visit.proof(counted), "view", now)
        if isinstance(admission, Admitted):
            return False
        if admission.reason is Denial.SIGN_IN_MISSING and visit.living.reader is not None:
            raise SignInNeeded(visit.living.reader.issuer)
        if admission.reason is Denial.PASSCODE_MISSING:
            # Readers probe before they ask their user: not charged, and no entry.
            raise PasscodeWrong(remaining_tries(link.state))
        if admission.reason is not Denial.PASSCODE_WRONG:
            self._living.turn_away(link, admission.reason, visit.accountability())
        return self._check_passcode(visit)

    def _check_passcode(self, visit: _Visit) -> bool:
        link = visit.link
        with self._database.write() as connection:
            number = reserve_try(connection, link.vault_id, link.grant_id, self._clock.now())
        if number is None or link.passcode is None:
            self._living.turn_away(link, Denial.LOCKED, visit.accountability())
        if not self._passcodes.matches(link.vault_id, link.grant_id, visit.request.passcode, link.passcode):
            is_last = number == LIFETIME_TRIES
            locked_at = self._clock.now() if is_last else None
            self._entries.refuse(link, Denial.PASSCODE_WRONG, visit.accountability(), now_locked_at=locked_at)
            raise PasscodeWrong(LIFETIME_TRIES - number)
        return True

    def _open(self, visit: _Visit, passcode_right: bool, *, reserved: bool) -> _Opened:
        """Decide again under the lock; count where it counts; log; commit all of it or none."""
        with self._database.write() as connection:
            if passcode_right and reserved:
                give_back_try(connection, visit.link.vault_id, visit.link.grant_id)
            found = self._open_locked(connection, visit, passcode_right)
        if isinstance(found, Denial):
            self._living.turn_away(visit.link, found, visit.accountability())
        return found

    def _open_locked(self, connection: Connection, visit: _Visit, passcode_right: bool) -> Denial | _Opened:
        vault_id, grant_id = visit.link.vault_id, visit.link.grant_id
        fresh = read_link(connection, vault_id, grant_id, lock=True)
        if fresh is None:
            return Denial.UNKNOWN_LINK
        now = self._clock.now()
        counted = find_open(connection, vault_id, grant_id, tag=visit.tag, token=visit.token, now=now)
        admission = admit(visit.living.state(fresh), visit.proof(counted, passcode_right), "view", now)
        if isinstance(admission, Denied):
            return admission.reason
        opening_id = counted.opening_id if counted else count_open(connection, vault_id, grant_id, visit.tag, now)
        if opening_id is None:
            return Denial.USED_UP
        told = visit.accountability(opening_id)
        entry_id = self._entries.opened(connection, fresh, told, is_again=counted is not None)
        if counted is None:
            is_new_name = not was_here(connection, vault_id, grant_id, visit.tag, opening_id)
            self._entries.tell_open(connection, fresh, entry_id, is_new_name=is_new_name, now=now)
        if visit.viewing != NEW_VIEWING:
            return _Opened(opening_id, None)
        token = make_viewing(connection, vault_id, grant_id, opening_id, now=now, ends_at=fresh.state.ends_at)
        return _Opened(opening_id, token)

    def _admit_locked(self, connection: Connection, link: StoredLink, proof: Proof) -> Admission:
        fresh = read_link(connection, link.vault_id, link.grant_id, lock=True)
        return admit(fresh.state, proof, "view", self._clock.now()) if fresh else Denied(Denial.UNKNOWN_LINK)
