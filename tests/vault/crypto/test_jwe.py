"""JWEs for links, of the one shape that other people's viewers open."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.crypto.jwe import open_jwe, seal_jwe
from vault.crypto.secret import LinkKey
from vault.errors import Tampered


def part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_jwe_is_direct_aes_gcm_with_a_content_type_and_no_compression() -> None:
    key = LinkKey.make()
    header, wrapped, nonce, text, tag = seal_jwe(key, b'{"a":1}', "application/fhir+json").split(".")
    assert json.loads(part(header)) == {"alg": "dir", "enc": "A256GCM", "cty": "application/fhir+json"}
    assert wrapped == ""
    opened = AESGCM(key.raw).decrypt(part(nonce), part(text) + part(tag), header.encode())
    assert opened == b'{"a":1}'


def test_a_jwe_opens_with_its_key_only() -> None:
    key = LinkKey.make()
    sealed = seal_jwe(key, b"{}", "application/fhir+json")
    assert open_jwe(key, sealed) == (b"{}", "application/fhir+json")
    for other, text in (
        (LinkKey.make(), sealed),
        (key, sealed[:-2]),
        (key, "x" + sealed[1:]),
        (key, ""),
        (key, "...."),
    ):
        with pytest.raises(Tampered):
            open_jwe(other, text)


def test_each_jwe_has_a_nonce_of_its_own() -> None:
    key = LinkKey.make()
    assert len({seal_jwe(key, b"{}", "application/fhir+json").split(".")[2] for _ in range(50)}) == 50


def test_a_document_of_fourteen_megabytes_fits() -> None:
    key, data = LinkKey.make(), b" " * 14_000_000
    assert open_jwe(key, seal_jwe(key, data, "application/fhir+json"))[0] == data
