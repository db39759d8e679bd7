"""A certified sign-in provider on loopback, in a process of its own: npm oidc-provider on Node, unmodified."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.databases import skip_or_fail

HERE = Path(__file__).parent / "interop"
SECRET = "a secret between two servers"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class SignInProvider:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=15)
        if self.process.stdout is not None:
            self.process.stdout.close()


def start_provider(*redirects: str) -> SignInProvider:
    """Running, for a vault that is sent back to at these addresses."""
    if shutil.which("node") is None:
        skip_or_fail("Node is not installed")
    if not (HERE / "node_modules" / "oidc-provider").is_dir():
        skip_or_fail("npm packages are not installed (make setup-dev)")
    port = free_port()
    process = subprocess.Popen(
        ["node", str(HERE / "provider.mjs"), str(port), *redirects],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=HERE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    return SignInProvider(port, process)


def configuration(folder: Path, provider: SignInProvider, *audiences: str, **more: Any) -> dict[str, Any]:
    """What an operator writes for it, its secret in a file of ``folder``."""
    secret = folder / "provider-secret"
    secret.write_text(SECRET + "\n")
    stated: dict[str, Any] = {
        "name": "example",
        "title": "Example sign-in",
        "issuer": provider.issuer,
        "client_id": "vault",
        "secret_file": str(secret),
        "for": list(audiences) or ["citizens"],
    }
    if "admins" in audiences:
        stated |= {"admin_claims": {"groups": "vault-admins"}, "scopes": ["groups"]}
    return stated | more


def as_setting(*providers: dict[str, Any]) -> str:
    return json.dumps(list(providers))
