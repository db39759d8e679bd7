"""The configured identity providers and their clients: read once at the start, with the secrets in files."""

from __future__ import annotations

import json
from pathlib import Path

from app.oidc import OidcClient
from app.settings import PREFIX, BadSetting, Settings
from auth.single_sign_on.providers import BadProvider, Provider, parse_providers
from vault.clock import Clock

_SETTING = f"{PREFIX}SIGN_IN_PROVIDERS"


def read_providers(settings: Settings) -> tuple[Provider, ...]:
    """The providers of the setting, which is a JSON list or the path of a file with one. BadSetting."""
    stated = settings.sign_in_providers.strip()
    if not stated:
        return ()
    try:
        text = stated if stated.startswith("[") else Path(stated).read_text()
        return parse_providers(json.loads(text))
    except BadProvider as fault:
        raise BadSetting(f"{_SETTING}: {fault}.") from None
    except (OSError, ValueError):
        raise BadSetting(f"{_SETTING} must be a JSON list, or the path of a file with one.") from None


def make_clients(providers: tuple[Provider, ...], settings: Settings, clock: Clock) -> dict[str, OidcClient]:
    """A client for each provider, by its name. BadSetting if a secret can't be read."""
    return {
        each.name: OidcClient(
            each, _secret(each), redirect_uri=f"{settings.public_url}/sign-in/back/{each.name}", clock=clock
        )
        for each in providers
    }


def _secret(provider: Provider) -> str | None:
    if not provider.secret_file:
        return None
    try:
        secret = Path(provider.secret_file).read_text().strip()
    except OSError:
        secret = ""
    if not secret:
        raise BadSetting(f"{_SETTING}: the secret file of {provider.name} can't be read or is empty.")
    return secret
