"""One unambiguous encoding of "what this belongs to", used as HKDF info, HPKE info, GCM AAD and hash prefix.

``"hv/1" 00 label 00``, then each part as u16be length and bytes; whole numbers are u64be. No two different
lists of parts share an encoding. Pinned in docs/specs/envelope.md.
"""

from __future__ import annotations

from struct import pack

MAX_PART_BYTES = 0xFFFF


def ctx(label: str, *parts: bytes | int | str) -> bytes:
    """The context bytes of ``label`` and its parts; ids are 16 raw bytes. ValueError over 65,535 bytes a part."""
    encoded = [b"hv/1\0", label.encode("ascii"), b"\0"]
    for part in parts:
        raw = _raw(part)
        if len(raw) > MAX_PART_BYTES:
            raise ValueError("context part too long")
        encoded.append(pack(">H", len(raw)))
        encoded.append(raw)
    return b"".join(encoded)


def _raw(part: bytes | int | str) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, str):
        return part.encode()
    if not 0 <= part < 1 << 64:
        raise ValueError("context number out of range")
    return part.to_bytes(8, "big")
