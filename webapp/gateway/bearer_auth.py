"""Authenticate every call with the access token; renew a refused token and repeat the call once."""

from __future__ import annotations

from collections.abc import Callable, Generator

import httpx

from webapp.gateway.token_cache import Token, TokenCache


class BearerAuth(httpx.Auth):
    """httpx auth flow that takes its token from a `TokenCache`.

    A 401 means that the call was not carried out, so repeating it is safe for every method. The
    call is not repeated with the refused token. Contract 2.2, 4-P.
    """

    def __init__(self, tokens: TokenCache, log_in: Callable[[], Token]) -> None:
        self._tokens = tokens
        self._log_in = log_in

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send with the current token, and after a 401 once more with another one."""
        token = self._tokens.get(self._log_in)
        request.headers["Authorization"] = f"Bearer {token.value}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        renewed = self._tokens.replace(token.value, self._log_in)
        if renewed.value != token.value:
            request.headers["Authorization"] = f"Bearer {renewed.value}"
            yield request
