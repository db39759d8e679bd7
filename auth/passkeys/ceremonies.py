"""WebAuthn, level 3, by the library: options for the browser, and checks of what comes back.

Every passkey must be discoverable and check who holds it. One constant input goes to its PRF; the salt of each slot
tells slots apart (docs/specs/slot.md).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from auth.passkeys.errors import PasskeyRefused

PRF_INPUT: Final = hashlib.sha256(b"hv/1 passkey").digest()
PRF_BYTES: Final = 32
_VERIFIED: Final = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A checked registration."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


class Ceremonies:
    """``public_url`` is the one origin that is accepted; its host is the relying party's id."""

    def __init__(self, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._rp_id = parts.hostname or ""

    def enrol_options(self, challenge: bytes, user_handle: bytes, name: str, known: list[bytes]) -> dict[str, Any]:
        """For ``navigator.credentials.create``; ``known`` are ids that a device must not have already."""
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name="Health data vault",
            user_id=user_handle,
            user_name=name,
            user_display_name=name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        )
        return _with_prf(options_to_json(options))

    def sign_in_options(self, challenge: bytes, allowed: list[bytes] | None = None) -> dict[str, Any]:
        """For ``navigator.credentials.get``; any discoverable passkey of this site unless ``allowed`` names some."""
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in allowed or []],
            user_verification=_VERIFIED,
        )
        return _with_prf(options_to_json(options))

    def check_enrolment(self, credential: dict[str, Any], challenge: bytes) -> NewPasskey:
        """PasskeyRefused unless it answers this challenge, at this origin, by a device that checked its holder."""
        try:
            found = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise PasskeyRefused from None
        return NewPasskey(found.credential_id, found.credential_public_key, found.sign_count)

    def check_sign_in(self, credential: dict[str, Any], challenge: bytes, public_key: bytes, sign_count: int) -> int:
        """The new count; PasskeyRefused for any fault, a count that doesn't grow among them: a copied device."""
        try:
            found = verify_authentication_response(
                credential=credential,
                credential_public_key=public_key,
                credential_current_sign_count=sign_count,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise PasskeyRefused from None
        return found.new_sign_count


def challenge_of(credential: dict[str, Any]) -> bytes:
    """The challenge that a browser says it answered; PasskeyRefused if it says none."""
    try:
        said = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return base64url_to_bytes(said["challenge"])
    except (KeyError, TypeError, ValueError):
        raise PasskeyRefused from None


def credential_id_of(credential: dict[str, Any]) -> bytes:
    """Its id, 1 to 1,023 bytes; PasskeyRefused if it states none."""
    try:
        found = base64url_to_bytes(credential["id"])
    except (KeyError, TypeError, ValueError):
        raise PasskeyRefused from None
    if not 1 <= len(found) <= 1023:
        raise PasskeyRefused
    return found


def output_of(stated: str | None) -> bytes | None:
    """The PRF's output, 32 bytes, or None if the device computes none; PasskeyRefused for another length."""
    if not stated:
        return None
    try:
        output = base64url_to_bytes(stated)
    except ValueError:
        raise PasskeyRefused from None
    if len(output) != PRF_BYTES:
        raise PasskeyRefused
    return output


def _with_prf(options: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(options)
    said["extensions"] = {"prf": {"eval": {"first": bytes_to_base64url(PRF_INPUT)}}}
    return said
