"""The Authlib OpenID Connect client, with our httpx transport and stricter discovery."""

from __future__ import annotations

import ssl
import warnings
from typing import TYPE_CHECKING, Any, cast

from authlib.deprecate import AuthlibDeprecationWarning
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Flask

from webapp.http_transport.small_response_transport import SmallResponseTransport
from webapp.web.login.errors import ProviderUnavailable

with warnings.catch_warnings():
    # Authlib announces at import that it will prefer another client one day; pinned below 2.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

if TYPE_CHECKING:
    from webapp.config.settings import Settings

_CLIENT_NAME = "people"
#: Authlib stores an open login in the session under this prefix and its state.
STATE_PREFIX = f"_state_{_CLIENT_NAME}_"
#: Only algorithms with a key pair: the provider's keys are public, so a MAC proves nothing.
_ALGORITHMS = frozenset(
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
)


class _HttpClient(OAuth2Client):  # type: ignore[misc]
    """Authlib's httpx client with a size limit, without proxy and .netrc of the environment.

    Raises ProviderUnavailable for transport failures and server errors.
    """

    def __init__(self, *args: Any, trust: ssl.SSLContext, **kwargs: Any) -> None:
        # A new transport for each client: Authlib closes a client after every call.
        super().__init__(*args, transport=SmallResponseTransport(trust), trust_env=False, **kwargs)

    def send(self, request: Any, **kwargs: Any) -> Any:
        try:
            response = super().send(request, **kwargs)
        except Exception as cause:
            raise ProviderUnavailable("no answer") from cause
        if response.status_code >= 500 or (request.method == "GET" and response.is_error):
            raise ProviderUnavailable(f"status {response.status_code}")
        return response


class OidcClient(FlaskOAuth2App):  # type: ignore[misc]
    """Authlib's client, which accepts discovery only for the configured issuer."""

    client_cls = _HttpClient
    issuer: str

    def load_server_metadata(self) -> dict[str, Any]:
        """Load discovery once. Raises ProviderUnavailable, also if it names another issuer.

        OIDC Discovery 4.3.
        """
        try:
            metadata = cast("dict[str, Any]", super().load_server_metadata())
            named_issuer = str(metadata["issuer"])
        except (ValueError, TypeError, KeyError) as cause:
            raise ProviderUnavailable("discovery is unreadable") from cause
        if named_issuer.rstrip("/") != self.issuer.rstrip("/"):
            self.server_metadata.clear()
            raise ProviderUnavailable("discovery names another issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [
            name for name in offered if name in _ALGORITHMS
        ]
        return metadata


class _Registry(OAuth):  # type: ignore[misc]
    oauth2_client_cls = OidcClient


def create_client(app: Flask, settings: Settings, timeout_seconds: float) -> OidcClient | None:
    """Create the client of OIDC_ISSUER; None without OIDC settings."""
    if not (settings.oidc_issuer and settings.oidc_client_id):
        return None
    client = _Registry(app).register(
        _CLIENT_NAME,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "timeout": timeout_seconds,
            "trust": _trusted_authorities(settings.outbound_ca_file),
        },
    )
    client.issuer = settings.oidc_issuer
    return cast("OidcClient", client)


def _trusted_authorities(ca_file: str | None) -> ssl.SSLContext:
    """Load the system's certificate authorities and those of OUTBOUND_CA_FILE."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
