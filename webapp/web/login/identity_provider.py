"""Log users in and out at the company's identity provider with OpenID Connect."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, request, session

from webapp.http_transport.deadline import deadline
from webapp.web import request_context
from webapp.web.login import open_logins
from webapp.web.login.code_exchange import (
    MAX_LOGOUT_LINK_CHARACTERS,
    ProviderIdentity,
    check_issuer,
    fetch_token,
    read_identity,
)
from webapp.web.login.errors import (
    LoginError,
    LoginInterrupted,
    LoginStale,
    ProviderUnavailable,
    error_of_provider,
)
from webapp.web.login.oidc_client import OidcClient, create_client
from webapp.web.login.open_logins import OpenLogin

if TYPE_CHECKING:
    from webapp.config.settings import Settings

_EXTENSION = "identity_provider"
#: Session member: the next login must let the user choose another account.
_ASK_ACCOUNT = "ask_account"
#: Values of `prompt` with which a provider does so (OIDC Core 3.1.2.1), the mildest first.
_ACCOUNT_PROMPTS = ("select_account", "login")
#: Limit for all calls of one step of a login together, however slowly the answers arrive.
_DEADLINE_SECONDS = 8.0
#: Concurrent steps that may wait for the provider in one process. Each holds a thread, and a
#: provider that does not answer must leave threads for notices and pages.
_MAX_CONCURRENT = 12
#: How long a step waits for a slot: enough for many users at a provider that answers.
_SLOT_WAIT_SECONDS = 1.0


class IdentityProvider:
    """The steps of a login. The session keeps the open logins."""

    def __init__(
        self,
        client: OidcClient,
        deadline_seconds: float = _DEADLINE_SECONDS,
        max_concurrent: int = _MAX_CONCURRENT,
    ) -> None:
        self._client = client
        self._deadline_seconds = deadline_seconds
        self._slots = threading.Semaphore(max_concurrent)

    def authorization_url(
        self,
        site_id: str,
        callback: str,
        *,
        ask_account: bool = False,
        is_second_attempt: bool = False,
    ) -> str:
        """Start a login; return the provider's address for it. Raises ProviderUnavailable.

        With `ask_account` the provider lets the user choose an account, although it knows one.
        """
        with self._slot():
            more = self._account_prompt(is_second_attempt=is_second_attempt) if ask_account else {}
            login = self._client.create_authorization_url(callback, **more)
        open_logins.remember(
            login["state"],
            OpenLogin(site_id, login["nonce"], login["code_verifier"], is_second_attempt),
        )
        return str(login["url"])

    def has_open_login(self) -> bool:
        """Whether the current request, a callback, belongs to a login that this browser began."""
        return open_logins.find(request.args.get("state", "")) is not None

    def finish_login(self, callback: str) -> ProviderIdentity:
        """Check the current request as the callback of a login; its state is used up.

        `callback` is the address that the provider was given. Raises any LoginError:
        LoginInterrupted for a passing error at the first attempt.
        """
        error, state = request.args.get("error"), request.args.get("state", "")
        login = open_logins.find(state)
        if login is None:
            # Not every provider sends the state with an error, and an error needs no proof.
            raise error_of_provider(error) if error else LoginStale
        request_context.set_site(request_context.steps().sites.get(login.site_id))
        with self._slot():  # without a slot the callback stays valid
            if not open_logins.use(state):
                raise LoginStale
            check_issuer(self._client)
            if error:
                raise _error_of_attempt(error, login)
            token = fetch_token(self._client, login, callback)
            return read_identity(self._client, token, login)

    def logout_url(self, id_token: str | None, home: str) -> str | None:
        """Return the provider's logout address; None if it has none or cannot be called.

        The address never exceeds 2,000 characters because of the ID token: it is left out then,
        and the provider asks the user instead (OIDC RP-Initiated Logout 2).
        """
        try:
            with self._slot():
                address = self._logout_url(home, id_token)
                is_short = len(address) <= MAX_LOGOUT_LINK_CHARACTERS
                return address if is_short else self._logout_url(home, None)
        except (ProviderUnavailable, RuntimeError, ValueError):
            return None

    def _logout_url(self, home: str, id_token: str | None) -> str:
        address = self._client.create_logout_url(
            post_logout_redirect_uri=home,
            id_token_hint=id_token,
            client_id=self._client.client_id,
        )
        return str(address["url"])

    def _account_prompt(self, *, is_second_attempt: bool) -> dict[str, str]:
        """Return the `prompt` that the provider supports; the other one at a second attempt."""
        supported = self._client.load_server_metadata()["prompt_values_supported"]
        known = [each for each in _ACCOUNT_PROMPTS if each in supported] or list(_ACCOUNT_PROMPTS)
        return {"prompt": known[-1 if is_second_attempt else 0]}

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Hold a slot, with a deadline for the calls. Raises ProviderUnavailable without one."""
        if not self._slots.acquire(timeout=_SLOT_WAIT_SECONDS):
            raise ProviderUnavailable("too many logins wait for the provider")
        try:
            with deadline(self._deadline_seconds):
                yield
        except ProviderUnavailable as failure:
            # Its addresses may have changed; the next step reads them again. An error word comes
            # from the right address, or from a browser, which must not cause calls.
            if failure.provider_error is None:
                self._client.forget_provider()
            raise
        finally:
            self._slots.release()


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


def ask_account_next_time() -> None:
    """Let the user choose an account at the next login of this browser."""
    if identity_provider() is not None:
        session[_ASK_ACCOUNT] = True


def is_account_asked() -> bool:
    """Whether the next login must let the user choose an account."""
    return bool(session.get(_ASK_ACCOUNT))


def _error_of_attempt(error: str, login: OpenLogin) -> LoginError:
    failure = error_of_provider(error)
    # Some providers refuse a `prompt` that they do not know.
    may_be_prompt = error == "invalid_request" and is_account_asked()
    is_passing = isinstance(failure, ProviderUnavailable) or may_be_prompt
    if is_passing and not login.is_second_attempt:
        return LoginInterrupted(login.site_id, failure.provider_error)
    if may_be_prompt:
        # The provider knows neither value: asking again would refuse this browser for ever.
        session.pop(_ASK_ACCOUNT)
    return failure
