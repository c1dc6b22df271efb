"""One log-in for everybody, renewed in time, and once more when it is refused. Contract 2."""

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
    CHANGES,
    EVIDENCE,
    FILES,
    READS,
    Clock,
    created_answer,
    options,
    process_answer,
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
    """A gateway that numbers its tokens and accepts only the ones it is told to."""

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
        answer = created_answer() if request.method == "POST" else process_answer()
        return httpx.Response(200, json=answer)


def client_of(account: Account, tokens: MemoryTokenCache | None = None) -> Gateway:
    return Gateway(options(), tokens or MemoryTokenCache(), httpx.MockTransport(account))


def in_threads(work: Callable[[], Any], count: int = MANY) -> list[Any]:
    """All start together; results or errors, in no order that matters."""
    barrier = threading.Barrier(count)

    def one() -> Any:
        barrier.wait(10)
        try:
            return work()
        except GatewayError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return [future.result(20) for future in [pool.submit(one) for _ in range(count)]]


def test_the_log_in_sends_key_and_secret_and_no_token() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"accessToken": "a.b.c"})

    Gateway(options(), MemoryTokenCache(), httpx.MockTransport(answer)).log_in()
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/auth/token")
    assert "authorization" not in request.headers
    assert request.read() == (
        b'{"api_key":"%s","api_secret":"%s"}' % (API_KEY.encode(), API_SECRET.encode())
    )


def test_one_token_serves_many_calls() -> None:
    account = Account(lambda bearer: True)
    client = client_of(account)
    for _ in range(5):
        client.read(ADAS_PROCESS)
    assert account.log_ins == 1


def test_many_threads_without_a_token_make_one_log_in() -> None:
    account = Account(lambda bearer: True)
    client = client_of(account)
    results = in_threads(lambda: client.read(ADAS_PROCESS))
    assert {result.verification_result for result in results} == {"VERIFIED"}
    assert account.log_ins == 1


def test_many_calls_meeting_a_dead_token_make_one_log_in_and_nobody_sees_an_error() -> None:
    account = Account(lambda bearer: bearer != "dead")
    client = client_of(account, tokens_holding("dead"))
    results = in_threads(lambda: client.read(ADAS_PROCESS))
    assert {result.verification_result for result in results} == {"VERIFIED"}
    assert account.log_ins == 1


@pytest.mark.parametrize("call", ["create", *READS, *CHANGES, *EVIDENCE])
def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(call: str) -> None:
    account = Account(lambda bearer: bearer == "token-1")
    CALLS[call](client_of(account, tokens_holding("dead")))
    assert account.log_ins == 1
    assert account.calls == ["dead", "token-1"]


@pytest.mark.parametrize("call", ["create", *READS, *CHANGES, *EVIDENCE])
def test_a_token_refused_twice_speaks_of_the_process(call: str) -> None:
    account = Account(lambda bearer: False)
    with pytest.raises(Unauthorized) as failure:
        CALLS[call](client_of(account, tokens_holding("dead")))
    assert failure.value.status == 401
    assert account.log_ins == 1
    assert account.calls == ["dead", "token-1"]


def test_a_token_of_the_last_ten_seconds_is_not_renewed_and_the_call_not_repeated() -> None:
    account = Account(lambda bearer: False)
    client = client_of(account, tokens_holding("young", obtained_seconds_ago=5))
    for _ in range(3):
        with pytest.raises(Unauthorized):
            client.read(ADAS_PROCESS)
    assert account.log_ins == 0
    assert account.calls == ["young"] * 3


def test_only_the_refused_token_is_replaced() -> None:
    cache = tokens_holding("stored")
    assert cache.replace("some other", lambda: token("never")).value == "stored"


def test_ten_seconds_lie_between_two_renewals() -> None:
    clock = Clock()
    cache = MemoryTokenCache(clock)
    numbers = iter(range(9))

    def fetch() -> Token:
        return token(f"t{next(numbers)}", clock())

    assert cache.get(fetch).value == "t0"
    clock.turn(seconds=9.9)
    assert cache.replace("t0", fetch).value == "t0"
    clock.turn(seconds=0.1)
    assert cache.replace("t0", fetch).value == "t1"
    assert cache.replace("t1", fetch).value == "t1"


