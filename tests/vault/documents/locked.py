"""A PDF locked with a password, by the oldest handler of the format (RC4, 40 bits), written by hand."""

from __future__ import annotations

import hashlib

from tests.vault.documents.papers import assembled

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_PERMISSIONS = -44
_ID = bytes(range(16))


def locked_pdf(password: str, words: str) -> bytes:
    """One page with some words, opened by ``password`` alone."""
    user = _padded(password)
    owner = _rc4(hashlib.md5(_padded("owner of " + password)).digest()[:5], user)
    seed = user + owner + _PERMISSIONS.to_bytes(4, "little", signed=True) + _ID
    key = hashlib.md5(seed).digest()[:5]
    check = _rc4(key, _PADDING)
    drawn = f"BT /F1 24 Tf 60 700 Td ({words}) Tj ET".encode("latin-1")
    stream = _rc4(hashlib.md5(key + (5).to_bytes(3, "little") + b"\0\0").digest()[:10], drawn)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
        "/Resources << /Font << /F1 3 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream.decode('latin-1')}\nendstream",
        f"<< /Filter /Standard /V 1 /R 2 /O <{owner.hex()}> /U <{check.hex()}> /P {_PERMISSIONS} >>",
    ]
    return assembled(objects, f"/Encrypt 6 0 R /ID [<{_ID.hex()}> <{_ID.hex()}>] ")


def _padded(password: str) -> bytes:
    return (password.encode("latin-1") + _PADDING)[:32]


def _rc4(key: bytes, data: bytes) -> bytes:
    box, other = list(range(256)), 0
    for place in range(256):
        other = (other + box[place] + key[place % len(key)]) % 256
        box[place], box[other] = box[other], box[place]
    out, first, second = bytearray(), 0, 0
    for byte in data:
        first = (first + 1) % 256
        second = (second + box[first]) % 256
        box[first], box[second] = box[second], box[first]
        out.append(byte ^ box[(box[first] + box[second]) % 256])
    return bytes(out)
