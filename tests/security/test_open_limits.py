"""Counting is exact under real concurrency: many processes, many guesses, the real server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.servers import Server, manifest_url, share, sign_up, type_in

OPEN_ONCE = """
import json, sys, urllib.request, urllib.error
url, body = sys.argv[1], {"recipient": sys.argv[2]}
sys.stdin.readline()
request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
try:
    print(urllib.request.urlopen(request, timeout=60).status)
except urllib.error.HTTPError as refused:
    print(refused.code)
"""


def test_sixteen_processes_with_sixteen_recipients_get_exactly_five_opens(server: Server) -> None:
    token = sign_up(server)["token"]
    type_in(server, token)
    grant = share(server, token, max_opens=5)
    url = manifest_url(grant["shlink"])
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_ONCE, url, f"Reader {n}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(16)
    ]
    time.sleep(1)
    for opener in openers:
        assert opener.stdin
        opener.stdin.write("go\n")
        opener.stdin.flush()
    statuses = Counter(opener.communicate(timeout=90)[0].strip() for opener in openers)
    assert statuses == {"200": 5, "404": 11}
    seen = server.get(f"/api/grants/{grant['grant_id']}", token).json
    assert (seen["opens"], seen["max_opens"]) == (5, 5)
    log = server.get("/api/log?limit=200", token).json["items"]
    assert sum(1 for line in log if line["event"] == "open") == 5


def test_two_hundred_wrong_passcodes_spend_one_links_tries_and_stop_nobody_else(server: Server) -> None:
    token = sign_up(server)["token"]
    type_in(server, token)
    guarded = share(server, token, passcode="482913")
    other = share(server, token, passcode="771024")
    url = manifest_url(guarded["shlink"])

    def guess(n: int) -> tuple[int, bytes]:
        answer = server.post(url, {"recipient": "Guesser", "passcode": f"{n:06d}"})
        return answer.status, answer.body

    with ThreadPoolExecutor(40) as pool:
        guesses = [pool.submit(guess, n) for n in range(200)]
        alive = [server.get("/health/live").status for _ in range(20)]
        answers = [g.result() for g in guesses]
    assert set(alive) == {200}
    left = [json.loads(body)["remainingAttempts"] for status, body in answers if status == 401]
    assert sorted(left) == list(range(10)), "ten tries for a link's whole life, each counted once"
    assert {status for status, _ in answers} == {401, 404}
    assert server.post(url, {"recipient": "Dr Lee", "passcode": "482913"}).status == 404
    assert server.post(manifest_url(other["shlink"]), {"recipient": "Dr Lee", "passcode": "771024"}).status == 200
