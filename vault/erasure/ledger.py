"""The erasure ledger: a file outside every backup that names, by digest, what was erased. docs/specs/erasure-ledger.md.

It only grows. Each line is signed and holds the hash of the line before: a changed, dropped or added line shows. That
the newest lines are missing shows in the database, which knows how many there were.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from vault.clock import from_microseconds, to_microseconds
from vault.crypto.context import ctx
from vault.crypto.signatures import verify
from vault.errors import Tampered
from vault.keys.provider import KeyProvider, Purpose

VAULT: Final = "vault"
RECORD: Final = "record"
NO_LINE: Final = bytes(32)
HEADER: Final = "healthvault-erased-1"
_LINE: Final = re.compile(
    r"healthvault-erased-1 (vault|record) ([0-9a-f]{64}) ([0-9]{1,18}) ([0-9a-f]{64}) ([0-9a-f]{16}) "
    r"([A-Za-z0-9_-]{86})"
)


class LedgerBroken(Tampered):
    """A line was changed, dropped or put in, or isn't ours."""

    code = "ledger-broken"
    advice = "The erasure ledger was changed or damaged. Bring it back from a copy before starting."


@dataclass(frozen=True, slots=True)
class Erased:
    """One line: ``digest`` by ``vault_digest`` or ``record_digest``; ``head`` is the hash of the line itself."""

    kind: str
    digest: bytes
    at: datetime
    head: bytes


def vault_digest(vault_id: bytes) -> bytes:
    """By which the ledger names a vault: its id is random, so the digest tells nothing to who doesn't have it."""
    return hashlib.sha256(ctx("erased-vault/1", vault_id)).digest()


def record_digest(vault_id: bytes, record_id: bytes) -> bytes:
    return hashlib.sha256(ctx("erased-record/1", vault_id, record_id)).digest()


class Ledger:
    """``path`` need not exist; its folder must. Several processes of one machine may append at once."""

    def __init__(self, path: Path, provider: KeyProvider) -> None:
        self._path = path
        self._provider = provider

    def read(self) -> tuple[Erased, ...]:
        """Every line, oldest first; none without a file. LedgerBroken if one was changed, dropped or put in."""
        try:
            return self._checked(_whole_lines(self._path.read_bytes()))
        except FileNotFoundError:
            return ()

    def append(self, erased: Iterable[tuple[str, bytes, datetime]]) -> tuple[Erased, ...]:
        """Add (kind, digest, when) unless it is there, on disk when this returns; every line then. LedgerBroken."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            before = _whole_lines(file.read())
            lines = list(self._checked(before))
            known = {(line.kind, line.digest) for line in lines}
            written = b""
            for kind, digest, at in erased:
                if (kind, digest) not in known:
                    line = self._line(kind, digest, to_microseconds(at), lines[-1].head if lines else NO_LINE)
                    lines.append(Erased(kind, digest, at, hashlib.sha256(line).digest()))
                    written += line
            file.seek(sum(map(len, before)))
            file.truncate()  # Half a line was never promised to anybody.
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        return tuple(lines)

    def _line(self, kind: str, digest: bytes, at: int, previous: bytes) -> bytes:
        key_id = self._provider.key_ids()[Purpose.CERTIFICATES]
        signature = self._provider.sign(Purpose.CERTIFICATES, _signed(kind, digest, at, previous, key_id))
        encoded = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
        return f"{HEADER} {kind} {digest.hex()} {at} {previous.hex()} {key_id} {encoded}\n".encode()

    def _checked(self, lines: Iterable[bytes]) -> tuple[Erased, ...]:
        """The chain holds all lines together, so a signature of a known key vouches for every line before it.

        The last line needs one: an invented key id would vouch for nothing.
        """
        found: list[Erased] = []
        is_vouched_for = True
        known = self._provider.public_keys(Purpose.CERTIFICATES)
        for line in lines:
            fields = _LINE.fullmatch(line.decode("latin-1").removesuffix("\n"))
            if fields is None:
                raise LedgerBroken
            kind, digest, previous, key_id = fields[1], bytes.fromhex(fields[2]), bytes.fromhex(fields[4]), fields[5]
            if previous != (found[-1].head if found else NO_LINE):
                raise LedgerBroken
            is_vouched_for = key_id in known
            if is_vouched_for:
                signed = _signed(kind, digest, int(fields[3]), previous, key_id)
                _verify(known[key_id], _decoded(fields[6]), signed)
            found.append(Erased(kind, digest, from_microseconds(int(fields[3])), hashlib.sha256(line).digest()))
        if not is_vouched_for:
            raise LedgerBroken
        return tuple(found)


def _verify(public_key: bytes, signature: bytes, signed: bytes) -> None:
    try:
        verify(public_key, signature, signed)
    except Tampered:
        raise LedgerBroken from None


def _signed(kind: str, digest: bytes, at: int, previous: bytes, key_id: str) -> bytes:
    return ctx("erasure-ledger/1", kind, digest, at, previous, key_id)


def _whole_lines(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines(keepends=True) if line.endswith(b"\n")]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "==", altchars=b"-_", validate=True)
    except binascii.Error:
        raise LedgerBroken from None
