"""Identity providers as values: who they are, for whom they sign in, and what they must say of an administrator.

Read from configuration by ``parse_providers``, which refuses what would be unsafe. docs/operations.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST = 20
_FIELDS = frozenset(
    {"name", "title", "issuer", "client_id", "secret_file", "for", "admin_claims", "scopes", "verified_email"}
)


class BadProvider(ValueError):
    """What is wrong with the configuration, in words that hold none of its values."""


class Audience(StrEnum):
    """Whom a provider signs in; each apart."""

    CITIZENS = "citizens"
    CLINICIANS = "clinicians"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Provider:
    """``admin_claims``: every one of them must be stated of an administrator, at each sign-in.

    ``verified_email``: whether citizens need an address there that the provider confirmed. Clinicians always do.
    """

    name: str
    title: str
    issuer: str
    client_id: str
    secret_file: str
    audiences: frozenset[Audience]
    admin_claims: Mapping[str, str]
    scopes: tuple[str, ...]
    verified_email: bool

    @property
    def host(self) -> str:
        """The issuer as people read it: without its scheme."""
        return shown_issuer(self.issuer)


def shown_issuer(issuer: str) -> str:
    """An issuer without its scheme."""
    return issuer.partition("://")[2].rstrip("/")


def parse_providers(value: Any) -> tuple[Provider, ...]:
    """The providers of a JSON list. BadProvider; two of one name or issuer and client can't be told apart."""
    if not isinstance(value, list) or len(value) > _MOST:
        raise BadProvider(f"a list of at most {_MOST} providers is expected")
    providers = tuple(_parse(each, number) for number, each in enumerate(value, start=1))
    if len({each.name for each in providers}) != len(providers):
        raise BadProvider("two providers have the same name")
    if len({each.issuer for each in providers}) != len(providers):
        raise BadProvider("two providers have the same issuer")
    return providers


def _parse(value: Any, number: int) -> Provider:
    if not isinstance(value, Mapping) or not _FIELDS.issuperset(value):
        raise BadProvider(f"provider {number} is no object, or has a field that isn't known")

    def fault(name: str) -> BadProvider:
        return BadProvider(f"provider {number}: please check {name}")

    def text(name: str, default: str | None = None) -> str:
        found = value.get(name, default)
        if not isinstance(found, str) or len(found) > 500 or not found.isprintable():
            raise fault(name)
        return found

    name = text("name")
    if _NAME.fullmatch(name) is None:
        raise fault("name")
    issuer = text("issuer")
    if not is_address(issuer) or "?" in issuer or "#" in issuer:
        raise fault("issuer")
    title, client_id = text("title"), text("client_id")
    if not title.strip() or not client_id:
        raise fault("title" if client_id else "client_id")
    audiences = _audiences(value.get("for"))
    if audiences is None:
        raise fault("for")
    claims, scopes = value.get("admin_claims", {}), value.get("scopes", [])
    if not _is_claims(claims) or (Audience.ADMINS in audiences) != bool(claims):
        raise fault("admin_claims")
    if not isinstance(scopes, list) or not all(isinstance(each, str) and each.isascii() for each in scopes):
        raise fault("scopes")
    verified = value.get("verified_email", True)
    if not isinstance(verified, bool):
        raise fault("verified_email")
    asked = tuple(dict.fromkeys(("openid", "email", *scopes)))
    return Provider(
        name, title.strip(), issuer, client_id, text("secret_file", ""), audiences, dict(claims), asked, verified
    )


def is_address(address: str) -> bool:
    """An https address without a name in it; http on this machine alone."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _audiences(value: Any) -> frozenset[Audience] | None:
    try:
        return frozenset(Audience(each) for each in value) or None
    except (TypeError, ValueError):
        return None


def _is_claims(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and name and isinstance(wanted, str) and wanted for name, wanted in value.items()
    )
