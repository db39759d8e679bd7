"""Copying every key into another store, and trying each there before anybody relies on it."""

from __future__ import annotations

import hmac
import os

from vault.crypto.context import ctx
from vault.crypto.signatures import verify
from vault.errors import Tampered
from vault.keys.provider import KeysUnavailable
from vault.server_keys.stores import KeyStore, ServerKey


class KeysThereAlready(KeysUnavailable):
    """The other store has keys of its own."""

    code = "keys-there-already"
    advice = "There are other keys in that store. Nothing was copied: choose an empty one."


def copy_keys(source: KeyStore, target: KeyStore) -> tuple[ServerKey, ...]:
    """Every key, in ``target`` under the same ids; what a copy that stopped has put there is put there again.

    KeysStay if the source doesn't show its keys; KeysThereAlready; KeysUnavailable unless each copy does the same.
    """
    keys = source.list_keys()
    if set(target.list_keys()) - set(keys):
        raise KeysThereAlready
    for key in keys:
        target.take(key, source.give(key))
    if target.list_keys() != keys:
        raise KeysUnavailable
    for key in keys:
        _try(source, target, key)
    return keys


def _try(source: KeyStore, target: KeyStore, key: ServerKey) -> None:
    """KeysUnavailable unless both seal for each other, make the same MAC and sign for the same public key."""
    probe, context = os.urandom(32), ctx("provider-probe/1", key.key_id)
    try:
        same = target.open(key, context, source.seal(key, context, probe)) == probe
        same &= source.open(key, context, target.seal(key, context, probe)) == probe
        same &= hmac.compare_digest(source.mac(key, probe), target.mac(key, probe))
        verify(key.public, target.sign(key, context), context)
    except Tampered:
        same = False
    if not same:
        raise KeysUnavailable
