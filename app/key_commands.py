"""``healthvault keys``: what an operator sees and does of the server's own keys. docs/operations.md."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import migrations
from app.key_stores import open_key_store
from app.settings import PREFIX, BadSetting, Settings, read_settings
from auth import accounts, second_factor
from auth.single_sign_on import linking
from auth.trusting import choosing
from sharing.grants import issuing
from vault.audit.events import Entry, Event, Origin, Outcome, Role
from vault.audit.log import Log
from vault.clock import SystemClock
from vault.database import Database
from vault.keys import log_keys
from vault.keys.provider import Purpose
from vault.keys.wrapped import ServerWrapped
from vault.server_keys.holder import ServerKeys
from vault.server_keys.moving import copy_keys
from vault.server_keys.rewrapping import Rewrapped, named, resign, rewrap, signed
from vault.server_keys.stores import ServerKey

ROTATED = "server-keys"
WRAPPED: tuple[ServerWrapped, ...] = (
    accounts.SERVER_WRAPPED,
    second_factor.SERVER_WRAPPED,
    linking.SERVER_WRAPPED,
    choosing.SERVER_WRAPPED,
    issuing.SERVER_WRAPPED,
    log_keys.SERVER_WRAPPED,
)
FIND_BY_FIRST = frozenset((Purpose.E_MAIL, Purpose.LINKS))
"""Their first key makes the digests by which addresses, sign-ins and codes are found."""
NEVER_RETIRED = frozenset((Purpose.PEPPER, Purpose.CERTIFICATES))
"""Passphrases and passcodes need their pepper, the erasure ledger the keys that signed it."""


def add_key_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> list[argparse.ArgumentParser]:
    """The parsers of ``keys``, for the options that all commands share."""
    acts = commands.add_parser("keys", help="the server's own keys").add_subparsers(dest="act", required=True)
    status = acts.add_parser("status", help="where they are, and what each is still needed for")
    rotate = acts.add_parser("rotate", help="new keys from now on; stored things are wrapped and signed again")
    rotate.add_argument("purpose", nargs="*", metavar="PURPOSE", help=f"some of {', '.join(Purpose)}; all unless named")
    move = acts.add_parser("move", help="copy them from files into a device or a key service")
    move.add_argument("--to", required=True, metavar="STORE", help=f"as in {PREFIX}KEY_STORE")
    move.add_argument("--secret", required=True, metavar="FILE", help="file with that store's PIN or token")
    retire = acts.add_parser("retire", help="forget an old key that nothing needs any more; stop the server first")
    retire.add_argument("key", metavar="KEY", help="its id, as status shows it")
    return [status, rotate, move, retire]


def run_key_command(given: argparse.Namespace) -> int:
    """Exit status 0, or 1 for what was refused."""
    settings = read_settings(data=given.data, keys=given.keys)
    return {"status": _status, "rotate": _rotate, "move": _move, "retire": _retire}[given.act](settings, given)


def _status(settings: Settings, _given: argparse.Namespace) -> int:
    store = open_key_store(settings)
    provider = ServerKeys(store, complete=False)
    print(f"The server's own keys: {store.name}.")
    with _database(settings, as_it_is=True) as database:
        needs = count_needs(database, provider) if database else None
    for key in provider.list_keys():
        print(f"{key.purpose:15} {key.key_id.hex()}  {'; '.join(_words(provider, key, needs))}")
    lacking = [purpose for purpose in Purpose if purpose not in provider.key_ids()]
    for purpose in lacking:
        print(f"{purpose:15} has no key")
    provider.health()
    return 1 if lacking else 0


def _rotate(settings: Settings, given: argparse.Namespace) -> int:
    try:
        purposes = [Purpose(each) for each in given.purpose] or list(Purpose)
    except ValueError:
        raise BadSetting(f"A purpose is one of {', '.join(Purpose)}.") from None
    store = open_key_store(settings)
    provider = ServerKeys(store, complete=False)
    if not provider.list_keys():
        raise BadSetting(f"There are no keys: {store.name}. A first “healthvault serve” makes them.")
    for purpose in purposes:
        print(f"{purpose:15} {provider.rotate(purpose)}")
    with _database(settings) as database:
        result = wrap_all_again(database, provider) if database else Rewrapped()
        if database:
            _note(database, provider, len(purposes))
    print(f"Wrapped or signed again: {result.done}.")
    if result.refused:
        print(f"{result.refused} that no key opens stay as they are.")
    print("A running server reads all of this at once; it writes with the new keys from its next start.")
    return 1 if result.refused else 0


def _move(settings: Settings, given: argparse.Namespace) -> int:
    there = settings.model_copy(update={"key_store": given.to, "key_store_secret": Path(given.secret)})
    target = open_key_store(there)
    if not settings.key_store and not (settings.keys_folder / "purposes").exists():
        raise BadSetting(f"There are no keys in {settings.keys_folder}.")
    source = open_key_store(settings)
    copied = copy_keys(source, target)
    print(f"{len(copied)} keys are in {target.name}, and each was tried there.")
    print(f"Set {PREFIX}KEY_STORE={given.to} and {PREFIX}KEY_STORE_SECRET={given.secret}, and start the server again.")
    print(f"When it runs, keep a copy of {settings.keys_folder} where nobody is, and remove it here:")
    print("whoever reads those files has the same keys.")
    return 0


def _retire(settings: Settings, given: argparse.Namespace) -> int:
    provider = ServerKeys(open_key_store(settings), complete=False)
    key = next((key for key in provider.list_keys() if key.key_id.hex() == given.key), None)
    if key is None:
        raise BadSetting("No key has this id: “healthvault keys status” lists them.")
    with _database(settings) as database:
        reasons = needed_for(provider, key, count_needs(database, provider) if database else Counter())
    if reasons:
        print(f"It stays: {'; '.join(reasons)}.")
        return 1
    provider.retire(key)
    print("Forgotten. A backup of the database from before its rotation needs a backup of this key.")
    return 0


def wrap_all_again(database: Database, provider: ServerKeys) -> Rewrapped:
    """Everything stored under the newest keys of the server."""
    return sum((rewrap(database, provider, each) for each in WRAPPED), resign(database, provider))


def count_needs(database: Database, provider: ServerKeys) -> Counter[str]:
    """Key id to the number of stored things that it wrapped or signed."""
    return sum((named(database, each) for each in WRAPPED), signed(database, provider))


def needed_for(provider: ServerKeys, key: ServerKey, needs: Counter[str]) -> list[str]:
    """Why a key can't be forgotten; nothing if it can."""
    ring = [each for each in provider.list_keys() if each.purpose is key.purpose]
    reasons = []
    if key == ring[-1]:
        reasons.append("in use")
    if needs[key.key_id.hex()]:
        reasons.append(f"needed by what is stored: {needs[key.key_id.hex()]}")
    if key.purpose in FIND_BY_FIRST and key == ring[0]:
        reasons.append("things are found by it")
    if key.purpose in NEVER_RETIRED:
        reasons.append("what it made can't be made again")
    return reasons


def _words(provider: ServerKeys, key: ServerKey, needs: Counter[str] | None) -> list[str]:
    return needed_for(provider, key, needs or Counter()) or ["nothing needs it"]


def _note(database: Database, provider: ServerKeys, count: int) -> None:
    log = Log(provider, SystemClock())
    origin = Origin("", "healthvault keys rotate").as_accountability()
    with database.write() as connection:
        trail = log.operator_trail(connection, Role.SERVER)
        log.append(connection, trail, Entry(Event.KEYS, Outcome.DONE, ROTATED, count=count, accountability=origin))


@contextmanager
def _database(settings: Settings, *, as_it_is: bool = False) -> Iterator[Database | None]:
    """The vaults' database, brought up to date unless ``as_it_is``; None where none was made yet."""
    is_file = settings.sqlalchemy_url.startswith("sqlite:///")
    if is_file and not Path(settings.sqlalchemy_url.removeprefix("sqlite:///")).exists():
        yield None
        return
    if not as_it_is:
        migrations.upgrade(settings.sqlalchemy_url)
    database = Database(settings.sqlalchemy_url)
    try:
        yield database
    finally:
        database.close()
