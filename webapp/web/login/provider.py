"""The company's identity provider: OpenID Connect by Authlib, over httpx.

LoginError
├── LoginDenied      the person said no at the provider
├── LoginStale       an answer to a question this browser did not ask, or asked long ago
├── LoginRefused     an answer that cannot be believed; carries the kind of doubt
└── ProviderUnavailable     no answer, or nonsense
"""

from __future__ import annotations

import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from authlib.deprecate import AuthlibDeprecationWarning
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth, OAuthError
from flask import Flask, current_app, request, session

from webapp.basics.text import clean_text
from webapp.http_transport.deadline import deadline
from webapp.http_transport.small_response_transport import SmallResponseTransport

with warnings.catch_warnings():
    # Authlib announces at import that it will prefer another client one day; pinned below 2.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import OAuth2Client

if TYPE_CHECKING:
    from webapp.config.settings import Settings

_EXTENSION = "login_provider"
_NAME = "people"
_STATE_PREFIX = f"_state_{_NAME}_"
#: Logins one browser may have open at once; their state lives in the cookie, which is small.
_OPEN_LOGINS = 3
#: All calls of one step of a login together, however slowly the provider's bytes drip.
_DEADLINE_SECONDS = 8.0
#: Who may wait for the provider at once in one process. Each holds a thread: beside all streams
#: there must be some left for notices and pages, however silent the provider is.
_AT_ONCE = 12
#: For a place: enough for a crowd at a provider that is well.
_PATIENCE_SECONDS = 1.0
#: Keys are public, so only algorithms with a key pair can prove anything.
_ALGORITHMS = frozenset(
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
)


class LoginError(Exception):
    """Base of all ways a login ends without a person."""


class LoginDenied(LoginError):
    """The person, or the provider on their behalf, said no."""


class LoginStale(LoginError):
    """No question of this browser belongs to the answer."""


class LoginRefused(LoginError):
    """`doubt` names what could not be believed, never what was sent."""

    def __init__(self, doubt: str) -> None:
        super().__init__(doubt)
        self.doubt = doubt


class ProviderUnavailable(LoginError):
    """The provider cannot be asked just now."""


@dataclass(frozen=True)
class Known:
    """Whom the provider has named, and for which site they came."""

    site_id: str
    subject: str
    name: str | None
    locale: str | None
    id_token: str = field(repr=False)


class _Transport(OAuth2Client):  # type: ignore[misc]
    """Authlib's httpx client on our own wire: no proxy and no .netrc of the environment, no
    answer without end. Silence and server faults become one error of ours."""

    def __init__(self, *args: Any, trust: ssl.SSLContext, **kwargs: Any) -> None:
        # Made anew with each client: Authlib closes a client after every call.
        super().__init__(*args, transport=SmallResponseTransport(trust), trust_env=False, **kwargs)

    def send(self, sent: Any, **kwargs: Any) -> Any:
        try:
            response = super().send(sent, **kwargs)
        except Exception as cause:
            raise ProviderUnavailable("no answer") from cause
        if response.status_code >= 500 or (sent.method == "GET" and response.is_error):
            raise ProviderUnavailable(f"status {response.status_code}")
        return response


class _Client(FlaskOAuth2App):  # type: ignore[misc]
    client_cls = _Transport
    issuer: str

    def load_server_metadata(self) -> dict[str, Any]:
        """Discovery, read once; it must speak for the issuer we trust (OIDC Discovery 4.3)."""
        try:
            metadata = cast("dict[str, Any]", super().load_server_metadata())
            told = str(metadata["issuer"])
        except (ValueError, TypeError, KeyError) as cause:
            raise ProviderUnavailable("discovery is unreadable") from cause
        if told.rstrip("/") != self.issuer.rstrip("/"):
            self.server_metadata.clear()
            raise ProviderUnavailable("discovery speaks for another issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [
            name for name in offered if name in _ALGORITHMS
        ]
        return metadata


class _Registry(OAuth):  # type: ignore[misc]
    oauth2_client_cls = _Client


