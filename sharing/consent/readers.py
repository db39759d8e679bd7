"""Whom a link is for, where its citizen asks that they sign in: an issuer and an address that it confirmed. Pure."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass

from sharing.consent.terms import Terms


@dataclass(frozen=True, slots=True)
class Reader:
    """``email`` as the issuer confirmed it, or as the citizen named it."""

    issuer: str
    email: str

    def is_same(self, other: Reader) -> bool:
        """The same issuer to the letter, the same address whatever its capitals."""
        return (self.issuer, _normal(self.email)) == (other.issuer, _normal(other.email))

    @property
    def shown(self) -> str:
        """For the log and for people: ``grey@clinic.example at id.clinic.example``."""
        return f"{self.email} at {shown_issuer(self.issuer)}"


def reader_of(terms: Terms) -> Reader | None:
    """Who must sign in; None where whoever has the link may open it."""
    return None if terms.sign_in is None else Reader(terms.sign_in, terms.recipient.email or "")


def write_reader(reader: Reader | None) -> bytes:
    """What whoever serves the link must know: UTF-8 JSON ``[issuer, address]``, or nothing."""
    return b"" if reader is None else json.dumps([reader.issuer, reader.email], separators=(",", ":")).encode()


def read_reader(data: bytes) -> Reader | None:
    """What ``write_reader`` wrote; the seal around it vouches for its shape."""
    return Reader(*json.loads(data)) if data else None


def _normal(email: str) -> str:
    return unicodedata.normalize("NFC", email.strip()).casefold()


def shown_issuer(issuer: str) -> str:
    """An issuer without its scheme."""
    return issuer.partition("://")[2].rstrip("/")
