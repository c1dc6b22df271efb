"""Exchange the code of a callback for the user whom the provider has authenticated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_client import OAuthError
from flask import request

from webapp.basics.text import clean_text
from webapp.web.login.errors import (
    LoginError,
    LoginRefused,
    ProviderUnavailable,
    error_of_provider,
)
from webapp.web.login.oidc_client import OidcClient
from webapp.web.login.open_logins import OpenLogin

#: Limit for a logout link; servers and proxies refuse much longer ones.
MAX_LOGOUT_LINK_CHARACTERS = 2000


@dataclass(frozen=True)
class ProviderIdentity:
    """The user that the provider has authenticated, and the site they log in to.

    `id_token` is None when it is too long for a logout link, its only use.
    """

    site_id: str
    subject: str
    name: str | None
    locale: str | None
    id_token: str | None = field(repr=False)


def check_issuer(client: OidcClient) -> None:
    """Refuse the answer of another provider: mix-up attack, RFC 9207."""
    metadata = client.load_server_metadata()
    named = request.args.getlist("iss")
    is_due = metadata["authorization_response_iss_parameter_supported"]
    if named != [metadata["issuer"]] and (named or is_due):
        raise LoginRefused("iss")


def fetch_token(client: OidcClient, login: OpenLogin, callback: str) -> dict[str, Any]:
    """Exchange the code. Raises LoginRefused or ProviderUnavailable."""
    code = request.args.get("code")
    if not code:
        raise LoginRefused("code")
    try:
        token = client.fetch_access_token(callback, code=code, code_verifier=login.code_verifier)
    except LoginError:
        raise
    except OAuthError as cause:
        raise error_of_provider(cause.error) from cause
    except Exception as cause:
        # Authlib and httpx raise many classes for bodies that are no token response.
        raise ProviderUnavailable("the token response is unreadable") from cause
    if not isinstance(token.get("id_token"), str):
        raise ProviderUnavailable("the token response has no ID token")
    client.token = token  # for the profile
    return dict(token)


def read_identity(client: OidcClient, token: dict[str, Any], login: OpenLogin) -> ProviderIdentity:
    """Verify the ID token and return its user. Raises LoginRefused or ProviderUnavailable."""
    try:
        user = client.id_token_claims(token, login.nonce)
    except LoginError:
        raise
    except Exception as cause:
        # Authlib and its JOSE library raise many classes for what the provider has sent.
        raise LoginRefused(type(cause).__name__) from cause
    subject = clean_text(user.get("sub"))
    if not subject or not subject.strip():
        raise LoginRefused("sub")
    profile = user if user.get("name") else {**user, **_fetch_profile(client, subject)}
    fits = len(token["id_token"]) <= MAX_LOGOUT_LINK_CHARACTERS
    return ProviderIdentity(
        login.site_id,
        subject,
        clean_text(profile.get("name")) or None,
        clean_text(profile.get("locale")) or None,
        token["id_token"] if fits else None,
    )


def _fetch_profile(client: OidcClient, subject: str) -> dict[str, Any]:
    """Fetch name and locale, which the ID token lacks; empty if that fails."""
    try:
        profile = dict(client.userinfo())
    except Exception:  # noqa: BLE001 - optional, and any failure means only "no name"
        return {}
    # OIDC Core 5.3.2: a profile of another subject must not be used.
    return profile if profile.get("sub") == subject else {}
