"""A vault gets new keys: one transaction changes who opens it, the rest follows in steps. docs/specs/rotation.md.

From the first transaction on, everything is written under the new keys and opens under either. Each step is a short
transaction of its own; whoever is killed between two goes on at the next unlock, and loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, delete, select

from vault import freshness
from vault.database import Database, table_of
from vault.freshness import Change
from vault.ids import VaultId
from vault.keys.generations import KeysChanged
from vault.keys.keyring import Keyring
from vault.keys.manifest import decode
from vault.keys.provider import KeyProvider
from vault.keys.stored import read_previous_header
from vault.keys.tables import KeyManifest, KeyPrevious, KeyRing
from vault.rotating.next_keys import NextKeys, Wanted, prepare_next_keys
from vault.rotating.rewrapping import VAULT_COLUMNS, WrappedColumn, rewrap_some
from vault.rotating.segments import reseal_some

ONLY_KEYS: Final = Wanted()
Epochs = Callable[[Connection, VaultId], Collection[int]]
_MANIFEST = table_of(KeyManifest)
_PREVIOUS = table_of(KeyPrevious)
_RING = table_of(KeyRing)


class Rotation:
    """``columns``: those of other rooms, beside the vault's own. ``awaited``: epochs that pending deliveries name."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        columns: Sequence[WrappedColumn] = (),
        awaited: Epochs | None = None,
    ) -> None:
        self._database = database
        self._provider = provider
        self._columns = (*columns, *VAULT_COLUMNS)
        self._awaited = awaited

    def prepare(self, keyring: Keyring, wanted: Wanted = ONLY_KEYS) -> NextKeys:
        """New keys with these ways in changed, for ``store_next_keys``; a rotation under way is finished first.

        NotFound for an unknown one, TooFewSlots, KeysChanged; Tampered, also from a carer's keyring unless it hands
        over: then KeysChanged while a rotation is under way, which only the citizen finishes.
        """
        self.finish(keyring)
        if keyring.previous is not None and not keyring.opens_private:
            raise KeysChanged
        with self._database.read() as connection:
            return prepare_next_keys(connection, self._provider, keyring, wanted)

    def finish(self, keyring: Keyring) -> None:
        """Do all that is left of a rotation, if one is under way and this is the citizen's own keyring.

        Tampered if the index was changed by somebody else: then the rotation stays under way. StaleState.
        """
        for _ in self.steps(keyring):
            pass

    def steps(self, keyring: Keyring) -> Iterator[str]:
        """As ``finish``, one committed transaction at a time; what it did."""
        if keyring.previous is None or not keyring.opens_private:
            return
        yield from self._segments(keyring)
        for column in self._columns:
            yield from self._rewraps(keyring, column)
        if freshness.retrying(lambda: self._end(keyring)):
            yield "end"

    def _segments(self, keyring: Keyring) -> Iterator[str]:
        while reseal_some(self._database, keyring):
            yield "segment"

    def _rewraps(self, keyring: Keyring, column: WrappedColumn) -> Iterator[str]:
        skip = 0
        while True:
            found, shut = rewrap_some(self._database, keyring, column, skip)
            if not found:
                return
            skip += shut
            yield column.table.name

    def _end(self, keyring: Keyring) -> bool:
        """The last transaction: the old keys go. False if somebody else ended it."""
        vault_id = keyring.vault_id
        with self._database.read() as connection:
            state = freshness.read(connection, keyring)
            header = read_previous_header(connection, vault_id)
        if header is None:
            return False
        with self._database.write() as connection:
            freshness.advance(connection, keyring, state, Change(removed=(header,)))
            connection.execute(delete(_PREVIOUS).where(_PREVIOUS.c.vault_id == vault_id))
            self._drop_seeds(connection, vault_id)
        return True

    def _drop_seeds(self, connection: Connection, vault_id: VaultId) -> None:
        """Old delivery keys that no delivery waits for."""
        if self._awaited is None:
            return
        body = connection.execute(select(_MANIFEST.c.body).where(_MANIFEST.c.vault_id == vault_id)).scalar_one()
        kept = {decode(body).delivery_epoch, *self._awaited(connection, vault_id)}
        ours = (_RING.c.vault_id == vault_id, _RING.c.purpose == "delivery")
        connection.execute(delete(_RING).where(*ours, _RING.c.number.not_in(sorted(kept))))
