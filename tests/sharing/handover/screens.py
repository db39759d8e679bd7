"""The other screen, as a browser would be it: its own P-256 key, its committed number, its own digits."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sharing.handover.digits import code_hash, commitment_of, digits_of, seal_info
from sharing.handover.giving import Giving
from sharing.handover.requests import write_bytes
from sharing.handover.waiting import Opened, Waiting
from tests.sharing.shares import Citizen
from vault.audit.events import Origin
from vault.audit.trails import trail_of
from vault.crypto.context import ctx
from vault.ids import SessionId

DESK = Origin("198.51.100.20", "a desk")
PHONE = Origin("192.0.2.7", "a phone")


@dataclass
class Screen:
    waiting: Waiting
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    nonce: bytes = field(default_factory=lambda: os.urandom(32))
    opened: Opened | None = None

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def mine(self) -> Opened:
        assert self.opened is not None
        return self.opened

    def open(self) -> Screen:
        commitment = commitment_of(self.point, self.nonce)
        self.opened = self.waiting.open(write_bytes(self.point), write_bytes(commitment), DESK)
        return self

    def reveal(self) -> Screen:
        self.waiting.reveal(self.mine.handover_id, self.mine.secret, write_bytes(self.nonce))
        return self

    def look(self) -> Any:
        return self.waiting.look(self.mine.handover_id, self.mine.secret)

    @property
    def digits(self) -> str:
        """What this screen shows, reckoned from what it knows itself."""
        theirs = self.look().citizen_nonce
        hashed = code_hash(self.mine.handover_id, self.mine.code)
        return digits_of(self.mine.handover_id, hashed, self.point, self.nonce, theirs)

    def fetch(self) -> dict[str, str]:
        theirs = self.look().citizen_nonce
        sealed = self.waiting.fetch(self.mine.handover_id, self.mine.secret)
        hashed = code_hash(self.mine.handover_id, self.mine.code)
        return open_message(self.private, sealed, theirs, seal_info(self.mine.handover_id, hashed))


def open_message(private: ec.EllipticCurvePrivateKey, sealed: bytes, salt: bytes, info: bytes) -> dict[str, str]:
    """What was sealed to a screen's key; written apart from the code that seals."""
    ephemeral, nonce, box = sealed[:65], sealed[65:77], sealed[77:]
    mine = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    context = info + ctx("handover-points/1", mine, ephemeral)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), ephemeral)
    key = HKDF(SHA256(), 32, salt, context).derive(private.exchange(ec.ECDH(), theirs))
    message: dict[str, str] = json.loads(AESGCM(key).decrypt(nonce, box, context))
    return message


def make_waiting(citizen: Citizen) -> Waiting:
    return Waiting(citizen.vault.database, citizen.vault.provider, citizen.clock)


def make_giving(citizen: Citizen, session: bytes = b"s" * 16, **changes: Any) -> Giving:
    vault = citizen.vault
    with vault.database.read() as connection:
        trail = trail_of(connection, vault.keyring.vault_id)
    parts = {"log": vault.log, "trail": trail, "clock": vault.clock, "origin": PHONE} | changes
    ends_at = vault.clock.now().replace(year=2027)
    return Giving(
        vault.database, vault.keyring, vault.provider, session_id=SessionId(session), session_ends_at=ends_at, **parts
    )
