"""The Authlib OpenID Connect client, with our httpx transport, discovery and key set."""

from __future__ import annotations

import ssl
import warnings
from typing import TYPE_CHECKING, Any, cast

from authlib.deprecate import AuthlibDeprecationWarning
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.oidc.core import CodeIDToken
from flask import Flask

from webapp.http_transport.small_response_transport import SmallResponseTransport
from webapp.web import request_context
from webapp.web.login.cached_answer import CachedAnswer, RefetchLimit
from webapp.web.login.client_authentication import auth_method
from webapp.web.login.errors import LoginRefused, ProviderUnavailable
from webapp.web.login.provider_metadata import read_metadata

with warnings.catch_warnings():
    # Authlib announces at import that it will prefer another client one day; pinned below 2.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

if TYPE_CHECKING:
    from webapp.config.settings import Settings
    from webapp.journey.steps import ProviderKeys

_CLIENT_NAME = "people"
_LEEWAY_SECONDS = 120
#: Optional claims that decide nothing here. Authlib refuses a token for their type, and providers
#: write a method without its list, or a time as text.
_UNUSED_CLAIMS = frozenset(["acr", "amr", "auth_time", "jti"])
#: Refusals that carry an OAuth error word; any other status below 500 is no answer of a token
#: endpoint (RFC 6749 5.2).
_REFUSALS = frozenset({400, 401, 403})


class _HttpClient(OAuth2Client):  # type: ignore[misc]
    """Authlib's httpx client with a size limit, OUTBOUND_PROXY, and nothing of the environment.

    Raises ProviderUnavailable for transport failures and for answers that are neither a success
    nor a refusal.
    """

    def __init__(
        self,
        *args: Any,
        trust: ssl.SSLContext,
        auth_setting: str,
        outbound_proxy: str | None,
        **kwargs: Any,
    ) -> None:
        announced = kwargs.get("token_endpoint_auth_methods_supported", ())
        kwargs["token_endpoint_auth_method"] = auth_method(auth_setting, announced)
        # A new transport for each client: Authlib closes a client after every call.
        transport = SmallResponseTransport(trust, proxy=outbound_proxy)
        super().__init__(*args, transport=transport, trust_env=False, **kwargs)

    def send(self, request: Any, **kwargs: Any) -> Any:
        try:
            response = super().send(request, **kwargs)
        except Exception as cause:
            raise ProviderUnavailable("no answer") from cause
        refused = request.method == "POST" and response.status_code in _REFUSALS
        if not (response.is_success or refused):
            raise ProviderUnavailable(f"status {response.status_code}")
        return response


class OidcClient(FlaskOAuth2App):  # type: ignore[misc]
    """Authlib's client, with a discovery document and keys that age and are checked."""

    client_cls = _HttpClient
    issuer: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._metadata: CachedAnswer[dict[str, Any]] = CachedAnswer(
            lambda: read_metadata(self._get_json(self._server_metadata_url), self.issuer)
        )
        self._keys: CachedAnswer[ProviderKeys] = CachedAnswer(self._load_keys)
        self._refetches = RefetchLimit()

    def load_server_metadata(self) -> dict[str, Any]:
        """Return the checked members of the discovery document. Raises ProviderUnavailable."""
        return self._metadata.get()

    def forget_provider(self) -> None:
        """Read discovery document and keys again at the next use."""
        self._metadata.forget()
        self._keys.forget()

    def id_token_claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Verify the ID token of a token response and return its claims. OIDC Core 3.1.3.7.

        Raises LoginRefused, ProviderUnavailable, and errors of Authlib for false claims.
        """
        header, claims = self._verify(token["id_token"])
        options = {
            "iss": {"essential": True, "value": self.load_server_metadata()["issuer"]},
            "aud": {"essential": True, "value": self.client_id},
        }
        expected = {
            "nonce": nonce,
            "client_id": self.client_id,
            "access_token": token.get("access_token"),
        }
        used = {name: value for name, value in claims.items() if name not in _UNUSED_CLAIMS}
        checked = CodeIDToken(used, header, options, expected)
        checked.validate(leeway=_LEEWAY_SECONDS)
        return dict(checked)

    def _verify(self, id_token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and claims, verified with the known keys, or once more with fresh ones.

        A provider may change a key and keep its `kid`, publish its keys elsewhere, or change the
        algorithm that its discovery document announces.
        """
        keys = self._keys.get()
        verified = keys.verify(id_token, self._algorithms())
        # Another thread may have fetched them meanwhile.
        if verified is None and self._keys.get() is keys and self._refetches.allows():
            self.forget_provider()
        if verified is None and (fresh := self._keys.get()) is not keys:
            verified = fresh.verify(id_token, self._algorithms())
        if verified is None:
            raise LoginRefused("signature")
        return verified.header, verified.claims

    def _algorithms(self) -> list[str]:
        names: list[str] = self.load_server_metadata()["id_token_signing_alg_values_supported"]
        return names

    def _load_keys(self) -> ProviderKeys:
        document = self._get_json(self.load_server_metadata()["jwks_uri"])
        try:
            return request_context.steps().read_provider_keys(document)
        except ValueError as cause:
            raise ProviderUnavailable("the key set is unreadable") from cause

    def _get_json(self, address: str) -> Any:
        with self._get_session() as http:
            response = http.request("GET", address, withhold_token=True)
        try:
            return response.json()
        except (ValueError, RecursionError) as cause:
            raise ProviderUnavailable("the answer is not JSON") from cause


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
            "auth_setting": settings.oidc_token_auth_method,
            "outbound_proxy": settings.outbound_proxy,
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
