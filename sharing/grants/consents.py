"""The consents that entries and notices speak of, many at once: whom a share is for, what is in it, how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from sharing.grants.agreement import PURPOSE, Agreement, read_agreement
from sharing.links.state import link_state, state_word
from sharing.tables import StoredGrant
from vault.clock import Clock
from vault.database import Database, table_of
from vault.ids import GrantId, PaperId
from vault.keys.keyring import Keyring
from vault.papers import Papers

_GRANT = table_of(StoredGrant)


@dataclass(frozen=True, slots=True)
class Consent:
    """``state``: as ``state_word`` says it."""

    agreement: Agreement
    state: str

    @property
    def name(self) -> str:
        """Whom the citizen named."""
        return self.agreement.terms.recipient.name

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(each.title for each in self.agreement.records)

    @property
    def can_freeze(self) -> bool:
        return self.state in {"active", "locked", "used-up"}


def read_consents(
    database: Database, keyring: Keyring, clock: Clock, grant_ids: Iterable[GrantId]
) -> dict[GrantId, Consent]:
    """Those of the grants that are this citizen's. Tampered."""
    wanted = set(grant_ids)
    if not wanted:
        return {}
    query = select(_GRANT).where(_GRANT.c.vault_id == keyring.vault_id, _GRANT.c.grant_id.in_(wanted))
    papers, now = Papers(keyring), clock.now()
    with database.read() as connection:
        return {
            GrantId(row.grant_id): Consent(
                read_agreement(papers.read(connection, PaperId(row.terms_id), PURPOSE).data),
                state_word(link_state(row, has_keys=row.destroyed_at is None), now),
            )
            for row in connection.execute(query).all()
        }
