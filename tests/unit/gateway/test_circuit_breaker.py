"""A gateway that keeps failing is left alone, and found again by one call."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import httpx
import pytest

from tests.unit.gateway.doubles import (
    CALLS,
    FILES,
    created_answer,
    gateway_at,
    options,
    process_answer,
    tokens_holding,
)
from tests.unit.gateway.raw_server import RawServer, answering
from tests.unit.gateway.test_faults import LOW_FAULTS
from webapp.gateway import (
    Budgets,
    CircuitOpen,
    CredentialsRefused,
    Gateway,
    GatewayError,
    Limits,
    MemoryTokenCache,
    Unavailable,
)

REST_SECONDS = 60
# Of those that wait for its end; long enough for what happens before it on a busy machine.
BRIEF_SECONDS = 1.0


class Moody:
    """Answers each path by its mood, and counts."""

    def __init__(self) -> None:
        self.moods: dict[str, Callable[[], httpx.Response]] = {}
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = next(name for name, path in PATHS.items() if path in request.url.path)
        self.asked.append(name)
        mood = self.moods.get(name) or self.moods.get("all")
        if mood is not None:
            return mood()
        if name in FILES:
            return httpx.Response(200, content=FILES[name])
        return httpx.Response(200, json={**process_answer(), **created_answer()})


PATHS = {
    "log_in": "/auth/token",
    "read": "/getVerificationProcessData/",
    "accept": "/accept",
    "reject": "/reject",
    "send_to_review": "/pending",
    "delete": "/api/verification/",
    "image": "/image/",
    "recording": "/recording/",
    "pdf": "/api/pdf/",
    "zip": "/api/zip/",
    "create": "/onboarding",
}


def failing(error: type[httpx.TransportError]) -> Callable[[], httpx.Response]:
    def mood() -> httpx.Response:
        raise error("no")

    return mood


def answered(status: int, **headers: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, headers=headers)


SERVER_FAILURES = {
    "500": answered(500),
    "503": answered(503),
    "silence": failing(httpx.ReadTimeout),
    "a reset": failing(httpx.ReadError),
    "broken HTTP": failing(httpx.RemoteProtocolError),
}
NO_CONNECTION = {
    "refused": failing(httpx.ConnectError),
    "connecting hangs": failing(httpx.ConnectTimeout),
}
HARMLESS = {
    **{str(status): answered(status) for status in (400, 401, 403, 404, 408, 409, 422, 429)},
    "a web page": lambda: httpx.Response(200, html="<p>"),
    "too much": lambda: httpx.Response(200, content=b" " * 1_100_000),
    "a full pool": failing(httpx.PoolTimeout),
}


@pytest.fixture
def wire() -> Moody:
    return Moody()


@pytest.fixture
def client(wire: Moody) -> Iterator[Gateway]:
    yield from resting_for(REST_SECONDS, wire)


@pytest.fixture
def brief(wire: Moody) -> Iterator[Gateway]:
    yield from resting_for(BRIEF_SECONDS, wire)


def resting_for(seconds: float, wire: Moody) -> Iterator[Gateway]:
    budgets = Budgets(*[0.4] * 7)  # no time for repeating a read
    tokens = tokens_holding("held-token", obtained_seconds_ago=1)
    limits = Limits(rest_seconds=seconds)
    made = Gateway(options(), tokens, httpx.MockTransport(wire), budgets, limits)
    yield made
    made.close()


def outcome(client: Gateway, call: str) -> Exception | None:
    try:
        CALLS[call](client)
    except GatewayError as error:
        return error
    return None


def rest_over() -> None:
    threading.Event().wait(BRIEF_SECONDS + 0.05)


@pytest.mark.parametrize("mood", SERVER_FAILURES)
@pytest.mark.parametrize("call", CALLS)
def test_after_five_failures_the_sixth_call_of_the_kind_is_not_sent(
    call: str, mood: str, wire: Moody, client: Gateway
) -> None:
    wire.moods[call] = SERVER_FAILURES[mood]
    for _ in range(5):
        error = outcome(client, call)
        assert isinstance(error, Unavailable)
        assert not isinstance(error, CircuitOpen)
    start = monotonic()
    resting = outcome(client, call)
    assert isinstance(resting, CircuitOpen)
    assert resting.maybe_sent is False
    assert resting.retry_after_seconds is not None
    assert 0 < resting.retry_after_seconds <= REST_SECONDS
    assert monotonic() - start < 5
    assert wire.asked == [call] * 5
    other = "read" if call != "read" else "create"
    assert outcome(client, other) is None, "the other kinds of call are not to blame"


@pytest.mark.parametrize("mood", NO_CONNECTION)
def test_where_no_connection_can_be_made_no_call_of_any_kind_is_sent(
    mood: str, wire: Moody, client: Gateway
) -> None:
    wire.moods["all"] = NO_CONNECTION[mood]
    for call in ("read", "create", "accept", "pdf", "delete"):
        assert not isinstance(outcome(client, call), CircuitOpen)
    for call in CALLS:
        assert isinstance(outcome(client, call), CircuitOpen)
    assert len(wire.asked) == 5


@pytest.mark.parametrize("mood", HARMLESS)
@pytest.mark.parametrize("call", ["read", "create", "accept", "image"])
def test_refusals_and_wishes_to_wait_never_open_it(
    call: str, mood: str, wire: Moody, client: Gateway
) -> None:
    wire.moods[call] = HARMLESS[mood]
    for _ in range(12):
        error = outcome(client, call)
        assert isinstance(error, GatewayError)
        assert not isinstance(error, CircuitOpen)


@pytest.mark.parametrize(
    "between", [None, answered(429), answered(404)], ids=["a success", "429", "404"]
)
def test_only_failures_in_a_row_count(
    between: Callable[[], httpx.Response] | None, wire: Moody, client: Gateway
) -> None:
    for _ in range(3):
        wire.moods["read"] = SERVER_FAILURES["500"]
        for _ in range(4):
            assert not isinstance(outcome(client, "read"), CircuitOpen)
        wire.moods = {"read": between} if between else {}
        assert not isinstance(outcome(client, "read"), CircuitOpen)


def test_refused_credentials_never_open_it(wire: Moody) -> None:
    wire.moods["log_in"] = answered(401)
    client = Gateway(options(), MemoryTokenCache(), httpx.MockTransport(wire))
    for _ in range(12):
        assert isinstance(outcome(client, "create"), CredentialsRefused)


def test_a_log_in_that_rests_means_that_nothing_was_sent(wire: Moody) -> None:
    wire.moods["log_in"] = answered(500)
    client = Gateway(options(), MemoryTokenCache(), httpx.MockTransport(wire))
    errors = [outcome(client, "create") for _ in range(6)]
    assert [isinstance(error, CircuitOpen) for error in errors] == [False] * 5 + [True]
    assert {error.maybe_sent for error in errors if isinstance(error, Unavailable)} == {False}
    assert wire.asked == ["log_in"] * 5


def opened(wire: Moody, client: Gateway) -> None:
    wire.moods["create"] = SERVER_FAILURES["500"]
    for _ in range(5):
        outcome(client, "create")
    assert isinstance(outcome(client, "create"), CircuitOpen)
    wire.asked.clear()


def test_one_call_goes_on_trial_and_its_success_lets_all_the_others_pass(
    wire: Moody, brief: Gateway
) -> None:
    opened(wire, brief)
    on_trial, may_answer = threading.Event(), threading.Event()

    def slow() -> httpx.Response:
        on_trial.set()
        assert may_answer.wait(10)
        return httpx.Response(200, json=created_answer())

    wire.moods["create"] = slow
    rest_over()
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(outcome, brief, "create")
        assert on_trial.wait(10)
        for _ in range(10):
            meanwhile = outcome(brief, "create")
            assert isinstance(meanwhile, CircuitOpen)
            assert meanwhile.retry_after_seconds == 1.0
        may_answer.set()
        assert trial.result(10) is None
    assert wire.asked == ["create"]
    wire.moods.clear()
    assert [outcome(brief, "create") for _ in range(5)] == [None] * 5


def test_a_trial_that_fails_means_another_rest(wire: Moody, brief: Gateway) -> None:
    opened(wire, brief)
    for _ in range(2):
        rest_over()
        assert not isinstance(outcome(brief, "create"), CircuitOpen)
        for _ in range(5):
            assert isinstance(outcome(brief, "create"), CircuitOpen)
    assert wire.asked == ["create"] * 2


def test_a_trial_that_says_nothing_leaves_the_next_one_to_try(wire: Moody, brief: Gateway) -> None:
    opened(wire, brief)
    rest_over()
    wire.moods["create"] = HARMLESS["a full pool"]
    assert not isinstance(outcome(brief, "create"), CircuitOpen)
    wire.moods.clear()
    assert outcome(brief, "create") is None


def test_calls_that_set_out_before_it_opened_change_nothing(wire: Moody, client: Gateway) -> None:
    started, may_answer = threading.Semaphore(0), threading.Event()

    def slow() -> httpx.Response:
        started.release()
        assert may_answer.wait(10)
        return httpx.Response(200, json=created_answer())

    wire.moods["create"] = slow
    with ThreadPoolExecutor(4) as pool:
        early = [pool.submit(outcome, client, "create") for _ in range(4)]
        for _ in early:
            assert started.acquire(timeout=10)
        opened(wire, client)
        may_answer.set()
        assert [future.result(10) for future in early] == [None] * 4
        assert isinstance(outcome(client, "create"), CircuitOpen)


def test_calls_do_not_wait_for_each_other(wire: Moody, client: Gateway) -> None:
    """pybreaker by itself lets one call through at a time."""
    together = threading.Barrier(8)

    def meet() -> httpx.Response:
        together.wait(10)
        return httpx.Response(200, json=process_answer())

    wire.moods["read"] = meet
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(outcome, client, "read") for _ in range(8)]
        assert [future.result(20) for future in futures] == [None] * 8


def test_a_resting_read_is_not_repeated(wire: Moody) -> None:
    wire.moods["read"] = answered(500)
    tokens = tokens_holding("held-token", obtained_seconds_ago=1)
    client = Gateway(options(), tokens, httpx.MockTransport(wire), limits=Limits(1, 1, 1, 2))
    assert isinstance(outcome(client, "read"), CircuitOpen)
    assert wire.asked == ["read"], "though the rest would have ended within the deadline"


@pytest.mark.parametrize("fault", ["silence", "hanging up", "half a body", "502"])
def test_it_opens_on_real_sockets_too(fault: str) -> None:
    with RawServer(LOW_FAULTS[fault]) as server:
        client = gateway_at(server.url, 0.1)
        errors = [outcome(client, "accept") for _ in range(8)]
        client.close()
        assert [isinstance(error, CircuitOpen) for error in errors] == [False] * 5 + [True] * 3
        assert len(server.requests) == 5


def test_a_gateway_that_comes_up_is_found_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    tokens = tokens_holding("held-token", obtained_seconds_ago=1)
    limits = Limits(rest_seconds=BRIEF_SECONDS)
    client = Gateway(options(f"http://127.0.0.1:{port}"), tokens, limits=limits)
    for call in ("accept", "create", "reject", "delete", "accept"):
        assert not isinstance(outcome(client, call), CircuitOpen)
    assert isinstance(outcome(client, "create"), CircuitOpen)
    with RawServer(answering(b"{}"), port=port):
        rest_over()
        assert [outcome(client, call) for call in ("accept", "delete")] == [None, None]
        client.close()
