"""The command ``healthvault``: serve, make an administrator, deliver, keep keys, check a certificate, erase again."""

from __future__ import annotations

import argparse
import base64
import binascii
import gc
import json
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path

import httpx2
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from app import migrations
from app.deliver import KEY_VARIABLE, NotDelivered, deliver
from app.key_commands import add_key_commands, run_key_command
from app.logs import configure_logs
from app.main import create_app
from app.services import SAMPLES
from app.settings import BadSetting, Settings, read_settings
from app.wiring import make_services
from vault.archive.format import NotAnArchive
from vault.archive.opening import unpack
from vault.audit.events import Origin
from vault.crypto.slots import WrongSecret
from vault.erasure.certificate import NotACertificate, check_certificate
from vault.errors import Tampered, VaultError

_OPTIONS_WITH_KEYS = frozenset(("--key", "--server-key"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, 1 for what doesn't verify, or 2; then with one sentence on standard error."""
    given = _parser().parse_args(_with_keys_joined(sys.argv[1:] if arguments is None else arguments))
    try:
        return {
            "serve": _serve,
            "create-admin": _create_admin,
            "archive": _open_archive,
            "certificate": _verify_certificate,
            "erasures": _apply_erasures,
            "deliver": _deliver,
            "keys": run_key_command,
        }[given.command](given)
    except BadSetting as error:
        print(error, file=sys.stderr)
    except VaultError as error:
        suggestion = getattr(error, "suggestion", None)
        print(error.advice, f"For example: {suggestion}" if suggestion else "", file=sys.stderr)
    except (SQLAlchemyError, OSError) as error:
        print(f"The database or a folder can't be used ({type(error).__name__}).", file=sys.stderr)
    return 2


def _with_keys_joined(arguments: Sequence[str]) -> list[str]:
    """``--key K`` as ``--key=K``: a key in base64url may begin with a hyphen, which would read as an option."""
    joined: list[str] = []
    for word in arguments:
        if joined and joined[-1] in _OPTIONS_WITH_KEYS:
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="healthvault", description="A personal health data vault.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="bring the database up to date and answer requests")
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (8000)")
    serve.add_argument("--demo", action="store_true", default=None, help="with sample data and published sign-ins")
    admin = commands.add_parser("create-admin", help="make an administrator; the passphrase comes from standard input")
    admin.add_argument("--email", required=True, help="the administrator's e-mail address")
    certificate = commands.add_parser("certificate", help="check a certificate of erasure, offline")
    verify = certificate.add_subparsers(dest="act", required=True).add_parser("verify", help="is it as it was signed?")
    verify.add_argument("file", type=Path, help="the certificate as it was saved")
    verify.add_argument("--key", required=True, help="the service's key, from its /api/certificate-key")
    archive = commands.add_parser("archive", help="open a vault that somebody took home, offline")
    opening = archive.add_subparsers(dest="act", required=True).add_parser("open", help="write its files to a folder")
    opening.add_argument("file", type=Path, help="the archive; its recovery code comes from standard input")
    opening.add_argument("--to", required=True, type=Path, metavar="FOLDER", help="a folder that isn't there yet")
    erasures = commands.add_parser("erasures", help="after a restore: erase again what was erased")
    apply = erasures.add_subparsers(dest="act", required=True).add_parser("apply", help="all that the ledger names")
    send = commands.add_parser("deliver", help="seal files here and put them into a locked vault")
    send.add_argument("--to", required=True, metavar="ADDRESS", help="the vault's address, as its owner gave it")
    send.add_argument("--key-file", type=Path, help=f"file with the API key (or {KEY_VARIABLE}, or standard input)")
    send.add_argument("--sign-with", type=Path, metavar="FILE", help="file with a lab's Ed25519 seed, base64url")
    send.add_argument(
        "--server-key", default="", help="the service's signing key, if it is known: no other is believed"
    )
    send.add_argument("file", nargs="+", type=Path, metavar="FILE", help="what to deliver")
    for command in (serve, admin, apply, *add_key_commands(commands)):
        command.add_argument("--data", help="folder of the database (./data)")
        command.add_argument("--keys", help="folder of the server's own keys (<data>-keys), never inside the data")
    return parser


def _serve(given: argparse.Namespace) -> int:
    settings = read_settings(host=given.host, port=given.port, data=given.data, keys=given.keys, demo=given.demo)
    configure_logs(settings.log_level)
    app = create_app(settings)
    _greet(settings)
    gc.collect()
    gc.freeze()  # What is loaded by now stays: no request pays for looking at it again.
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,  # It would write addresses, and those of links are secret.
        log_level="warning",
        server_header=False,
        proxy_headers=bool(settings.forwarded_from),
        forwarded_allow_ips=settings.forwarded_from or None,
    )
    return 0


def _greet(settings: Settings) -> None:
    print(f"Health data vault: open {settings.public_url} in a browser.")
    if settings.demo:
        print("Press “Look around with sample data”: no sign-up, nobody real.")
        print("For the command line and the API, anybody may sign in with:")
        print(f"  citizen        {SAMPLES.citizen_email}    {SAMPLES.passphrase}")
        print(f"  administrator  {SAMPLES.admin_email}  {SAMPLES.passphrase}   at {settings.public_url}/admin/sign-in")
    print("Stop with Ctrl+C.")
    sys.stdout.flush()


def _create_admin(given: argparse.Namespace) -> int:
    settings = read_settings(data=given.data, keys=given.keys)
    passphrase = getpass("Passphrase: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrations.upgrade(settings.sqlalchemy_url)
    services = make_services(settings)
    try:
        made = services.accounts.create_admin(given.email, passphrase, Origin("", "healthvault create-admin"))
    finally:
        services.close()
    print(f"Administrator made. Recovery code, shown this once: {made.recovery_code}")
    return 0


def _verify_certificate(given: argparse.Namespace) -> int:
    try:
        told = check_certificate(given.file.read_bytes(), _key_of(given.key))
    except (Tampered, NotACertificate):
        print("This is no certificate that this key signed, or it was changed.", file=sys.stderr)
        return 1
    print(f"The certificate is as it was signed, by {told['service']}.")
    print(f"Erased at {told['erased_at']}; no old byte in its files since {told['scrubbed_at']}.")
    print("; ".join(f"{name.replace('_', ' ')}: {count}" for name, count in sorted(told["erased"].items())))
    print(f"The last backup of its keys is gone by {told['last_residue_until']}.")
    return 0


def _open_archive(given: argparse.Namespace) -> int:
    code = getpass("Recovery code or passphrase: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    try:
        with given.file.open("rb") as source:
            parts = unpack(source, code, given.to)
    except (NotAnArchive, WrongSecret, Tampered) as error:
        print(error.advice, file=sys.stderr)
        return 1
    print(f"{len(parts)} files are in {given.to}.")
    return 0


def _key_of(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise Tampered from None


def _deliver(given: argparse.Namespace) -> int:
    try:
        signed = deliver(
            given.to,
            given.file,
            key_file=given.key_file,
            lab_key_file=given.sign_with,
            server_key=given.server_key,
        )
    except Tampered:
        print("The vault's key could not be proven, or its receipt doesn't fit. Don't send again.", file=sys.stderr)
        return 1
    except NotDelivered as error:
        print(error, file=sys.stderr)
        return 2
    except httpx2.HTTPError as error:
        print(f"The address does not answer ({type(error).__name__}).", file=sys.stderr)
        return 2
    told = signed["receipt"]
    print(f"Delivered at {told['received_at']}: {told['size']} bytes, delivery {told['delivery_id']}.")
    print(json.dumps(signed))
    return 0


def _apply_erasures(given: argparse.Namespace) -> int:
    settings = read_settings(data=given.data, keys=given.keys)
    migrations.upgrade(settings.sqlalchemy_url)
    services = make_services(settings)
    try:
        applied = services.apply_ledger(whole=True)
    finally:
        services.close()
    print(f"Vaults erased again: {applied.vaults}. Records that go when their vault is next opened: {applied.records}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
