"""Granting: what is previewed, what is permitted and what is sealed are one set.

Everything is prepared from one state of the vault, outside any transaction, and published by one short transaction
that fails if that state has moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection

from sharing.consent.leaks import Finding, Leaving, find_leaks
from sharing.consent.readers import reader_of, write_reader
from sharing.consent.requests import Request, parse_request
from sharing.consent.statement import Statement
from sharing.consent.terms import Vocabulary
from sharing.grants import agreement as agreements
from sharing.grants import receipts
from sharing.grants.agreement import Agreement, SharedRecord, write_agreement
from sharing.grants.issuing import NewGrant, is_granted, store_grant
from sharing.grants.selection import HeldBack, Selection, select_records
from sharing.grants.words import vocabulary
from sharing.links.passcodes import PasscodeHash, Passcodes
from vault import freshness
from vault.audit.events import Origin, Trail
from vault.audit.log import Log
from vault.blobs import Blobs
from vault.clock import Clock
from vault.crypto.context import ctx
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.disclosure import Candidate, Disclosure, LinkContent, RecordChanged, SealedLink
from vault.errors import Conflict, Invalid
from vault.ids import GrantId, RecordId, make_id, text_of
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.keys.roots import keep_private
from vault.papers import Papers
from vault.records.hidden import private_of
from vault.records.profile import read_profile

FIRST_VERSION = 1


class PreviewStale(Conflict):
    code = "preview-stale"
    advice = "What would be shared has changed since you looked. Please look at the list again."


class AlreadyGranted(Conflict):
    code = "already-granted"
    advice = "This was shared already. It is in your list of shares."

    def __init__(self, grant_id: GrantId) -> None:
        super().__init__()
        self.grant_id = grant_id


class NothingToShare(Invalid):
    code = "nothing-to-share"
    advice = "Nothing in your vault matches what you chose, or all of it is held back."


@dataclass(frozen=True, slots=True)
class Preview:
    """``permitted`` are the ids of ``records``, which carry titles and dates; ``findings`` of the leak check."""

    permitted: tuple[RecordId, ...]
    held_back: tuple[HeldBack, ...]
    statement: Statement
    records: tuple[Candidate, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    grant_id: GrantId
    link: str
    shlink: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """One unlocked vault and who acts in it. ``base_url`` without a slash at its end.

    ``sign_ins``: where readers can be asked to sign in, issuer → name for people.
    """

    database: Database
    keyring: Keyring
    provider: KeyProvider
    papers: Papers
    blobs: Blobs
    log: Log
    trail: Trail
    clock: Clock
    base_url: str
    origin: Origin
    sign_ins: Mapping[str, str]

    @property
    def vocabulary(self) -> Vocabulary:
        return replace(vocabulary(), sign_ins=self.sign_ins)


class Granting:
    def __init__(self, vault: Vault, disclosure: Disclosure, cost: Cost) -> None:
        self._vault = vault
        self._disclosure = disclosure
        self._passcodes = Passcodes(vault.provider, cost)

    def offer(self) -> tuple[Candidate, ...]:
        """Every live record, newest first, by name and date and without a value: what there is to choose from."""
        return self._disclosure.candidates()

    def preview(self, body: Any) -> Preview:
        """What these terms would share, and the statement to agree to. Invalid names a field."""
        now = self._vault.clock.now()
        request = parse_request(body, self._vault.vocabulary, now, with_statement=False)
        candidates = self._disclosure.candidates()
        chosen = select_records(request.terms, candidates, vocabulary(), now)
        permitted = tuple(each.record_id for each in chosen.permitted)
        others = self._disclosure.naming_another(each.import_id for each in chosen.permitted if each.import_id)
        findings = find_leaks(
            request.terms,
            request.passcode,
            [Leaving(text_of(each.record_id), each.facts, each.import_id in others) for each in chosen.permitted],
            [(text_of(each.record_id), each.reason) for each in chosen.held_back],
            live=len(candidates),
            now=now,
        )
        return Preview(permitted, chosen.held_back, chosen.statement, chosen.permitted, findings)

    def issue(self, body: Any, once: str | None = None) -> Issued:
        """Grant what was previewed: sealed, counted, logged and stored, or nothing at all.

        Invalid names a field; NothingToShare; PreviewStale when terms, list or words have moved on.
        ``once`` is any text that stands for this asking: asked again with it, AlreadyGranted.
        """
        request = parse_request(body, self._vault.vocabulary, self._vault.clock.now(), with_statement=True)
        grant_id = GrantId(make_id()) if once is None else self._id_for(once)

        @cache
        def hashed() -> PasscodeHash | None:
            if request.passcode is None:
                return None
            return self._passcodes.make_hash(self._vault.keyring.vault_id, grant_id, request.passcode)

        return freshness.retrying(lambda: self._issue(request, grant_id, hashed))

    def _id_for(self, once: str) -> GrantId:
        # Keyed by the vault, so that nobody can choose the id of another citizen's grant.
        keyring = self._vault.keyring
        return GrantId(
            keyring.duplicate_tag(ctx("grant-once/1", keyring.vault_id, once[:64].encode("utf-8", "replace")))[:16]
        )

    def _issue(self, request: Request, grant_id: GrantId, hashed: Callable[[], PasscodeHash | None]) -> Issued:
        now = self._vault.clock.now()
        with self._vault.database.read() as connection:
            # Read before the records: if they move after this, the state has moved too and nothing is published.
            state = freshness.read(connection, self._vault.keyring)
            giver = read_profile(connection, self._vault.keyring).name
            if is_granted(connection, self._vault.keyring.vault_id, grant_id):
                raise AlreadyGranted(grant_id)
        chosen = self._select(request, now)
        _check_statement(request, chosen)
        agreed = _agreement(request, chosen, grant_id, now)
        new = NewGrant(
            agreement=agreed,
            sealed=self._seal(agreed, chosen),
            passcode=hashed(),
            terms=self._vault.papers.prepare(agreements.PURPOSE, write_agreement(agreed), now),
            receipt=self._vault.papers.prepare(receipts.PURPOSE, self._receipt(agreed, giver), now),
        )
        with self._vault.database.write() as connection:
            after = freshness.advance(connection, self._vault.keyring, state, new.terms.change + new.receipt.change)
            self._vault.papers.store(connection, new.terms)
            self._vault.papers.store(connection, new.receipt)
            link = store_grant(connection, self._vault.keyring, self._vault.blobs, new, self._vault.base_url)
            if private_of(connection, self._vault.keyring.vault_id, [each.record_id for each in chosen.permitted]):
                self._keep_private(connection, new)
            entry = new.entry(after, self._vault.origin)
            self._vault.log.append(connection, self._vault.trail, entry, self._vault.keyring)
        return Issued(grant_id, link.link, link.shlink, agreed.terms.expires_at)

    def _keep_private(self, connection: Connection, new: NewGrant) -> None:
        """A share that holds a private record is private too."""
        roots = [
            root for paper in (new.terms, new.receipt) for root in self._vault.papers.roots(connection, paper.paper_id)
        ]
        keep_private(connection, self._vault.keyring, roots, is_private=True)

    def _select(self, request: Request, now: datetime) -> Selection:
        return select_records(request.terms, self._disclosure.candidates(), self._vault.vocabulary, now)

    def _seal(self, agreed: Agreement, chosen: Selection) -> SealedLink:
        content = LinkContent(
            grant_id=agreed.grant_id,
            purpose=agreed.terms.purpose,
            actions=tuple(sorted(agreed.terms.actions)),
            expires_at=agreed.terms.expires_at,
            beside=write_reader(reader_of(agreed.terms)),
        )
        try:
            return self._disclosure.seal_for_link(
                [(each.record_id, each.version) for each in chosen.permitted], content
            )
        except RecordChanged:
            raise PreviewStale from None

    def _receipt(self, agreed: Agreement, giver: str) -> bytes:
        return receipts.to_bytes(receipts.make_receipt(self._vault.provider, agreed, giver, self._vault.base_url))


def _check_statement(request: Request, chosen: Selection) -> None:
    shown = request.statement
    if shown is None or (shown.id, shown.version) != (chosen.statement.id, chosen.statement.version):
        raise PreviewStale
    if not chosen.permitted:
        raise NothingToShare


def _agreement(request: Request, chosen: Selection, grant_id: GrantId, now: datetime) -> Agreement:
    listed = tuple(SharedRecord(text_of(each.record_id), each.version, each.title) for each in chosen.permitted)
    return Agreement(grant_id, FIRST_VERSION, now, request.terms, listed, chosen.statement)
