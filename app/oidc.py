"""One identity provider over HTTP, with Authlib: discovery, the address to sign in at, the code for claims.

Authorisation code with PKCE S256 and nonce. What a provider publishes is asked for once an hour, its keys again when
a token names one that isn't there, and nothing while it was found dead seconds ago. Redirects are not followed.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import httpx2
import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from auth.single_sign_on.codes import Codes
from auth.single_sign_on.errors import ProviderUnavailable, SingleSignOnRefused
from auth.single_sign_on.id_token import Expected, UnknownKey, read_id_token
from auth.single_sign_on.identity import wanted_claims
from auth.single_sign_on.providers import Provider, is_address
from vault.clock import Clock

PUBLISHED = "/.well-known/openid-configuration"
KEPT_FOR = timedelta(hours=1)
KEYS_NOT_BEFORE = timedelta(seconds=30)
DEAD_FOR = timedelta(seconds=5)
TIMEOUT_SECONDS = 5.0
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_say = structlog.get_logger("healthvault")


class Published:
    """Something a provider publishes, fetched when it is first wanted or too old; an old one does if it is down."""

    def __init__(self, fetch: Callable[[], dict[str, Any]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._found: dict[str, Any] | None = None
        self._found_at: datetime | None = None
        self._dead_until: datetime | None = None

    def read(self, *, not_older_than: timedelta = KEPT_FOR) -> dict[str, Any]:
        """ProviderUnavailable if it was never found."""
        with self._lock:
            now = self._clock.now()
            if self._found is not None and self._found_at is not None and now - self._found_at < not_older_than:
                return self._found
            if self._dead_until is None or now >= self._dead_until:
                try:
                    self._found, self._found_at, self._dead_until = self._fetch(), now, None
                except ProviderUnavailable:
                    self._dead_until = now + DEAD_FOR
            if self._found is None:
                raise ProviderUnavailable
            return self._found


class OidcClient:
    """``secret`` None: a public client, proven by PKCE alone. ``transport`` is for tests."""

    def __init__(
        self,
        provider: Provider,
        secret: str | None,
        *,
        redirect_uri: str,
        clock: Clock,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._provider = provider
        self._secret = secret
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._transport = transport
        self._tls = ssl.create_default_context()
        self._metadata = Published(self._fetch_metadata, clock)
        self._keys = Published(lambda: self._fetch(self._metadata.read()["jwks_uri"]), clock)

    def address(self, codes: Codes) -> str:
        """Where the browser goes to sign in. ProviderUnavailable."""
        metadata = self._metadata.read()
        with self._client(metadata) as client:
            address, _state = client.create_authorization_url(
                metadata["authorization_endpoint"], state=codes.state, nonce=codes.nonce, code_verifier=codes.verifier
            )
        return str(address)

    def redeem(self, code: str, codes: Codes, issuer: str | None) -> dict[str, Any]:
        """The checked claims of the ID token, and of the account page what it left out.

        SingleSignOnRefused; ProviderUnavailable.
        """
        metadata = self._metadata.read()
        if issuer is None and metadata.get("authorization_response_iss_parameter_supported") is True:
            raise SingleSignOnRefused("wrong-issuer")
        with self._client(metadata) as client, self._answered():
            token = client.fetch_token(
                metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=codes.verifier
            )
            access_token = str(token.get("access_token", ""))
            expected = Expected(self._provider.issuer, self._provider.client_id, codes.nonce, access_token)
            claims = self._read(token.get("id_token"), expected)
            more = metadata.get("userinfo_endpoint")
            if more is not None and not wanted_claims(self._provider) <= claims.keys():
                claims = _with_account(self._json(client.get(_checked(more))), claims)
        return claims

    def _read(self, id_token: Any, expected: Expected) -> dict[str, Any]:
        now = self._clock.now()
        try:
            return read_id_token(id_token, self._keys.read(), expected, now)
        except UnknownKey:
            pass
        try:
            return read_id_token(id_token, self._keys.read(not_older_than=KEYS_NOT_BEFORE), expected, now)
        except UnknownKey:
            raise SingleSignOnRefused("id-token-signature") from None

    def _fetch_metadata(self) -> dict[str, Any]:
        found = self._fetch(self._provider.issuer.rstrip("/") + PUBLISHED)
        if found.get("issuer") != self._provider.issuer:
            _say.error("a sign-in provider publishes another issuer", provider=self._provider.name)
            raise ProviderUnavailable
        for name in _ENDPOINTS:
            _checked(found.get(name))
        return found

    def _fetch(self, address: str) -> dict[str, Any]:
        with self._answered(), self._plain() as client:
            return self._json(client.get(address))

    def _plain(self) -> httpx2.Client:
        return httpx2.Client(verify=self._tls, timeout=TIMEOUT_SECONDS, transport=self._transport)

    def _client(self, metadata: Mapping[str, Any]) -> OAuth2Client:
        return OAuth2Client(
            self._provider.client_id,
            self._secret,
            token_endpoint_auth_method=_authentication(metadata, self._secret),
            scope=" ".join(self._provider.scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            verify=self._tls,
            timeout=TIMEOUT_SECONDS,
            transport=self._transport,
        )

    def _json(self, answer: httpx2.Response) -> dict[str, Any]:
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise ValueError
        return found

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """What goes wrong between the servers, in our words: the code was refused, or the provider is down."""
        try:
            yield
        except OAuthError:
            raise SingleSignOnRefused("code-refused") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            _say.warning("a sign-in provider does not answer", provider=self._provider.name, kind=type(error).__name__)
            raise ProviderUnavailable from None


def _with_account(told: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """The account page must be of the same subject; what the signed token says stands."""
    if told.get("sub") != claims["sub"]:
        raise SingleSignOnRefused("other-subject")
    return told | claims


def _checked(endpoint: Any) -> str:
    if not isinstance(endpoint, str) or not is_address(endpoint):
        raise ProviderUnavailable
    return endpoint


def _authentication(metadata: Mapping[str, Any], secret: str | None) -> str:
    if secret is None:
        return "none"
    known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"