class Provider:
    """One login at a time and browser; what was asked is kept in the session until the answer."""

    def __init__(
        self, client: Any, seconds: float = _DEADLINE_SECONDS, at_once: int = _AT_ONCE
    ) -> None:
        """`seconds`: how long one step may wait for the provider; `at_once`: how many may."""
        self._client = client
        self._seconds = seconds
        self._places = threading.Semaphore(at_once)

    def ask(self, site_id: str, callback: str) -> str:
        """The provider's address to go to. Raises ProviderUnavailable."""
        with self._waiting():
            asked = self._client.create_authorization_url(callback)
        _forget_old_logins()
        self._client.save_authorize_data(
            state=asked["state"],
            nonce=asked["nonce"],
            code_verifier=asked["code_verifier"],
            redirect_uri=callback,
            site=site_id,
        )
        return str(asked["url"])

    def answered(self) -> Known:
        """Whom the answer at hand names. Raises any LoginError."""
        if request.args.get("error") == "access_denied":
            # Not all providers send the state along, and saying no needs no proof.
            raise LoginDenied
        state = request.args.get("state", "")
        asked = self._asked(state)
        if asked is None:
            raise LoginStale
        with self._waiting():  # without a place the answer stays good
            try:
                return self._believe(asked["site"])
            except LoginError:
                raise
            except OAuthError as cause:
                raise LoginRefused("provider_error") from cause
            except Exception as cause:
                # Whatever else Authlib and its JOSE library object to, the provider has sent.
                raise LoginRefused(type(cause).__name__) from cause
            finally:
                self._client.framework.clear_state_data(session, state)

    def leaving(self, id_token: str | None, home: str) -> str | None:
        """The provider's own log-out, if it has one and can be asked."""
        try:
            with self._waiting():
                address = self._client.create_logout_url(
                    post_logout_redirect_uri=home,
                    id_token_hint=id_token,
                    client_id=self._client.client_id,
                )
        except (ProviderUnavailable, RuntimeError):
            return None
        return str(address["url"])

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """One of the places, for as long as a step may take. Raises ProviderUnavailable without
        one."""
        if not self._places.acquire(timeout=_PATIENCE_SECONDS):
            raise ProviderUnavailable("enough wait already")
        try:
            with deadline(self._seconds):
                yield
        finally:
            self._places.release()

    def _asked(self, state: str) -> dict[str, Any] | None:
        """What this browser was sent off with. Authlib writes down until when, and never looks."""
        kept = session.get(_STATE_PREFIX + state)
        if kept is None or kept["exp"] < time.time():
            return None
        return cast("dict[str, Any]", kept["data"])

    def _believe(self, site_id: str) -> Known:
        metadata = self._client.load_server_metadata()
        named = request.args.get("iss")
        if named is not None and named != metadata["issuer"]:  # RFC 9207: mixed-up providers
            raise LoginRefused("iss")
        claims = {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._client.client_id},
        }
        token = self._client.authorize_access_token(claims_options=claims)
        person = token.get("userinfo")
        subject = clean_text(person.get("sub")) if person else None
        if not subject or not subject.strip():
            raise LoginRefused("sub")
        profile = person if person.get("name") else {**person, **self._more_about(subject)}
        return Known(
            site_id,
            subject,
            clean_text(profile.get("name")) or None,
            clean_text(profile.get("locale")) or None,
            token["id_token"],
        )

    def _more_about(self, subject: str) -> dict[str, Any]:
        """Name and locale where the ID token has none; a courtesy, so its absence is no error."""
        try:
            told = dict(self._client.userinfo())
        except Exception:  # noqa: BLE001 - optional, and any failure means only "no name"
            return {}
        # OIDC Core 5.3.2: an answer about somebody else must not be used.
        return told if told.get("sub") == subject else {}


def connect(
    app: Flask,
    settings: Settings,
    seconds: float = _DEADLINE_SECONDS,
    at_once: int = _AT_ONCE,
) -> None:
    """Without OIDC settings there is no provider, and the login's addresses are 404."""
    app.extensions[_EXTENSION] = None
    if not (settings.oidc_issuer and settings.oidc_client_id):
        return
    client = _Registry(app).register(
        _NAME,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "timeout": seconds,
            "trust": _trust(settings.outbound_ca_file),
        },
    )
    client.issuer = settings.oidc_issuer
    app.extensions[_EXTENSION] = Provider(client, seconds, at_once)


def provider() -> Provider | None:
    return cast("Provider | None", current_app.extensions[_EXTENSION])


def _trust(ca_file: str | None) -> ssl.SSLContext:
    """The machine's authorities and those of OUTBOUND_CA_FILE, read once for all logins."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _forget_old_logins() -> None:
    open_logins = [key for key in session if key.startswith(_STATE_PREFIX)]
    open_logins.sort(key=lambda key: session[key].get("exp", 0))
    for key in open_logins[: max(0, len(open_logins) - _OPEN_LOGINS + 1)]:
        session.pop(key)
