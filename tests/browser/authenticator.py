"""A device that keeps passkeys: Chromium's virtual authenticator, always with the right finger on it."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page


@dataclass
class Device:
    session: CDPSession
    authenticator_id: str

    def passkeys(self) -> list[dict[str, object]]:
        found = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator_id})
        return list(found["credentials"])

    def lose(self) -> None:
        """The device is gone, and its passkeys with it."""
        self.session.send("WebAuthn.clearCredentials", {"authenticatorId": self.authenticator_id})

    def refuse(self) -> None:
        """Nobody's finger is on it from now on."""
        stated = {"authenticatorId": self.authenticator_id, "isUserVerified": False}
        self.session.send("WebAuthn.setUserVerified", stated)


def with_device(page: Page, *, computes: bool = True) -> Device:
    """``computes``: whether it has a PRF, by which a passkey opens a vault."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "ctap2Version": "ctap2_1",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
                "hasPrf": computes,
            }
        },
    )
    return Device(session, made["authenticatorId"])
