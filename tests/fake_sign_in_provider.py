"""A sign-in provider that lies as it is told to, behind the transport of its client: no process, no network."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from joserfc.jws import JWSRegistry

from app.oidc import OidcClient
from auth.single_sign_on.providers import Provider, parse_providers
from auth.single_sign_on.signing_in import SingleSignOn
from tests.app.conftest import House
from tests.conftest import FixedClock

Json = dict[str, Any]
ALL = ("citizens", "admins", "clinicians")


@dataclass
class FakeProvider:
    """``claims`` go over the true ones; None takes one away. ``issuer`` is what its tokens and answers say."""

    clock: FixedClock
    name: str = "example"
    host: str = "sign-in.example"
    subject: str = "ada"
    claims: Json = field(default_factory=dict)
    algorithm: str = "ES256"
    iss: str | None = None
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    nonces: dict[str, str] = field(default_factory=dict)
    challenges: dict[str, str] = field(default_factory=dict)
    spent: int = 0

    @property
    def issuer(self) -> str:
        return f"https://{self.host}"

    @property
    def provider(self) -> Provider:
        stated = {"name": self.name, "title": "Example", "issuer": self.issuer, "client_id": "vault"}
        (found,) = parse_providers([stated | {"for": list(ALL), "admin_claims": {"groups": "vault-admins"}}])
        return found

    def client(self) -> OidcClient:
        address = f"http://localhost:8000/sign-in/back/{self.name}"
        transport = httpx2.MockTransport(self.answer)
        return OidcClient(self.provider, None, redirect_uri=address, clock=self.clock, transport=transport)

    def visit(self, address: str) -> Json:
        """What a browser brings back from ``address`` once somebody has signed in."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self.nonces)}"
        self.nonces[code], self.challenges[code] = asked["nonce"], asked["code_challenge"]
        return {"state": asked["state"], "code": code, "iss": self.iss or self.issuer}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            places = {f"{each}_endpoint": f"{self.issuer}/{each}" for each in ("authorization", "token")}
            more = {"jwks_uri": f"{self.issuer}/keys", "authorization_response_iss_parameter_supported": True}
            return httpx2.Response(200, json={"issuer": self.issuer} | places | more)
        if path == "/keys":
            return httpx2.Response(200, json={"keys": [self.key.as_dict(private=False)]})
        self.spent += 1
        sent = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        token = self.id_token(sent["code"])
        return httpx2.Response(200, json={"access_token": "at", "token_type": "Bearer", "id_token": token})

    def id_token(self, code: str) -> str:
        now = self.clock.now()
        true: Json = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": "vault",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            "nonce": self.nonces[code],
            "email": f"{self.subject}@example.org",
            "email_verified": True,
            "groups": ["staff"],
        }
        said = {name: value for name, value in (true | self.claims).items() if value is not None}
        if self.algorithm == "none":
            return _unsigned(said)
        registry = JWSRegistry(algorithms=[self.algorithm])
        key: Any = self.key
        if self.algorithm == "HS256":
            key = OctKey.import_key(json.dumps(self.key.as_dict(private=False)))
        return str(jwt.encode({"alg": self.algorithm, "kid": "one"}, said, key, registry=registry))


def _unsigned(claims: Json) -> str:
    parts = (json.dumps({"alg": "none", "kid": "one"}), json.dumps(claims))
    return ".".join(urlsafe_b64encode(each.encode()).rstrip(b"=").decode() for each in parts) + "."


def with_providers(house: House, *fakes: FakeProvider) -> House:
    """The same app, with these providers in place of the configured ones."""
    services = house.services
    sign_ons = SingleSignOn(
        services.database,
        services.provider,
        services.log,
        services.clock,
        locked=services.locked_sessions,
        providers=tuple(each.provider for each in fakes),
        clients={each.name: each.client() for each in fakes},
    )
    object.__setattr__(services, "single_sign_on", sign_ons)
    return house
