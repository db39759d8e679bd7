"""The real server in a process of its own, and a small client for it: what a user's machine would run."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.key_stores import settings_of

PASSPHRASE = "copper lantern drifting meadow"


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """``healthvault serve`` on a free port of loopback, with folders of its own."""

    folder: Path
    database_url: str | None = None
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def keys(self) -> Path:
        return self.folder / "data-keys"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "app.cli", *words]

    def variables(self) -> dict[str, str]:
        chosen = {k: v for k, v in os.environ.items() if not k.startswith("HEALTHVAULT_")} | self.environment
        stored = settings_of(self.keys)
        chosen |= {f"HEALTHVAULT_{name.upper()}": value for name, value in stored.items()}
        if self.database_url:
            chosen["HEALTHVAULT_DATABASE_URL"] = self.database_url
        return chosen

    def start(self, *extra: str) -> Server:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = self.port or probe.getsockname()[1]
        words = ["serve", "--port", str(self.port), "--data", str(self.data), "--keys", str(self.keys), *extra]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(*words), stdout=log, stderr=log, env=self.variables())
        for _ in range(300):
            if self.process.poll() is not None:
                raise RuntimeError(f"the server stopped at once:\n{self.log.read_text()}")
            try:
                if self.get("/health/ready").status == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"the server did not answer:\n{self.log.read_text()}")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=15)
            self.process = None

    def create_admin(self, email: str, passphrase: str = PASSPHRASE) -> None:
        words = ["create-admin", "--data", str(self.data), "--email", email]
        subprocess.run(
            self.command(*words),
            input=passphrase.encode() + b"\n",
            env=self.variables(),
            check=True,
            capture_output=True,
        )

    def call(
        self, method: str, path: str, body: Any = None, token: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        url = path if path.startswith("http") else self.base + path
        try:
            with urlopen(Request(url, data, sent, method=method), timeout=60) as answer:
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.read(), dict(refused.headers))

    def get(self, path: str, token: str | None = None) -> Answer:
        return self.call("GET", path, token=token)

    def post(self, path: str, body: Any, token: str | None = None, **headers: str) -> Answer:
        return self.call("POST", path, body, token, headers)


def sign_up(server: Server, email: str = "ana@example.org", name: str = "Ana Example") -> dict[str, str]:
    """A citizen with a vault: the answer of POST /api/accounts."""
    wanted = {"email": email, "name": name, "birth_date": "1980-02-29", "passphrase": PASSPHRASE}
    answer = server.post("/api/accounts", wanted)
    assert answer.status == 201, answer.body
    made: dict[str, str] = answer.json
    return made


def type_in(server: Server, token: str, value: str = "0.80", day: int = 1, **more: str) -> str:
    """One typed magnesium result; its record id."""
    wanted = {"analyte": "magnesium", "value": value, "unit": "mmol/L", "taken_at": f"2026-01-{day:02d}"} | more
    answer = server.post("/api/results", wanted, token)
    assert answer.status == 201, answer.body
    return str(answer.json["record_id"])


def share(server: Server, token: str, **changes: Any) -> dict[str, str]:
    """A grant for magnesium, seven days, to view; the answer of POST /api/grants."""
    terms = {
        "recipient": {"name": "Dr Lee"},
        "purpose": "treatment",
        "include": [{"analyte": "magnesium"}],
        "exclude": [],
        "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7 * 86_400)),
        "actions": ["view"],
    } | changes
    preview = server.post("/api/grants/preview", terms, token)
    assert preview.status == 200, preview.body
    statement = {k: preview.json["statement"][k] for k in ("id", "version")}
    answer = server.post("/api/grants", terms | {"statement": statement}, token)
    assert answer.status == 201, answer.body
    made: dict[str, str] = answer.json
    return made


def manifest_url(shlink: str) -> str:
    """The address inside a ``shlink:/`` text."""
    payload = shlink.split("shlink:/")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["url"])
