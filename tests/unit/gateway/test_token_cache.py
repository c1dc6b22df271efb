"""Token cache and bearer auth: one log-in, renewal in time and after a refusal. Contract 2."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.unit.gateway.doubles import (
    ADAS_PROCESS,
    API_KEY,
    API_SECRET,
    BASE,
    CALLS,
    FILES,
    Clock,
    created_response,
    options,
    process_response,
    token,
    tokens_holding,
)
from webapp.gateway import (
    Budgets,
    CredentialsRefused,
    Gateway,
    GatewayError,
    MemoryTokenCache,
    Token,
    Unauthorized,
    Unavailable,
)

MANY = 40


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


def in_threads(work: Callable[[], Any], count: int = MANY) -> list[Any]:
    """Run `work` in threads that start together; return results and errors."""
    barrier = threading.Barrier(count)

    def one() -> Any:
        barrier.wait(10)
        try:
            return work()
        except GatewayError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return [future.result(20) for future in [pool.submit(one) for _ in range(count)]]


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


def test_client_many_threads_without_token_log_in_once() -> None:
    account = Account(lambda bearer: True)
    client = client_of(account)
    results = in_threads(lambda: client.read(ADAS_PROCESS))
    assert {result.verification_result for result in results} == {"VERIFIED"}
    assert account.log_ins == 1


def test_client_many_threads_with_refused_token_log_in_once_without_error() -> None:
    account = Account(lambda bearer: bearer != "dead")
    client = client_of(account, tokens_holding("dead"))
    results = in_threads(lambda: client.read(ADAS_PROCESS))
    assert {result.verification_result for result in results} == {"VERIFIED"}
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


def test_token_cache_replace_other_token_returns_stored_one() -> None:
    cache = tokens_holding("stored")
    assert cache.replace("some other", lambda: token("never")).value == "stored"


def test_token_cache_replace_within_ten_seconds_returns_stored_one() -> None:
    clock = Clock()
    cache = MemoryTokenCache(clock)
    numbers = iter(range(9))

    def fetch() -> Token:
        return token(f"t{next(numbers)}", clock())

    assert cache.get(fetch).value == "t0"
    clock.advance(seconds=9.9)
    assert cache.replace("t0", fetch).value == "t0"
    clock.advance(seconds=0.1)
    assert cache.replace("t0", fetch).value == "t1"
    assert cache.replace("t1", fetch).value == "t1"


def test_token_cache_get_renews_at_80_percent_of_lifetime() -> None:
    clock = Clock()
    cache = MemoryTokenCache(clock)
    cache.get(lambda: token("first", clock(), life_seconds=900))
    clock.advance(seconds=719)
    assert cache.get(lambda: token("second", clock())).value == "first"
    clock.advance(seconds=1)
    assert cache.get(lambda: token("second", clock())).value == "second"


def test_token_cache_get_during_renewal_returns_valid_token() -> None:
    clock = Clock()
    cache = MemoryTokenCache(clock)
    cache.get(lambda: token("first", clock()))
    clock.advance(seconds=800)
    renewing, may_finish = threading.Event(), threading.Event()

    def slow() -> Token:
        renewing.set()
        assert may_finish.wait(10)
        return token("second", clock())

    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(cache.get, slow)
        assert renewing.wait(10)
        assert cache.get(slow).value == "first"
        may_finish.set()
        assert renewal.result(10).value == "second"
    assert cache.get(slow).value == "second"


def test_token_cache_failed_renewal_keeps_valid_token_and_waits_ten_seconds() -> None:
    clock = Clock()
    cache = MemoryTokenCache(clock)
    cache.get(lambda: token("first", clock()))
    clock.advance(seconds=800)
    tries: list[datetime] = []

    def failing() -> Token:
        tries.append(clock())
        raise Unavailable("log in: answered 503")

    for _ in range(3):
        assert cache.get(failing).value == "first"
    assert len(tries) == 1
    clock.advance(seconds=10)
    assert cache.get(failing).value == "first"
    assert len(tries) == 2
    clock.advance(seconds=100)
    with pytest.raises(Unavailable):
        cache.get(failing)


def test_token_cache_failed_log_in_is_shared_by_waiting_threads() -> None:
    cache = MemoryTokenCache()
    started, tries = threading.Semaphore(0), []

    def failing() -> Token:
        tries.append(1)
        # Fails only after all other threads had time to wait for it.
        for _ in range(MANY):
            assert started.acquire(timeout=10)
        threading.Event().wait(0.2)
        raise CredentialsRefused("log in: answered 401", status=401)

    def work() -> Token:
        started.release()
        return cache.get(failing)

    results = in_threads(work)
    assert {type(result) for result in results} == {CredentialsRefused}
    assert len(tries) == 1


def test_token_cache_get_after_failed_log_in_logs_in_again() -> None:
    cache = MemoryTokenCache()

    def failing() -> Token:
        raise Unavailable("log in: answered 503")

    with pytest.raises(Unavailable):
        cache.get(failing)
    assert cache.get(lambda: token("fresh")).value == "fresh"


def test_token_cache_interrupted_log_in_raises_unavailable_in_waiting_threads() -> None:
    cache = MemoryTokenCache()
    fetching, waiting = threading.Event(), threading.Event()

    def stopped() -> Token:
        fetching.set()
        assert waiting.wait(10)
        threading.Event().wait(0.1)
        raise SystemExit

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, stopped)
        assert fetching.wait(10)

        def second() -> Token:
            waiting.set()
            return cache.get(lambda: token("unused"))

        with pytest.raises(Unavailable):
            pool.submit(second).result(10)
        with pytest.raises(SystemExit):
            first.result(10)


def test_token_cache_waiting_for_log_in_ends_at_own_deadline() -> None:
    cache = MemoryTokenCache()
    fetching, may_finish = threading.Event(), threading.Event()

    def slow() -> Token:
        fetching.set()
        assert may_finish.wait(20)
        return token("late")

    account = Account(lambda bearer: True)
    client = Gateway(options(), cache, httpx.MockTransport(account), Budgets(0.2, 0.2, 0.2, 0.2))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(cache.get, slow)
        assert fetching.wait(10)
        start = monotonic()
        with pytest.raises(Unavailable) as failure:
            CALLS["create"](client)
        waited_seconds = monotonic() - start
        may_finish.set()
    assert waited_seconds < 8
    assert failure.value.maybe_sent is False
    assert account.calls == []


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
