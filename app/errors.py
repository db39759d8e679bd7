"""Errors that only a web door can make: a body of the wrong shape, a cross-site post, a method that isn't there."""

from __future__ import annotations

from vault.errors import Forbidden, Invalid, NotFound, VaultError


class MissingField(Invalid):
    code = "missing-field"
    advice = "Something is missing."


class UnknownField(Invalid):
    code = "unknown-field"
    advice = "There is a field or parameter here that the vault doesn't know. Check its spelling."


class WrongType(Invalid):
    code = "wrong-type"
    advice = "A field has the wrong type. Measured numbers travel as strings."


class BadValue(Invalid):
    code = "bad-value"
    advice = "A field has a value that isn't allowed."


class CrossSite(Forbidden):
    code = "cross-site"
    advice = "This came from another site, so it was not done. Please use the vault's own pages."


class BadRequest(VaultError):
    code = "bad-request"
    advice = "The request could not be read."


class TokenInAddress(BadRequest):
    """Addresses are kept by browsers, proxies and logs; a token in one is as good as lost."""

    code = "token-in-address"
    advice = "An address must not hold a token. Send it in the header Authorization, and end this one: it may be known."


class MethodNotAllowed(VaultError):
    code = "method-not-allowed"
    advice = "This address doesn't take that method."


class NoSuchPage(NotFound):
    code = "no-such-address"
    advice = "Please check the address."


class Unavailable(VaultError):
    code = "unavailable"
    advice = "The vault can't do this just now. Nothing was changed. Please try again soon."


class Unexpected(VaultError):
    code = "unexpected"
    advice = "Something went wrong on our side. Nothing was shown."
