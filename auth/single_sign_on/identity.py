"""What a provider's claims say of a person, judged by its configuration. Pure; it looks at no account.

Nobody is ever found by e-mail address: an identity is its issuer and subject, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auth.errors import BadEmail
from auth.people import check_email
from auth.single_sign_on.errors import EmailNotVerified, NotAnAdmin, SingleSignOnRefused
from auth.single_sign_on.providers import Audience, Provider

LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Identity:
    """``email`` only where the provider says that it confirmed it; for showing and filling in, and for clinicians."""

    issuer: str
    subject: str
    email: str | None


def judge(provider: Provider, audience: Audience, claims: Mapping[str, Any]) -> Identity:
    """Who these checked claims are of. EmailNotVerified; NotAnAdmin; SingleSignOnRefused."""
    if audience not in provider.audiences:
        raise SingleSignOnRefused("wrong-audience")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= LONGEST_SUBJECT:
        raise SingleSignOnRefused("bad-subject")
    if audience is Audience.ADMINS and not _has_all(claims, provider.admin_claims):
        raise NotAnAdmin
    email = _verified_email(claims)
    must = audience is Audience.CLINICIANS or (audience is Audience.CITIZENS and provider.verified_email)
    if must and email is None:
        raise EmailNotVerified
    return Identity(provider.issuer, subject, email)


def wanted_claims(provider: Provider) -> frozenset[str]:
    """What is asked of the provider's account page if its ID token doesn't say it."""
    return frozenset({"email", "email_verified", *provider.admin_claims})


def _has_all(claims: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Whether each claim is the wanted text, or a list that holds it. No rule at all lets nobody in."""
    return bool(wanted) and all(
        value == text or (isinstance(value, list) and text in value)
        for value, text in ((claims.get(name), text) for name, text in wanted.items())
    )


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    try:
        return check_email(email)
    except BadEmail:
        return None
