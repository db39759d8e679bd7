"""The command ``healthvault``: serve, and make an administrator of the access log."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from getpass import getpass

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from app import migrations
from app.logs import configure_logs
from app.main import create_app
from app.settings import BadSetting, Settings, read_settings
from app.wiring import SAMPLES, make_services
from vault.audit.events import Origin
from vault.errors import VaultError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 with one sentence on standard error."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == "serve":
            return _serve(given)
        return _create_admin(given)
    except BadSetting as error:
        print(error, file=sys.stderr)
    except VaultError as error:
        suggestion = getattr(error, "suggestion", None)
        print(error.advice, f"For example: {suggestion}" if suggestion else "", file=sys.stderr)
    except (SQLAlchemyError, OSError) as error:
        print(f"The database or a folder can't be used ({type(error).__name__}).", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="healthvault", description="A personal health data vault.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="bring the database up to date and answer requests")
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (8000)")
    serve.add_argument("--demo", action="store_true", default=None, help="with sample data and published sign-ins")
    admin = commands.add_parser("create-admin", help="make an administrator; the passphrase comes from standard input")
    admin.add_argument("--email", required=True, help="the administrator's e-mail address")
    for command in (serve, admin):
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


if __name__ == "__main__":
    sys.exit(main())
