"""An attack: one AES-GCM ciphertext that authenticates and opens under two keys ("invisible salamander").

One free ciphertext block is solved so that both GHASH tags agree. Nonce 12 zero bytes, no associated data.
"""

from __future__ import annotations

import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

REDUCTION = 0xE1 << 120
NONCE = bytes(12)


def make_salamander(first: bytes, second: bytes) -> bytes:
    """64 bytes of ciphertext and a tag, valid under both 32-byte keys."""
    keys = [(_number(_block(key, bytes(16))), _number(_block(key, NONCE + b"\0\0\0\1"))) for key in (first, second)]
    blocks = [_number(os.urandom(16)) for _ in range(3)] + [0]
    tags = [_ghash(hash_key, blocks) ^ mask for hash_key, mask in keys]
    squares = [_multiply(hash_key, hash_key) for hash_key, _ in keys]
    blocks[3] = _multiply(tags[0] ^ tags[1], _inverse(squares[0] ^ squares[1]))
    tag = _ghash(keys[0][0], blocks) ^ keys[0][1]
    return b"".join(block.to_bytes(16, "big") for block in [*blocks, tag])


def _ghash(hash_key: int, blocks: list[int]) -> int:
    state = 0
    for block in [*blocks, _number(struct.pack(">QQ", 0, 128 * len(blocks)))]:
        state = _multiply(state ^ block, hash_key)
    return state


def _multiply(left: int, right: int) -> int:
    product = 0
    for at in range(127, -1, -1):
        if left >> at & 1:
            product ^= right
        right = (right >> 1) ^ (REDUCTION if right & 1 else 0)
    return product


def _inverse(value: int) -> int:
    result, exponent = 1 << 127, (1 << 128) - 2
    while exponent:
        if exponent & 1:
            result = _multiply(result, value)
        value = _multiply(value, value)
        exponent >>= 1
    return result


def _block(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)


def _number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")
