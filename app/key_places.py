"""Where the server's own keys are, as one line says it: a PKCS#11 URI (RFC 7512) or OpenBao's address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

KEY_SET: Final = "healthvault"
_OPENBAO: Final = "openbao+"


@dataclass(frozen=True, slots=True)
class Pkcs11Place:
    """The keys called ``key_set`` on a token of the device whose library is ``module``."""

    module: str
    token: str
    key_set: str


@dataclass(frozen=True, slots=True)
class OpenBaoPlace:
    """The keys called ``key_set`` in the Transit engine at ``mount``."""

    address: str
    mount: str
    key_set: str


KeyPlace = Pkcs11Place | OpenBaoPlace


def parse_key_place(text: str) -> KeyPlace:
    """``pkcs11:token=T[;object=SET]?module-path=M`` or ``openbao+https://host:port/mount[?set=SET]``; ValueError."""
    if text.startswith("pkcs11:"):
        path, _, query = text.removeprefix("pkcs11:").partition("?")
        said = dict(part.split("=", 1) for part in (*path.split(";"), *query.split("&")) if part)
        said = {name: unquote(value) for name, value in said.items()}
        if not {"token", "module-path"} <= set(said) <= {"token", "module-path", "object"}:
            raise ValueError("not a PKCS#11 URI with token and module-path")
        return Pkcs11Place(said["module-path"], said["token"], _name(said.get("object", KEY_SET)))
    parts = urlsplit(text.removeprefix(_OPENBAO))
    given = parse_qs(parts.query, strict_parsing=bool(parts.query))
    mount = parts.path.strip("/")
    is_local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    known = parts.scheme == "https" or (parts.scheme == "http" and is_local)
    if not text.startswith(_OPENBAO) or not known or not parts.hostname or not mount or parts.username:
        raise ValueError("not an address of OpenBao")
    if not set(given) <= {"set"} or parts.fragment:
        raise ValueError("what isn't known")
    address = f"{parts.scheme}://{parts.netloc}"
    return OpenBaoPlace(address, mount, _name(given.get("set", [KEY_SET])[0]))


def _name(key_set: str) -> str:
    """A name that stands in labels and addresses: letters, digits, hyphens."""
    if not key_set.replace("-", "").isalnum() or not key_set.isascii():
        raise ValueError("not a name of keys")
    return key_set
