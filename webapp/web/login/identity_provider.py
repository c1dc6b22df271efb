"""Log users in and out at the company's identity provider with OpenID Connect."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from authlib.integrations.flask_client import OAuthError
from flask import Flask, current_app, request, session

from webapp.basics.text import clean_text
from webapp.http_transport.deadline import deadline
from webapp.web.login.errors import (
    LoginDenied,
    LoginError,
    LoginRefused,
    LoginStale,
    ProviderUnavailable,
)
from webapp.web.login.oidc_client import STATE_PREFIX, create_client

if TYPE_CHECKING:
    from webapp.config.settings import Settings

_EXTENSION = "identity_provider"
#: Open logins of one browser; their state is in the session cookie, whose size is limited.
_MAX_OPEN_LOGINS = 3
#: Limit for all calls of one step of a login together, however slowly the answers arrive.
_DEADLINE_SECONDS = 8.0
#: Concurrent steps that may wait for the provider in one process. Each holds a thread, and a
#: provider that does not answer must leave threads for notices and pages.
_MAX_CONCURRENT = 12
#: How long a step waits for a slot: enough for many users at a provider that answers.
_SLOT_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class ProviderIdentity:
    """The user that the provider has authenticated, and the site they log in to."""

    site_id: str
    subject: str
    name: str | None
    locale: str | None
    id_token: str = field(repr=False)


class IdentityProvider:
    """The steps of a login. The session keeps the state of open logins."""

    def __init__(
        self,
        client: Any,
        deadline_seconds: float = _DEADLINE_SECONDS,
        max_concurrent: int = _MAX_CONCURRENT,
    ) -> None:
        self._client = client
        self._deadline_seconds = deadline_seconds
        self._slots = threading.Semaphore(max_concurrent)

    def authorization_url(self, site_id: str, callback: str) -> str:
        """Start a login; return the provider's address for it. Raises ProviderUnavailable."""
        with self._slot():
            login = self._client.create_authorization_url(callback)
        _drop_oldest_logins()
        self._client.save_authorize_data(
            state=login["state"],
            nonce=login["nonce"],
            code_verifier=login["code_verifier"],
            redirect_uri=callback,
            site=site_id,
        )
        return str(login["url"])

    def finish_login(self) -> ProviderIdentity:
        """Check the current request as the callback of a login. Raises any LoginError."""
        if request.args.get("error") == "access_denied":
            # Not every provider sends the state with it, and a refusal needs no proof.
            raise LoginDenied
        state = request.args.get("state", "")
        login = _open_login(state)
        if login is None:
            raise LoginStale
        with self._slot():  # without a slot the callback stays valid
            try:
                return self._verify_callback(login["site"])
            except LoginError:
                raise
            except OAuthError as cause:
                raise LoginRefused("provider_error") from cause
            except Exception as cause:
                # Authlib and its JOSE library raise many classes for what the provider has sent.
                raise LoginRefused(type(cause).__name__) from cause
            finally:
                self._client.framework.clear_state_data(session, state)

    def logout_url(self, id_token: str | None, home: str) -> str | None:
        """Return the provider's logout address; None if it has none or cannot be called."""
        try:
            with self._slot():
                address = self._client.create_logout_url(
                    post_logout_redirect_uri=home,
                    id_token_hint=id_token,
                    client_id=self._client.client_id,
                )
        except (ProviderUnavailable, RuntimeError):
            return None
        return str(address["url"])

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Hold a slot, with a deadline for the calls. Raises ProviderUnavailable without one."""
        if not self._slots.acquire(timeout=_SLOT_WAIT_SECONDS):
            raise ProviderUnavailable("too many logins wait for the provider")
        try:
            with deadline(self._deadline_seconds):
                yield
        finally:
            self._slots.release()

    def _verify_callback(self, site_id: str) -> ProviderIdentity:
        metadata = self._client.load_server_metadata()
        issuer = request.args.get("iss")
        if issuer is not None and issuer != metadata["issuer"]:  # RFC 9207: mix-up attack
            raise LoginRefused("iss")
        claims = {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._client.client_id},
        }
        token = self._client.authorize_access_token(claims_options=claims)
        user = token.get("userinfo")
        subject = clean_text(user.get("sub")) if user else None
        if not subject or not subject.strip():
            raise LoginRefused("sub")
        profile = user if user.get("name") else {**user, **self._fetch_profile(subject)}
        return ProviderIdentity(
            site_id,
            subject,
            clean_text(profile.get("name")) or None,
            clean_text(profile.get("locale")) or None,
            token["id_token"],
        )

    def _fetch_profile(self, subject: str) -> dict[str, Any]:
        """Fetch name and locale, which the ID token lacks; empty if that fails."""
        try:
            profile = dict(self._client.userinfo())
        except Exception:  # noqa: BLE001 - optional, and any failure means only "no name"
            return {}
        # OIDC Core 5.3.2: a profile of another subject must not be used.
        return profile if profile.get("sub") == subject else {}


def init_identity_provider(
    app: Flask,
    settings: Settings,
    deadline_seconds: float = _DEADLINE_SECONDS,
    max_concurrent: int = _MAX_CONCURRENT,
) -> None:
    """Set up the provider of the app; without OIDC settings the login routes answer 404."""
    client = create_client(app, settings, deadline_seconds)
    app.extensions[_EXTENSION] = (
        None if client is None else IdentityProvider(client, deadline_seconds, max_concurrent)
    )


def identity_provider() -> IdentityProvider | None:
    """Return the provider of the current app; None without OIDC settings."""
    return cast("IdentityProvider | None", current_app.extensions[_EXTENSION])


def _open_login(state: str) -> dict[str, Any] | None:
    """Return the login with this state. Authlib stores an expiry and does not check it."""
    stored = session.get(STATE_PREFIX + state)
    if stored is None or stored["exp"] < time.time():
        return None
    return cast("dict[str, Any]", stored["data"])


def _drop_oldest_logins() -> None:
    keys = [key for key in session if key.startswith(STATE_PREFIX)]
    keys.sort(key=lambda key: session[key].get("exp", 0))
    for key in keys[: max(0, len(keys) - _MAX_OPEN_LOGINS + 1)]:
        session.pop(key)
