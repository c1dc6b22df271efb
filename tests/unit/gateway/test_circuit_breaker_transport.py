"""Which outcomes of gateway calls open which circuit."""

from collections import Counter
from collections.abc import Callable

import httpx
import pytest

from tests.support.memory_token_cache import MemoryTokenCache
from tests.unit.gateway.conftest import Serve
from tests.unit.gateway.doubles import (
    CALLS,
    FILES,
    created_response,
    gateway,
    options,
    process_response,
    tokens_holding,
)
from tests.unit.gateway.faulty_gateway import LOW_FAULTS
from webapp.gateway import (
    CircuitOpen,
    CredentialsRefused,
    Gateway,
    GatewayError,
    Limits,
    Unavailable,
)
from webapp.gateway.circuit_breaker_transport import CIRCUIT, CircuitBreakerTransport

Respond = Callable[[], httpx.Response]


class Wire:
    """Answers every call as `respond` says, or well without it; records the circuits."""

    def __init__(self) -> None:
        self.respond: Respond | None = None
        self.calls: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = request.extensions[CIRCUIT]
        self.calls.append(name)
        if self.respond is not None:
            return self.respond()
        if name in FILES:
            return httpx.Response(200, content=FILES[name])
        return httpx.Response(200, json={**process_response(), **created_response()})


def failing(error: type[httpx.TransportError]) -> Respond:
    def respond() -> httpx.Response:
        raise error("no")

    return respond


def answered(status: int) -> Respond:
    return lambda: httpx.Response(status)


CALL_FAILURES = {
    "500": answered(500),
    "timeout": failing(httpx.ReadTimeout),
    "reset": failing(httpx.ReadError),
    "broken HTTP": failing(httpx.RemoteProtocolError),
}
HARMLESS = {
    **{str(status): answered(status) for status in (400, 401, 403, 404, 408, 409, 429)},
    "web page": lambda: httpx.Response(200, html="<p>"),
    "too large": lambda: httpx.Response(200, content=b" " * 1_100_000),
    "full pool": failing(httpx.PoolTimeout),
}


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def client(wire: Wire) -> Gateway:
    return gateway(wire)


@pytest.fixture
def client_without_token(wire: Wire) -> Gateway:
    return Gateway(options(), MemoryTokenCache(), httpx.MockTransport(wire))


def outcome(client: Gateway, call: str) -> Exception | None:
    try:
        CALLS[call](client)
    except GatewayError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("call", "failure"),
    [
        *[(call, "500") for call in CALLS],
        *[("create", failure) for failure in CALL_FAILURES if failure != "500"],
    ],
)
def test_transport_five_failures_of_one_kind_of_call_refuse_only_that_kind(
    call: str, failure: str, wire: Wire, client: Gateway
) -> None:
    wire.respond = CALL_FAILURES[failure]
    for _ in range(5):
        error = outcome(client, call)
        assert isinstance(error, Unavailable)
        assert not isinstance(error, CircuitOpen)
    refused = outcome(client, call)
    assert isinstance(refused, CircuitOpen)
    assert refused.maybe_sent is False
    assert refused.retry_after_seconds is not None
    assert 0 < refused.retry_after_seconds <= 10
    # Each form of evidence has its own circuit.
    assert set(Counter(wire.calls).values()) == {5}
    wire.respond = None
    assert outcome(client, "read" if call != "read" else "create") is None


@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ConnectTimeout])
def test_transport_five_failed_connections_refuse_every_kind_of_call(
    failure: type[httpx.TransportError], wire: Wire, client: Gateway
) -> None:
    wire.respond = failing(failure)
    for call in ("read", "create", "accept", "pdf", "delete"):
        assert not isinstance(outcome(client, call), CircuitOpen)
    for call in CALLS:
        assert isinstance(outcome(client, call), CircuitOpen)
    assert len(wire.calls) == 5


@pytest.mark.parametrize("call", ["create", "image"])
@pytest.mark.parametrize("response", HARMLESS)
def test_transport_refusals_and_unusable_answers_never_open_circuit(
    response: str, call: str, wire: Wire, client: Gateway
) -> None:
    wire.respond = HARMLESS[response]
    for _ in range(6):
        error = outcome(client, call)
        assert isinstance(error, GatewayError)
        assert not isinstance(error, CircuitOpen)


@pytest.mark.parametrize("status", [200, 404, 429])
def test_transport_any_response_below_500_resets_failures(
    status: int, wire: Wire, client: Gateway
) -> None:
    for response in [*[answered(500)] * 4, answered(status)] * 2:
        wire.respond = response
        assert not isinstance(outcome(client, "delete"), CircuitOpen)


def test_transport_open_seconds_over_sends_one_trial() -> None:
    seconds, statuses = [0.0], [500, 500, 200]
    inner = httpx.MockTransport(lambda _: httpx.Response(statuses.pop(0)))
    transport = CircuitBreakerTransport(inner, 2, 10, lambda: seconds[0])
    request = httpx.Request("GET", "https://gateway.test/x", extensions={CIRCUIT: "read"})
    for _ in range(2):
        transport.handle_request(request)
    with pytest.raises(CircuitOpen, match="read"):
        transport.handle_request(request)
    seconds[0] = 10
    assert transport.handle_request(request).status_code == 200


def test_client_refused_credentials_never_open_circuit(
    wire: Wire, client_without_token: Gateway
) -> None:
    wire.respond = answered(401)
    for _ in range(6):
        assert isinstance(outcome(client_without_token, "create"), CredentialsRefused)


def test_client_open_log_in_circuit_means_call_was_not_sent(
    wire: Wire, client_without_token: Gateway
) -> None:
    wire.respond = answered(500)
    errors = [outcome(client_without_token, "create") for _ in range(6)]
    assert [isinstance(error, CircuitOpen) for error in errors] == [False] * 5 + [True]
    assert {error.maybe_sent for error in errors if isinstance(error, Unavailable)} == {False}
    assert len(wire.calls) == 5


def test_client_read_with_open_circuit_is_not_repeated(wire: Wire) -> None:
    wire.respond = answered(500)
    tokens = tokens_holding("held-token", obtained_seconds_ago=1)
    client = Gateway(options(), tokens, httpx.MockTransport(wire), limits=Limits(1, 1, 1, 2))
    assert isinstance(outcome(client, "read"), CircuitOpen)
    assert wire.calls == ["read"], "although the circuit would have closed within the deadline"


@pytest.mark.parametrize("fault", ["silence", "half a body"])
def test_client_failures_on_real_sockets_open_circuit(fault: str, serve: Serve) -> None:
    server, client = serve(LOW_FAULTS[fault], seconds=0.1)
    errors = [outcome(client, "accept") for _ in range(6)]
    assert [isinstance(error, CircuitOpen) for error in errors] == [False] * 5 + [True]
    assert len(server.requests) == 5
