"""Key stores for tests: files, SoftHSM and OpenBao, each the real thing.

``HEALTHVAULT_TEST_KEYS`` (file, pkcs11 or openbao) says with which of them the whole suite runs.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

import hvac
import requests

from tests.databases import skip_or_fail
from vault.keys.provider import Purpose
from vault.server_keys.files import FileKeyProvider, FileStore
from vault.server_keys.holder import ServerKeys
from vault.server_keys.openbao import OpenBaoStore
from vault.server_keys.pkcs11 import Pkcs11Store
from vault.server_keys.stores import KeyStore

KINDS = ("file", "pkcs11", "openbao")
CHOSEN = os.environ.get("HEALTHVAULT_TEST_KEYS", "file")
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
_SOFTHSM, _OPENBAO = "TEST_SOFTHSM", "TEST_OPENBAO"
TOKEN, PIN, SECRET = "healthvault-tests", "123456", "root-of-a-test-server"


def make_store(kind: str, folder: Path) -> KeyStore:
    """A store whose keys are this folder's: the same again for the same folder in one run."""
    if kind == "file":
        return FileStore(folder)
    if kind == "pkcs11":
        softhsm()
        return Pkcs11Store(MODULE, TOKEN, PIN, key_set(folder))
    return OpenBaoStore(openbao(), SECRET, mount(folder), "healthvault")


def settings_of(folder: Path, kind: str = CHOSEN) -> dict[str, str]:
    """``key_store`` and ``key_store_secret`` of a server with this folder's keys; nothing for files."""
    if kind == "file":
        return {}
    secret = folder.with_name(folder.name + "-secret")
    secret.touch(0o600)
    secret.write_text(PIN if kind == "pkcs11" else SECRET)
    if kind == "pkcs11":
        softhsm()
        return {
            "key_store": f"pkcs11:token={TOKEN};object={key_set(folder)}?module-path={MODULE}",
            "key_store_secret": str(secret),
        }
    return {"key_store": f"openbao+{openbao()}/{mount(folder)}", "key_store_secret": str(secret)}


def forget(folder: Path, kind: str = CHOSEN) -> None:
    """Devices get slow with the keys of thousands of tests."""
    if kind == "pkcs11":
        store = make_store(kind, folder)
        for key in store.list_keys():
            store.destroy(key)
    if kind == "openbao":
        hvac.Client(openbao(), token=SECRET).sys.disable_secrets_engine(mount(folder))


def make_provider(folder: Path, kind: str = CHOSEN) -> ServerKeys:
    return ServerKeys(make_store(kind, folder))


def pinned_provider(folder: Path) -> FileKeyProvider:
    """The keys of tests/vectors/key-provider.json."""
    stated = json.loads((Path(__file__).parent / "vectors/key-provider.json").read_text("utf-8"))["key_file"]
    folder.mkdir(mode=0o700)
    for purpose in Purpose:
        path = folder / f"{purpose}.key"
        path.touch(0o600)
        path.write_text(stated["text"].replace(stated["purpose"], purpose))
    return FileKeyProvider(folder)


def key_set(folder: Path) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, str(folder)).hex


@cache
def softhsm() -> None:
    """A token of this run's own; the library reads where tokens lie when it is loaded."""
    if os.environ.get(_SOFTHSM):
        return  # A process that this run started.
    tool = shutil.which("softhsm2-util")
    if tool is None or not Path(MODULE).exists():
        skip_or_fail("SoftHSM isn't installed (Debian: softhsm2)")
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    said = {"directories.tokendir": f"{folder}/tokens", "objectstore.backend": "file", "log.level": "ERROR"}
    (folder / "conf").write_text("".join(f"{name} = {value}\n" for name, value in said.items()))
    os.environ["SOFTHSM2_CONF"] = os.environ[_SOFTHSM] = str(folder / "conf")
    init = [str(tool), "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", PIN]
    subprocess.run(init, check=True, capture_output=True)


@cache
def openbao() -> str:
    """The address of a server of this run's own, which keeps everything in memory."""
    if running := os.environ.get(_OPENBAO):
        return running
    program = Path(sys.executable).with_name("bao")
    if not program.exists():
        skip_or_fail("OpenBao isn't installed (make setup-dev)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tempfile.mkdtemp(prefix="openbao-")
    command = [str(program), "server", "-dev", f"-dev-root-token-id={SECRET}", f"-dev-listen-address=127.0.0.1:{port}"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": home})
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    atexit.register(server.kill)
    address = f"http://127.0.0.1:{port}"
    client = hvac.Client(address, token=SECRET)
    for _ in range(200):
        with suppress(requests.ConnectionError):
            if client.sys.is_initialized() and not client.sys.is_sealed():
                os.environ[_OPENBAO] = address
                return address
        time.sleep(0.1)
    raise RuntimeError("OpenBao didn't start")


def mount(folder: Path) -> str:
    """A Transit engine for this folder's keys."""
    path = f"keys-{key_set(folder)}"
    client = hvac.Client(openbao(), token=SECRET)
    with suppress(hvac.exceptions.InvalidRequest):  # It is there already.
        client.sys.enable_secrets_engine("transit", path=path)
    return path
