"""Counting is exact whoever races: processes for opens, threads for passcodes, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import pytest

from sharing.links.opening import Opening
from sharing.links.requests import LinkGone, PasscodeWrong
from sharing.tables import LinkOpeningRow
from tests.conftest import FixedClock
from tests.key_stores import CHOSEN, make_store
from tests.sharing.shares import BASE, READER, Citizen, count_rows, link_id_of, logged, make_citizen, visit
from vault.blobs import RowBlobs
from vault.crypto.passphrases import Cost
from vault.database import Database
from vault.server_keys.holder import ServerKeys

ROOT = Path(__file__).parents[3]
PROCESSES, VISITS, OPENS = 16, 2, 5


def test_sixteen_processes_with_sixteen_recipients_each_open_a_link_of_five_exactly_five_times(
    database: Database, provider: ServerKeys, tmp_path: Path
) -> None:
    citizen = make_citizen(database, provider, FixedClock(datetime.now(UTC)))
    issued = citizen.share(max_opens=OPENS)
    url = database.url.render_as_string(hide_password=False)
    words = [sys.executable, "-m", "tests.sharing.visitor", url, str(tmp_path / "keys"), link_id_of(issued)]
    visitors = [
        subprocess.Popen(
            [*words, f"Process {number}", str(VISITS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(PROCESSES)
    ]
    for each in visitors:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in visitors:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    answers = Counter(line for each in visitors for line in each.communicate(timeout=120)[0].split())
    assert answers == {"open": OPENS, "link-gone": PROCESSES * VISITS - OPENS}
    assert citizen.grants.get(issued.grant_id).row.opens == OPENS
    assert count_rows(database, LinkOpeningRow) == logged(database, "open") == OPENS


class CountingProvider(ServerKeys):
    """Counts peppered passcodes: each Argon2id run of an opening ends in one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(make_store(CHOSEN, folder))
        self.hashed = 0
        self._counting = Lock()

    def mac(self, purpose: str, data: bytes, key_id: str | None = None) -> bytes:
        with self._counting:
            self.hashed += purpose == "pepper"
        return super().mac(purpose, data, key_id)


def test_of_two_hundred_parallel_wrong_passcodes_ten_are_hashed_and_no_other_link_suffers(
    citizen: Citizen, tmp_path: Path
) -> None:
    guarded, other = citizen.share(passcode="482913"), citizen.share(passcode="771024")
    counting = CountingProvider(tmp_path / "keys")
    vault = citizen.vault
    parts = (vault.database, counting, vault.log, vault.clock, RowBlobs())
    opening = Opening(*parts, base_url=BASE, cost=Cost.TEST)

    def guess(number: int) -> int | None:
        try:
            opening.manifest(link_id_of(guarded), {"recipient": "Guesser", "passcode": f"{number:06}"}, None, READER)
        except PasscodeWrong as wrong:
            return wrong.remaining
        except LinkGone:
            return None
        raise AssertionError("a wrong passcode opened the link")

    with ThreadPoolExecutor(16) as pool:
        remaining = [each for each in pool.map(guess, range(200)) if each is not None]
    assert sorted(remaining) == list(range(10))
    assert counting.hashed == 10
    assert logged(vault.database, "open") == 0
    with pytest.raises(LinkGone):
        visit(citizen, guarded, passcode="482913")
    visit(citizen, other, passcode="771024")
    assert citizen.grants.get(other.grant_id).row.opens == 1


def test_parallel_repeats_of_one_recipient_are_one_open(citizen: Citizen) -> None:
    issued = citizen.share(max_opens=1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: visit(citizen, issued), range(24)))
    assert citizen.grants.get(issued.grant_id).row.opens == 1


def test_right_passcodes_in_parallel_leave_no_try_behind(citizen: Citizen) -> None:
    issued = citizen.share(passcode="482913")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: visit(citizen, issued, f"Reader {n}", passcode="482913"), range(16)))
    with pytest.raises(PasscodeWrong) as probe:
        visit(citizen, issued, "Prober")
    assert probe.value.remaining == 10
