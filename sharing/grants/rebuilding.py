"""Shares without a record that its citizen erases: their files are sealed again under a new key, the link stays.

What was agreed to stays on paper as it was; a second version of agreement and receipt says what the share holds now.
A share that would hold nothing ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from sharing.consent.readers import reader_of, write_reader
from sharing.grants import agreement as agreements
from sharing.grants import receipts
from sharing.grants.agreement import Agreement, read_agreement, write_agreement
from sharing.grants.granting import Vault
from sharing.grants.issuing import WRAP_LABEL, NewGrant, file_rows
from sharing.links.passcodes import PasscodeHash
from sharing.tables import KeyLinkRow, LinkFileRow, StoredGrant
from vault.audit.events import Entry, Event, Outcome
from vault.crypto.secret import KEY_BYTES, LinkKey
from vault.database import table_of
from vault.disclosure import open_served, seal_without, unwrap_serving_key
from vault.freshness import Change, State
from vault.ids import BlobId, FileId, GrantId, PaperId, RecordId, text_of
from vault.keys.roots import keep_private, private_among
from vault.records.profile import read_profile

RECORD_ERASED = "record-erased"
_GRANT = table_of(StoredGrant)
_KEY = table_of(KeyLinkRow)
_FILE = table_of(LinkFileRow)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Every share that held the record, ready for the transaction in which it is erased."""

    vault: Vault
    shares: tuple[NewGrant, ...]

    @property
    def change(self) -> Change:
        changes = (each.terms.change + each.receipt.change for each in self.shares)
        return reduce(lambda one, other: one + other, changes, Change())

    def store(self, connection: Connection, state: State) -> None:
        for each in self.shares:
            before = self.vault.papers.roots(connection, each.terms.paper_id)
            self.vault.papers.store(connection, each.terms)
            self.vault.papers.store(connection, each.receipt)
            if private_among(connection, self.vault.keyring.vault_id, before):
                fresh = [each.terms.row["root_id"], each.receipt.row["root_id"]]
                keep_private(connection, self.vault.keyring, fresh, is_private=True)
            self._replace(connection, each, state)

    def _replace(self, connection: Connection, new: NewGrant, state: State) -> None:
        vault_id, grant_id = self.vault.keyring.vault_id, new.agreement.grant_id
        mine = {"vault_id": vault_id, "grant_id": grant_id}
        grant = (_GRANT.c.vault_id == vault_id, _GRANT.c.grant_id == grant_id)
        key = (_KEY.c.vault_id == vault_id, _KEY.c.grant_id == grant_id)
        file = (_FILE.c.vault_id == vault_id, _FILE.c.grant_id == grant_id)
        told = {"version": new.agreement.version, "files": len(new.sealed.files), "set_digest": new.set_digest}
        connection.execute(update(_GRANT).where(*grant).values(told))  # The row's lock comes first, as everywhere.
        for blob_id in connection.execute(select(_FILE.c.blob_id).where(*file)).scalars().all():
            self.vault.blobs.delete(connection, vault_id, BlobId(blob_id))
        connection.execute(delete(_FILE).where(*file))
        if not new.sealed.files:
            self._end(connection, new)
            return
        serving = update(_KEY).where(*key).values(serving_key=new.sealed.wrapped_serving_key)
        if connection.execute(serving).rowcount == 1:  # Else it was stopped meanwhile, and gives nothing any more.
            rows = file_rows(connection, self.vault.blobs, vault_id, new)
            connection.execute(insert(_FILE), [mine | row for row in rows])
            entry = replace(new.entry(state, self.vault.origin), reason=RECORD_ERASED)
            self.vault.log.append(connection, self.vault.trail, entry, self.vault.keyring)

    def _end(self, connection: Connection, new: NewGrant) -> None:
        vault_id, grant_id = self.vault.keyring.vault_id, new.agreement.grant_id
        mine = (_GRANT.c.vault_id == vault_id, _GRANT.c.grant_id == grant_id, _GRANT.c.withdrawn_at.is_(None))
        connection.execute(delete(_KEY).where(_KEY.c.vault_id == vault_id, _KEY.c.grant_id == grant_id))
        ended = connection.execute(update(_GRANT).where(*mine).values(withdrawn_at=self.vault.clock.now()))
        if ended.rowcount == 1:
            told = self.vault.origin.as_accountability()
            version = new.agreement.version
            entry = Entry(Event.WITHDRAW, Outcome.DONE, RECORD_ERASED, grant_id, version, accountability=told)
            self.vault.log.append(connection, self.vault.trail, entry, self.vault.keyring)


