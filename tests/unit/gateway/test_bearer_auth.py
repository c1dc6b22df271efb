"""Log-in and bearer auth: one log-in, and renewal after a refusal. Contract 2."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.memory_token_cache import MemoryTokenCache
from tests.unit.gateway.doubles import (
    ADAS_PROCESS,
    API_KEY,
    API_SECRET,
    BASE,
    CALLS,
    FILES,
    created_response,
    options,
    process_response,
    token,
    tokens_holding,
)
from webapp.gateway import (
    CredentialsRefused,
    Gateway,
    Token,
    Unauthorized,
    Unavailable,
)


class Account:
    """A gateway that numbers its tokens and accepts only those for which `accepted` is true."""

    def __init__(self, accepted: Callable[[str], bool]) -> None:
        self._accepted = accepted
        self._lock = threading.Lock()
        self.log_ins = 0
        self.calls: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            with self._lock:
                self.log_ins += 1
                return httpx.Response(200, json={"accessToken": f"token-{self.log_ins}"})
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        with self._lock:
            self.calls.append(bearer)
        if not self._accepted(bearer):
            return httpx.Response(401)
        kind = next((kind for kind in FILES if f"/{kind}/" in request.url.path), None)
        if kind is not None:
            return httpx.Response(200, content=FILES[kind])
        response = created_response() if request.method == "POST" else process_response()
        return httpx.Response(200, json=response)


def client_of(account: Account, tokens: MemoryTokenCache | None = None) -> Gateway:
    return Gateway(options(), tokens or MemoryTokenCache(), httpx.MockTransport(account))


def test_log_in_sends_key_and_secret_without_token() -> None:
    seen: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"accessToken": "a.b.c"})

    Gateway(options(), MemoryTokenCache(), httpx.MockTransport(response)).log_in()
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/auth/token")
    assert "authorization" not in request.headers
    assert request.read() == (
        b'{"api_key":"%s","api_secret":"%s"}' % (API_KEY.encode(), API_SECRET.encode())
    )


def test_client_token_is_reused() -> None:
    account = Account(lambda bearer: True)
    client = client_of(account)
    for _ in range(5):
        client.read(ADAS_PROCESS)
    assert account.log_ins == 1


@pytest.mark.parametrize("call", ["create", "read", "accept", "image"])
def test_bearer_auth_refused_token_is_renewed_and_call_repeated_once(call: str) -> None:
    account = Account(lambda bearer: bearer == "token-1")
    CALLS[call](client_of(account, tokens_holding("dead")))
    assert account.log_ins == 1
    assert account.calls == ["dead", "token-1"]


@pytest.mark.parametrize("call", ["create", "read", "accept", "image"])
def test_bearer_auth_renewed_token_refused_raises_unauthorized(call: str) -> None:
    account = Account(lambda bearer: False)
    with pytest.raises(Unauthorized) as failure:
        CALLS[call](client_of(account, tokens_holding("dead")))
    assert failure.value.status == 401
    assert account.log_ins == 1
    assert account.calls == ["dead", "token-1"]


def test_bearer_auth_recent_token_is_not_renewed_and_call_not_repeated() -> None:
    account = Account(lambda bearer: False)
    client = client_of(account, tokens_holding("young", obtained_seconds_ago=5))
    for _ in range(3):
        with pytest.raises(Unauthorized):
            client.read(ADAS_PROCESS)
    assert account.log_ins == 0
    assert account.calls == ["young"] * 3


def test_bearer_auth_token_stored_by_another_caller_and_refused_too_is_renewed() -> None:
    class StaleCache(MemoryTokenCache):
        """Returns an outdated copy once, as a process does that remembers a token."""

        def get(self, fetch: Callable[[], Token]) -> Token:
            return token("outdated", datetime.now(UTC), life_seconds=900)

    account = Account(lambda bearer: bearer == "token-1")
    tokens = StaleCache(token("stored", datetime.now(UTC) - timedelta(minutes=1), 900))
    client_of(account, tokens).read(ADAS_PROCESS)
    assert account.calls == ["outdated", "stored", "token-1"]
    assert account.log_ins == 1


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_client_refused_log_in_raises_credentials_refused(status: int) -> None:
    wire = httpx.MockTransport(lambda request: httpx.Response(status))
    client = Gateway(options(), MemoryTokenCache(), wire)
    for call in CALLS.values():
        with pytest.raises(CredentialsRefused) as failure:
            call(client)
        assert failure.value.status == status


@pytest.mark.parametrize("status", [302, 404, 405, 409, 410, 418, 429, 500, 503])
def test_client_failed_log_in_raises_unavailable_as_not_sent(status: int) -> None:
    wire = httpx.MockTransport(lambda request: httpx.Response(status))
    client = Gateway(options(), MemoryTokenCache(), wire)
    with pytest.raises(Unavailable) as failure:
        CALLS["create"](client)
    assert failure.value.maybe_sent is False
