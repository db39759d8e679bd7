"""An ID token: its signature by one of the provider's keys, then every claim that says for whom and when it is.

OpenID Connect Core 1.0, 3.1.3.7. The algorithm must be one of ours, whatever the token or the provider says: none of
them is ``none``, and none is keyed by a secret that both sides know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from auth.single_sign_on.errors import SingleSignOnRefused

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
LEEWAY_SECONDS = 60
LONGEST_AGE_SECONDS = 600
LONGEST_TOKEN = 32_768

_FAULTS = {"iss": "wrong-issuer", "aud": "wrong-client", "azp": "wrong-client", "nonce": "wrong-nonce"}
_FAULTS |= {"iat": "id-token-expired", "exp": "id-token-expired", "at_hash": "wrong-access-token"}


class UnknownKey(Exception):
    """Signed by a key that isn't in the set: the provider may have new ones."""


@dataclass(frozen=True, slots=True, repr=False)
class Expected:
    """For whom a token must be, in which attempt, and beside which access token."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None = None


def read_id_token(token: str, keys: Mapping[str, Any], expected: Expected, now: datetime) -> dict[str, Any]:
    """The claims of a token that holds in every way; UnknownKey; SingleSignOnRefused with the fault for the log."""
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise SingleSignOnRefused("id-token-malformed")
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(dict(keys)), registry=registry)  # type: ignore[arg-type]
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError, KeyError, TypeError):
        raise SingleSignOnRefused("id-token-signature") from None
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
        },
        {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token},
    )
    seconds = int(now.timestamp())
    try:
        claims.validate(now=seconds, leeway=LEEWAY_SECONDS)
    except ExpiredTokenError:
        raise SingleSignOnRefused("id-token-expired") from None
    except JoseError as error:
        claim = getattr(error, "claim", "")
        raise SingleSignOnRefused(_FAULTS.get(str(claim), "id-token-claims")) from None
    except (ValueError, TypeError):
        raise SingleSignOnRefused("id-token-claims") from None
    if claims["iat"] < seconds - LONGEST_AGE_SECONDS:
        raise SingleSignOnRefused("id-token-expired")
    return dict(claims)
