"""Opening the key store that the settings name; files in the keys folder unless they name another."""

from __future__ import annotations

from pathlib import Path

from app.key_places import OpenBaoPlace, Pkcs11Place
from app.settings import PREFIX, BadSetting, Settings, read_key_store
from vault.server_keys.files import FileStore
from vault.server_keys.stores import KeyStore


def open_key_store(settings: Settings) -> KeyStore:
    """BadSetting if the secret's file can't be read or others may read it; KeysUnavailable."""
    place = read_key_store(settings.key_store, settings.key_store_secret)
    # Clients of devices and services take long to load: only who uses one waits for it.
    if isinstance(place, Pkcs11Place):
        from vault.server_keys.pkcs11 import Pkcs11Store  # noqa: PLC0415

        return Pkcs11Store(place.module, place.token, _secret(settings), place.key_set)
    if isinstance(place, OpenBaoPlace):
        from vault.server_keys.openbao import OpenBaoStore  # noqa: PLC0415

        return OpenBaoStore(place.address, _secret(settings), place.mount, place.key_set)
    return FileStore(settings.keys_folder)


def _secret(settings: Settings) -> str:
    path = settings.key_store_secret or Path()
    try:
        if path.stat().st_mode & 0o077:
            raise BadSetting(f"{PREFIX}KEY_STORE_SECRET names a file that other users of this machine may read.")
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadSetting(f"{PREFIX}KEY_STORE_SECRET names a file that can't be read.") from None
    if not secret:
        raise BadSetting(f"{PREFIX}KEY_STORE_SECRET names an empty file.")
    return secret
