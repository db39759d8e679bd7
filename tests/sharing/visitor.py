"""A server process of its own that is asked for one link again and again: ``visitor.py URL KEYS LINK NAME TIMES``.

Waits for a line on standard input, then prints one line per visit: ``open`` or the code of the refusal.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sharing.links.opening import Opening
from tests.key_stores import make_provider
from vault.audit.events import Origin
from vault.audit.log import Log
from vault.blobs import RowBlobs
from vault.clock import SystemClock
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.errors import VaultError


def main(url: str, keys: str, link_id: str, name: str, times: str) -> None:
    clock, provider = SystemClock(), make_provider(Path(keys))
    database = Database(url, pool_size=2)
    parts = (database, provider, Log(provider, clock), clock, RowBlobs())
    opening = Opening(*parts, base_url="http://localhost:8000", cost=Cost.TEST)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(times)):
        try:
            opening.manifest(link_id, {"recipient": f"{name} {number}"}, None, Origin("192.0.2.1", "race"))
            print("open")
        except VaultError as refusal:
            print(refusal.code)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