def test_a_token_is_renewed_at_80_percent_of_its_life() -> None:
    clock = Clock()
    cache = MemoryTokenCache(clock)
    cache.get(lambda: token("first", clock(), life_seconds=900))
    clock.turn(seconds=719)
    assert cache.get(lambda: token("second", clock())).value == "first"
    clock.turn(seconds=1)
    assert cache.get(lambda: token("second", clock())).value == "second"


def test_while_one_thread_renews_the_others_use_the_valid_token() -> None:
    clock = Clock()
    cache = MemoryTokenCache(clock)
    cache.get(lambda: token("first", clock()))
    clock.turn(seconds=800)
    renewing, may_land = threading.Event(), threading.Event()

    def slow() -> Token:
        renewing.set()
        assert may_land.wait(10)
        return token("second", clock())

    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(cache.get, slow)
        assert renewing.wait(10)
        assert cache.get(slow).value == "first"
        may_land.set()
        assert renewal.result(10).value == "second"
    assert cache.get(slow).value == "second"


def test_a_renewal_that_fails_leaves_a_valid_token_in_use_and_rests() -> None:
    clock = Clock()
    cache = MemoryTokenCache(clock)
    cache.get(lambda: token("first", clock()))
    clock.turn(seconds=800)
    tries: list[datetime] = []

    def failing() -> Token:
        tries.append(clock())
        raise Unavailable("log in: answered 503")

    for _ in range(3):
        assert cache.get(failing).value == "first"
    assert len(tries) == 1
    clock.turn(seconds=10)
    assert cache.get(failing).value == "first"
    assert len(tries) == 2
    clock.turn(seconds=100)
    with pytest.raises(Unavailable):
        cache.get(failing)


def test_a_failed_log_in_is_shared_by_all_who_waited_for_it() -> None:
    cache = MemoryTokenCache()
    everybody, tries = threading.Semaphore(0), []

    def failing() -> Token:
        tries.append(1)
        # Fails only after all the others have had every chance to queue up behind it.
        for _ in range(MANY):
            assert everybody.acquire(timeout=10)
        threading.Event().wait(0.2)
        raise CredentialsRefused("log in: answered 401", status=401)

    def work() -> Token:
        everybody.release()
        return cache.get(failing)

    results = in_threads(work)
    assert {type(result) for result in results} == {CredentialsRefused}
    assert len(tries) == 1


def test_after_a_failed_log_in_the_next_call_tries_again() -> None:
    cache = MemoryTokenCache()

    def failing() -> Token:
        raise Unavailable("log in: answered 503")

    with pytest.raises(Unavailable):
        cache.get(failing)
    assert cache.get(lambda: token("fresh")).value == "fresh"


def test_a_thread_that_is_stopped_while_logging_in_does_not_stop_the_others() -> None:
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


def test_waiting_for_somebody_elses_log_in_ends_with_ones_own_deadline() -> None:
    cache = MemoryTokenCache()
    fetching, may_land = threading.Event(), threading.Event()

    def slow() -> Token:
        fetching.set()
        assert may_land.wait(20)
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
        may_land.set()
    assert waited_seconds < 8
    assert failure.value.maybe_sent is False
    assert account.calls == []


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_refused_credentials_have_an_error_of_their_own(status: int) -> None:
    wire = httpx.MockTransport(lambda request: httpx.Response(status))
    client = Gateway(options(), MemoryTokenCache(), wire)
    for call in CALLS.values():
        with pytest.raises(CredentialsRefused) as failure:
            call(client)
        assert failure.value.status == status


@pytest.mark.parametrize("status", [302, 404, 405, 409, 410, 418, 429, 500, 503])
def test_a_log_in_that_fails_otherwise_never_speaks_of_adas_process(status: int) -> None:
    wire = httpx.MockTransport(lambda request: httpx.Response(status))
    client = Gateway(options(), MemoryTokenCache(), wire)
    with pytest.raises(Unavailable) as failure:
        CALLS["create"](client)
    assert failure.value.maybe_sent is False