class Rebuilding:
    """Of one unlocked vault, for one act."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def without(self, record_id: RecordId) -> Rebuilt:
        """Seal again every share that still has keys and holds this record. Slow. Tampered."""
        vault = self._vault
        query = select(_GRANT, _KEY.c.serving_key, _KEY.c.link).join(
            _KEY, (_KEY.c.vault_id == _GRANT.c.vault_id) & (_KEY.c.grant_id == _GRANT.c.grant_id)
        )
        with vault.database.read() as connection:
            rows = connection.execute(query.where(_GRANT.c.vault_id == vault.keyring.vault_id)).all()
            shares = tuple(self._rebuilt(connection, rows, record_id))
        return Rebuilt(vault, shares)

    def _rebuilt(self, connection: Connection, rows: Any, record_id: RecordId) -> Iterator[NewGrant]:
        vault, wanted, giver = self._vault, text_of(record_id), ""
        for row in rows:
            paper = vault.papers.read(connection, PaperId(row.terms_id), agreements.PURPOSE)
            before = read_agreement(paper.data)
            if not any(each.record_id == wanted for each in before.records):
                continue
            giver = giver or read_profile(connection, vault.keyring).name
            yield self._one(connection, row, self._later(before, wanted), record_id, giver)

    def _one(
        self, connection: Connection, row: Row[Any], agreed: Agreement, record_id: RecordId, giver: str
    ) -> NewGrant:
        vault, grant_id, now = self._vault, GrantId(row.grant_id), self._vault.clock.now()
        serving_key, _ = unwrap_serving_key(vault.provider, vault.keyring.vault_id, grant_id, row.serving_key)
        link_key = LinkKey(vault.keyring.unwrap(WRAP_LABEL, grant_id, row.link)[:KEY_BYTES])
        mine = (_FILE.c.vault_id == vault.keyring.vault_id, _FILE.c.grant_id == grant_id)
        files = connection.execute(select(_FILE.c.file_id, _FILE.c.blob_id).where(*mine).order_by(_FILE.c.position))
        served = (
            open_served(
                serving_key,
                vault.keyring.vault_id,
                grant_id,
                FileId(file.file_id),
                vault.blobs.get(connection, vault.keyring.vault_id, BlobId(file.blob_id)),
            )
            for file in files.all()
        )
        receipt = receipts.to_bytes(receipts.make_receipt(vault.provider, agreed, giver, vault.base_url))
        papers, version = vault.papers, agreed.version
        return NewGrant(
            agreement=agreed,
            sealed=seal_without(
                vault.provider,
                vault.keyring.vault_id,
                grant_id,
                link_key,
                served,
                record_id,
                write_reader(reader_of(agreed.terms)),
            ),
            passcode=None if row.passcode_hash is None else PasscodeHash(row.passcode_salt, row.passcode_hash),
            terms=papers.prepare(agreements.PURPOSE, write_agreement(agreed), now, PaperId(row.terms_id), version),
            receipt=papers.prepare(receipts.PURPOSE, receipt, now, PaperId(row.receipt_id), version),
        )

    def _later(self, before: Agreement, wanted: str) -> Agreement:
        left = tuple(each for each in before.records if each.record_id != wanted)
        return replace(
            before,
            version=before.version + 1,
            records=left,
            erased=before.erased + 1,
            erased_at=self._vault.clock.now(),
        )
