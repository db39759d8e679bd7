"""``healthvault deliver`` against the real server: sealed at the sender, proven key or nothing, no key in the open."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import PASSPHRASE, Answer, Server, sign_up
from tests.vault.deliveries.conftest import observation
from vault.crypto.signatures import signing_public_key
from vault.ids import make_id, text_of

SEED = bytes(range(32))
SEED_TEXT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
EMAIL = "sent-by-command@example.org"
KEY = "HEALTHVAULT_DELIVERY_KEY"


@dataclass(frozen=True)
class Lab:
    """A sender with an address and a key, beside a locked vault. ``folder``: its own files."""

    server: Server
    address: str
    key: str
    folder: Path

    def file(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def deliver(self, *words: str, key: str | None = None, to: str = "") -> subprocess.CompletedProcess[str]:
        variables = self.server.variables() | {KEY: self.key if key is None else key}
        command = self.server.command("deliver", "--to", to or self.address, *words)
        return subprocess.run(
            command, check=False, env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )

    def after_the_unlock(self, path: str) -> Answer:
        told = {"email": EMAIL, "passphrase": PASSPHRASE}
        return self.server.get(path, self.server.call("POST", "/api/sessions", told).json["token"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("deliver")
    server = Server(folder).start()
    try:
        person = sign_up(server, EMAIL)["token"]
        lab_key = base64.urlsafe_b64encode(signing_public_key(SEED)).decode().rstrip("=")
        pinned = {"name": "Hill Street", "lab_key": lab_key}
        made = server.call("POST", "/api/senders", pinned, person).json
        server.call("DELETE", "/api/sessions", token=person)
        yield Lab(server, made["address"], made["key"], folder)
    finally:
        server.stop()


def test_files_sealed_by_the_command_are_there_after_the_unlock_and_their_sender_is_proven(lab: Lab) -> None:
    seed = lab.file("seed", SEED_TEXT.encode())
    results = [lab.file(f"{value}.json", observation(f"0.{value}")) for value in (71, 72)]
    done = lab.deliver("--sign-with", seed, *results)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    receipt = json.loads(second)["receipt"]
    assert (receipt["address"], receipt["sealed_by"]) == (lab.address, "sender")
    assert receipt["delivery_id"] in first
    assert lab.key not in done.stdout + done.stderr
    assert {each["value"] for each in lab.after_the_unlock("/api/results").json["items"]} >= {"0.71", "0.72"}
    newest = lab.after_the_unlock("/api/imports").json["items"][0]
    assert newest["sent_by"] == {"name": "Hill Street", "proven": True}


def test_the_key_may_lie_in_a_file(lab: Lab) -> None:
    key_file = lab.file("key", f"{lab.key}\n".encode())
    done = lab.deliver("--key-file", key_file, lab.file("73.json", observation("0.73")), key="")
    assert done.returncode == 0, done.stderr


def test_a_server_key_that_isnt_the_one_known_seals_nothing(lab: Lab) -> None:
    done = lab.deliver("--server-key", SEED_TEXT, lab.file("74.json", observation("0.74")))
    assert (done.returncode, done.stdout) == (1, "")
    assert "could not be proven" in done.stderr


@pytest.mark.parametrize(
    "fault", ["no key", "wrong key", "nobody's address", "no https", "no vault", "nobody there", "no file"]
)
def test_what_cant_be_delivered_says_why_in_one_sentence(lab: Lab, fault: str) -> None:
    path = lab.file("75.json", observation("0.75"))
    done = {
        "no key": lambda: lab.deliver(path, key=""),
        "wrong key": lambda: lab.deliver(path, key="hvd1_nonsense"),
        "nobody's address": lambda: lab.deliver(path, to=f"{lab.server.base}/api/deliveries/{text_of(make_id())}"),
        "no https": lambda: lab.deliver(path, to=lab.address.replace("localhost", "example.org")),
        "no vault": lambda: lab.deliver(path, to=f"{lab.server.base}/api/deliveries/ada"),
        "nobody there": lambda: lab.deliver(path, to=f"http://localhost:1/api/deliveries/{text_of(make_id())}"),
        "no file": lambda: lab.deliver(f"{path}.gone"),
    }[fault]()
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
