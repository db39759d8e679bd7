"""The rows of a new grant, and the way back from them to the link's text for the citizen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from sharing.grants.agreement import Agreement
from sharing.links.passcodes import PasscodeHash
from sharing.links.shlink import ShareLink, link_digest, make_link_id, share_link
from sharing.tables import KeyLinkRow, LinkAddressRow, LinkFileRow, StoredGrant
from vault.audit.events import Entry, Event, Origin, Outcome
from vault.audit.leaf import derive_grant_digest, derive_set_digest
from vault.blobs import Blobs
from vault.clock import to_microseconds
from vault.crypto.secret import KEY_BYTES, LinkKey
from vault.database import table_of
from vault.disclosure import SealedLink, serving_context
from vault.freshness import State
from vault.ids import BlobId, GrantId, VaultId, make_id
from vault.keys.keyring import Keyring
from vault.keys.provider import Purpose
from vault.keys.wrapped import ServerWrapped
from vault.papers import Prepared
from vault.rotating.rewrapping import Name, WrappedColumn

WRAP_LABEL = "link/1"
_GRANT = table_of(StoredGrant)
_KEY = table_of(KeyLinkRow)
_ADDRESS = table_of(LinkAddressRow)
_FILE = table_of(LinkFileRow)
LINKS = WrappedColumn(_KEY, "link", ("grant_id",), lambda row, _generation: Name(WRAP_LABEL, row.grant_id))
"""What a rotation wraps again."""
SERVER_WRAPPED = ServerWrapped(
    _KEY, "serving_key", Purpose.LINKS, lambda row: serving_context(row.vault_id, row.grant_id)
)


@dataclass(frozen=True, slots=True, repr=False)
class NewGrant:
    """Everything slow is done: sealed files, hashed passcode, sealed papers."""

    agreement: Agreement
    sealed: SealedLink
    passcode: PasscodeHash | None
    terms: Prepared
    receipt: Prepared

    @property
    def set_digest(self) -> bytes:
        return derive_set_digest((each.file_id, self.agreement.version) for each in self.sealed.files)

    def entry(self, state: State, origin: Origin) -> Entry:
        """The log entry of this grant; its digest lets an auditor replay who was admitted later."""
        agreed = self.agreement
        subject = {
            "recipient": agreed.terms.recipient.name,
            "purpose": agreed.terms.purpose,
            "statement": agreed.statement.id,
            "records": [{"record_id": each.record_id, "title": each.title} for each in agreed.records],
            "freshness": state.for_log(),
        }
        return Entry(
            Event.GRANT,
            Outcome.DONE,
            grant_id=agreed.grant_id,
            grant_version=agreed.version,
            count=len(self.sealed.files),
            digest=self._grant_digest(),
            subject=subject,
            accountability=origin.as_accountability(),
        )

    def _grant_digest(self) -> bytes:
        agreed = self.agreement
        return derive_grant_digest(
            grant_id=agreed.grant_id,
            version=agreed.version,
            starts_at=to_microseconds(agreed.granted_at),
            ends_at=to_microseconds(agreed.terms.expires_at),
            max_opens=agreed.terms.max_opens,
            needs_passcode=self.passcode is not None,
            actions=agreed.terms.actions,
            set_digest=self.set_digest,
        )


def store_grant(connection: Connection, keyring: Keyring, blobs: Blobs, new: NewGrant, base_url: str) -> ShareLink:
    """Insert the grant, its keys, its address and its files; the link's text exists from here on."""
    agreed, link_id = new.agreement, make_link_id()
    whose = {"vault_id": keyring.vault_id, "grant_id": agreed.grant_id}
    connection.execute(insert(_GRANT).values(**whose, **_grant_values(new)))
    wrapped = keyring.wrap(WRAP_LABEL, agreed.grant_id, new.sealed.link_key.raw + link_id.encode())
    serving = {"serving_key": new.sealed.wrapped_serving_key, "link": wrapped, "generation": keyring.generation}
    connection.execute(insert(_KEY).values(**whose, **serving))
    connection.execute(insert(_ADDRESS).values(link_digest=link_digest(link_id), **whose))
    rows = file_rows(connection, blobs, keyring.vault_id, new)
    connection.execute(insert(_FILE), [whose | row for row in rows])
    return _share_link(base_url, link_id, new.sealed.link_key, agreed)


def file_rows(connection: Connection, blobs: Blobs, vault_id: VaultId, new: NewGrant) -> list[dict[str, Any]]:
    """Keep the sealed files as blobs; their rows, without whose they are."""
    rows = []
    for position, each in enumerate(new.sealed.files):
        blob_id = BlobId(make_id())
        blobs.put(connection, vault_id, blob_id, each.sealed)
        row = {"file_id": each.file_id, "content_type": each.content_type, "size": each.size, "blob_id": blob_id}
        rows.append(row | {"version": new.agreement.version, "position": position})
    return rows


def is_granted(connection: Connection, vault_id: VaultId, grant_id: GrantId) -> bool:
    query = select(_GRANT.c.grant_id).where(_GRANT.c.vault_id == vault_id, _GRANT.c.grant_id == grant_id)
    return connection.execute(query).one_or_none() is not None


def show_link(connection: Connection, keyring: Keyring, base_url: str, agreed: Agreement) -> ShareLink | None:
    """The text of a link whose keys still exist; None after that."""
    query = select(_KEY.c.link).where(_KEY.c.vault_id == keyring.vault_id, _KEY.c.grant_id == agreed.grant_id)
    wrapped = connection.execute(query).scalar_one_or_none()
    if wrapped is None:
        return None
    raw = keyring.unwrap(WRAP_LABEL, agreed.grant_id, wrapped)
    return _share_link(base_url, raw[KEY_BYTES:].decode(), LinkKey(raw[:KEY_BYTES]), agreed)


def _share_link(base_url: str, link_id: str, key: LinkKey, agreed: Agreement) -> ShareLink:
    return share_link(base_url, link_id, key, agreed.terms.expires_at, agreed.terms.with_passcode)


def _grant_values(new: NewGrant) -> Mapping[str, Any]:
    agreed = new.agreement
    return {
        "version": agreed.version,
        "starts_at": agreed.granted_at,
        "ends_at": agreed.terms.expires_at,
        "opens": 0,
        "max_opens": agreed.terms.max_opens,
        "tries": 0,
        "passcode_salt": new.passcode.salt if new.passcode else None,
        "passcode_hash": new.passcode.hash if new.passcode else None,
        "actions": ",".join(sorted(agreed.terms.actions)),
        "files": len(new.sealed.files),
        "set_digest": new.set_digest,
        "terms_id": new.terms.paper_id,
        "receipt_id": new.receipt.paper_id,
    }
