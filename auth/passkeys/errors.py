"""What can go wrong with a passkey. An unknown one and one that fails its checks get the same answer."""

from __future__ import annotations

from vault.errors import Conflict, Unauthenticated


class PasskeyRefused(Unauthenticated):
    """Unknown, wrong origin, a challenge that is over or another browser's, a copied device: always the same."""

    code = "passkey-refused"
    advice = "This passkey could not be checked. Please try again, or use another way in."


class PasskeyKnown(Conflict):
    code = "passkey-known"
    advice = "This passkey is one of your ways in already."


class CannotOpen(Conflict):
    """It would sign in and open nothing; for a first way in that is too little."""

    code = "passkey-cannot-open"
    advice = "This passkey can sign you in, but can't open a vault. Choose a passphrase, or use another device."
