"""The citizen's consents: preview, grant, list, look, stop. Bound to one unlocked vault and one actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, not_, or_, select, update

from sharing.consent.admit import end_of
from sharing.grants import agreement as agreements
from sharing.grants import receipts
from sharing.grants.agreement import Agreement, read_agreement
from sharing.grants.granting import FIRST_VERSION, Granting, Issued, NothingToShare, Preview, PreviewStale, Vault
from sharing.grants.hidden import hidden_grants
from sharing.grants.issuing import show_link
from sharing.grants.rebuilding import Rebuilding, Rebuilt
from sharing.grants.views import GrantRow, GrantView
from sharing.links.shlink import ShareLink
from sharing.links.state import link_state, state_word
from sharing.tables import KeyLinkRow, StoredGrant
from vault.audit.events import Entry, Event, Origin, Outcome, Trail
from vault.audit.log import Log
from vault.blobs import Blobs
from vault.clock import Clock, from_microseconds, to_microseconds
from vault.crypto.passphrases import Cost
from vault.database import Database, table_of
from vault.disclosure import Candidate, Disclosure
from vault.errors import NotFound
from vault.ids import GrantId, PaperId, RecordId, text_of
from vault.keys.keyring import Keyring
from vault.keys.provider import KeyProvider
from vault.paging import DEFAULT_LIMIT, BadCursor, Page, decode_cursor, encode_cursor
from vault.papers import Papers

__all__ = ["Grants", "Issued", "NothingToShare", "Preview", "PreviewStale"]

_GRANT = table_of(StoredGrant)
_KEY = table_of(KeyLinkRow)
MOST_LIVING = 500


class Grants:
    """``base_url`` without a slash at its end. ``sign_ins``: where readers may have to sign in, issuer → name."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        provider: KeyProvider,
        disclosure: Disclosure,
        papers: Papers,
        *,
        log: Log,
        trail: Trail,
        clock: Clock,
        blobs: Blobs,
        base_url: str,
        origin: Origin,
        sign_ins: Mapping[str, str],
        cost: Cost = Cost.STANDARD,
    ) -> None:
        self._vault = Vault(
            database=database,
            keyring=keyring,
            provider=provider,
            papers=papers,
            blobs=blobs,
            log=log,
            trail=trail,
            clock=clock,
            base_url=base_url,
            origin=origin,
            sign_ins=sign_ins,
        )
        self._granting = Granting(self._vault, disclosure, cost)

    def offer(self) -> tuple[Candidate, ...]:
        """Every live record, newest first, by name and date and without a value: what there is to choose from."""
        return self._granting.offer()

    def without(self, record_id: RecordId) -> Rebuilt:
        """Every share that holds this record sealed again without it, for the transaction that erases it. Slow."""
        return Rebuilding(self._vault).without(record_id)

    def preview(self, body: Any) -> Preview:
        """What these terms would share, and the statement to agree to. Invalid names a field."""
        return self._granting.preview(body)

    def issue(self, body: Any, once: str | None = None) -> Issued:
        """Grant what was previewed. Invalid names a field; NothingToShare; PreviewStale.

        ``once``: any text that stands for this asking, so that asking twice is AlreadyGranted and not two grants.
        """
        return self._granting.issue(body, once)

    def private_roots(self, connection: Connection, record_id: RecordId) -> Sequence[bytes]:
        """Roots of the papers of every share that ever held this record: they go where it goes. Slow. Tampered."""
        vault, wanted = self._vault, text_of(record_id)
        rows = connection.execute(select(_GRANT).where(_GRANT.c.vault_id == vault.keyring.vault_id)).all()
        holding = [row for row in rows if any(e.record_id == wanted for e in self._agreement(connection, row).records)]
        papers = [PaperId(each) for row in holding for each in (row.terms_id, row.receipt_id)]
        return [root for paper_id in papers for root in vault.papers.roots(connection, paper_id)]

    # -- looking --------------------------------------------------------------------------------------------------

    def list(self, limit: int = DEFAULT_LIMIT, after: str | None = None) -> Page[GrantRow]:
        """The citizen's grants, newest first. BadCursor."""
        return self._page((), limit, after)

    def living(self) -> tuple[GrantRow, ...]:
        """Every grant that may open something, now or once the citizen lets it; newest first."""
        return self._page(self._alive(), MOST_LIVING, None).items

    def ended(self, limit: int = DEFAULT_LIMIT, after: str | None = None) -> Page[GrantRow]:
        """The grants that open nothing any more, newest first. BadCursor."""
        return self._page((not_(and_(*self._alive())),), limit, after)

    def _alive(self) -> tuple[ColumnElement[bool], ...]:
        opens_left = or_(_GRANT.c.max_opens.is_(None), _GRANT.c.opens < _GRANT.c.max_opens)
        return (_GRANT.c.withdrawn_at.is_(None), _GRANT.c.ends_at > self._vault.clock.now(), opens_left)

    def _page(self, where: Sequence[ColumnElement[bool]], limit: int, after: str | None) -> Page[GrantRow]:
        query = select(_GRANT).where(_GRANT.c.vault_id == self._vault.keyring.vault_id, self._not_hidden(), *where)
        if after is not None:
            moment, grant_id = _position(after)
            earlier = and_(_GRANT.c.starts_at == moment, _GRANT.c.grant_id < grant_id)
            query = query.where(or_(_GRANT.c.starts_at < moment, earlier))
        query = query.order_by(_GRANT.c.starts_at.desc(), _GRANT.c.grant_id.desc()).limit(limit + 1)
        with self._vault.database.read() as connection:
            rows = connection.execute(query).all()
            items = tuple(self._shown(row, self._agreement(connection, row)) for row in rows[:limit])
        more = len(rows) > limit
        last = items[-1] if items else None
        cursor = encode_cursor(str(to_microseconds(last.granted_at)), last.grant_id.hex()) if last and more else None
        return Page(items, cursor)

    def get(self, grant_id: GrantId) -> GrantView:
        """One grant with its receipt. NotFound."""
        now = self._vault.clock.now()
        with self._vault.database.read() as connection:
            row = self._row(connection, grant_id)
            agreed = self._agreement(connection, row)
            receipt = receipts.from_bytes(self._vault.papers.read(connection, row.receipt_id, receipts.PURPOSE).data)
            shown = self._shown(row, agreed)
            link = (
                show_link(connection, self._vault.keyring, self._vault.base_url, agreed)
                if shown.state == "active"
                else None
            )
        ended = end_of(link_state(row, has_keys=True), now)
        at = row.withdrawn_at or row.ends_at
        end = None
        if ended is not None:
            giver = receipt["receipt"]["giver"]
            end = receipts.make_receipt(self._vault.provider, agreed, giver, self._vault.base_url, (ended.value, at))
        return GrantView(shown, agreed, receipt, end, link.link if link else None, link.shlink if link else None)

    def granted_to(self, record_id: RecordId) -> tuple[GrantRow, ...]:
        """Who can see this record now: the living grants whose list holds it, newest first."""
        wanted, now = text_of(record_id), self._vault.clock.now()
        open_now = (_GRANT.c.withdrawn_at.is_(None), _GRANT.c.frozen_at.is_(None), _GRANT.c.ends_at > now)
        query = select(_GRANT).where(_GRANT.c.vault_id == self._vault.keyring.vault_id, self._not_hidden(), *open_now)
        with self._vault.database.read() as connection:
            rows = connection.execute(query.order_by(_GRANT.c.starts_at.desc(), _GRANT.c.grant_id.desc())).all()
            found = [(row, self._agreement(connection, row)) for row in rows]
        return tuple(
            self._shown(row, agreed)
            for row, agreed in found
            if any(each.record_id == wanted for each in agreed.records)
        )

    def _link(self, connection: Connection, agreed: Agreement) -> ShareLink | None:
        return show_link(connection, self._vault.keyring, self._vault.base_url, agreed)

    def _row(self, connection: Connection, grant_id: GrantId) -> Row[Any]:
        mine = (_GRANT.c.vault_id == self._vault.keyring.vault_id, _GRANT.c.grant_id == grant_id, self._not_hidden())
        query = select(_GRANT).where(*mine)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return row

    def _not_hidden(self) -> ColumnElement[bool]:
        """For a carer, without the shares that hold what is kept from them."""
        keyring = self._vault.keyring
        return and_(True) if keyring.opens_private else _GRANT.c.grant_id.not_in(hidden_grants(keyring.vault_id))

    def _agreement(self, connection: Connection, row: Row[Any]) -> Agreement:
        return read_agreement(self._vault.papers.read(connection, PaperId(row.terms_id), agreements.PURPOSE).data)

    def _shown(self, row: Row[Any], agreed: Agreement) -> GrantRow:
        state = state_word(link_state(row, has_keys=row.destroyed_at is None), self._vault.clock.now())
        return GrantRow(
            grant_id=agreed.grant_id,
            recipient=agreed.terms.recipient,
            purpose=agreed.terms.purpose,
            state=state,
            opens=row.opens,
            max_opens=row.max_opens,
            granted_at=row.starts_at,
            expires_at=row.ends_at,
            withdrawn_at=row.withdrawn_at,
            last_opened_at=row.last_opened_at,
            terms=agreed.terms,
            records=agreed.records,
        )

    # -- stopping -------------------------------------------------------------------------------------------------

    def withdraw(self, grant_id: GrantId) -> GrantRow:
        """Stop sharing: refused from the next request on, keys destroyed, in one short transaction. NotFound.

        It reads nothing sealed, so that nothing unreadable can keep a link alive. Stopping twice changes nothing.
        """
        mine = (_GRANT.c.vault_id == self._vault.keyring.vault_id, _GRANT.c.grant_id == grant_id, self._not_hidden())
        stop = update(_GRANT).where(*mine, _GRANT.c.withdrawn_at.is_(None)).values(withdrawn_at=self._vault.clock.now())
        keys = delete(_KEY).where(_KEY.c.vault_id == self._vault.keyring.vault_id, _KEY.c.grant_id == grant_id)
        with self._vault.database.write() as connection:
            if connection.execute(stop).rowcount == 1:
                connection.execute(keys)
                self._log_act(connection, Event.WITHDRAW, grant_id)
        with self._vault.database.read() as connection:
            row = self._row(connection, grant_id)
            return self._shown(row, self._agreement(connection, row))

    def rearm(self, grant_id: GrantId) -> GrantRow:
        """Ten fresh tries for a link whose passcode tries are spent. NotFound; an ended grant stays ended."""
        now = self._vault.clock.now()
        mine = (_GRANT.c.vault_id == self._vault.keyring.vault_id, _GRANT.c.grant_id == grant_id, self._not_hidden())
        living = (_GRANT.c.withdrawn_at.is_(None), _GRANT.c.ends_at > now, _GRANT.c.tries > 0)
        with self._vault.database.write() as connection:
            if connection.execute(update(_GRANT).where(*mine, *living).values(tries=0)).rowcount == 1:
                self._log_act(connection, Event.GRANT, grant_id, "re-armed")
        with self._vault.database.read() as connection:
            row = self._row(connection, grant_id)
            return self._shown(row, self._agreement(connection, row))

    def _log_act(self, connection: Connection, event: Event, grant_id: GrantId, reason: str = "") -> None:
        entry = Entry(
            event,
            Outcome.DONE,
            reason,
            grant_id=grant_id,
            grant_version=FIRST_VERSION,
            accountability=self._vault.origin.as_accountability(),
        )
        self._vault.log.append(connection, self._vault.trail, entry, self._vault.keyring)


def _position(cursor: str) -> tuple[datetime, bytes]:
    moment, grant_id = decode_cursor(cursor, 2)
    try:
        return from_microseconds(int(moment)), bytes.fromhex(grant_id)
    except (ValueError, OverflowError, OSError):
        raise BadCursor(field="after") from None
