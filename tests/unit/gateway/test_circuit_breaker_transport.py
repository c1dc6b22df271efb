"""Which outcomes of gateway calls open which circuit."""

from collections.abc import Callable

import httpx
import pytest

from tests.unit.gateway.doubles import (
    CALLS,
    FILES,
    created_response,
    gateway_at,
    options,
    process_response,
    tokens_holding,
)
from tests.unit.gateway.faulty_gateway import LOW_FAULTS
from tests.unit.gateway.raw_server import RawServer
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
from webapp.gateway.circuit_breaker_transport import CIRCUIT, CircuitBreakerTransport

Respond = Callable[[], httpx.Response]
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


class Wire:
    """Answers each call as set in `responses` ("all" for every call), otherwise well."""

    def __init__(self) -> None:
        self.responses: dict[str, Respond] = {}
        self.calls: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = next(name for name, path in PATHS.items() if path in request.url.path)
        self.calls.append(name)
        response = self.responses.get(name) or self.responses.get("all")
        if response is not None:
            return response()
        if name in FILES:
            return httpx.Response(200, content=FILES[name])
        return httpx.Response(200, json={**process_response(), **created_response()})


def failing(error: type[httpx.TransportError]) -> Respond:
    def response() -> httpx.Response:
        raise error("no")

    return response


def answered(status: int) -> Respond:
    return lambda: httpx.Response(status)


CALL_FAILURES = {
    "500": answered(500),
    "timeout": failing(httpx.ReadTimeout),
    "reset": failing(httpx.ReadError),
    "broken HTTP": failing(httpx.RemoteProtocolError),
}
NO_CONNECTION = [httpx.ConnectError, httpx.ConnectTimeout]
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
    budgets = Budgets(*[0.4] * 7)  # no time for repeating a read
    tokens = tokens_holding("held-token", obtained_seconds_ago=1)
    return Gateway(options(), tokens, httpx.MockTransport(wire), budgets)


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
    wire.responses[call] = CALL_FAILURES[failure]
    for _ in range(5):
        error = outcome(client, call)
        assert isinstance(error, Unavailable)
        assert not isinstance(error, CircuitOpen)
    refused = outcome(client, call)
    assert isinstance(refused, CircuitOpen)
    assert refused.maybe_sent is False
    assert refused.retry_after_seconds is not None
    assert 0 < refused.retry_after_seconds <= 10
    assert wire.calls == [call] * 5
    assert outcome(client, "read" if call != "read" else "create") is None


@pytest.mark.parametrize("failure", NO_CONNECTION)
def test_transport_five_failed_connections_refuse_every_kind_of_call(
    failure: type[httpx.TransportError], wire: Wire, client: Gateway
) -> None:
    wire.responses["all"] = failing(failure)
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
    wire.responses[call] = HARMLESS[response]
    for _ in range(8):
        error = outcome(client, call)
        assert isinstance(error, GatewayError)
        assert not isinstance(error, CircuitOpen)


@pytest.mark.parametrize("status", [200, 404, 429])
def test_transport_any_response_below_500_resets_failures(
    status: int, wire: Wire, client: Gateway
) -> None:
    for _ in range(3):
        for response in (*[answered(500)] * 4, answered(status)):
            wire.responses["delete"] = response
            assert not isinstance(outcome(client, "delete"), CircuitOpen)


def test_transport_open_seconds_over_sends_one_trial() -> None:
    seconds, statuses = [0.0], [500, 500, 200]
    sent: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return httpx.Response(statuses.pop(0))

    transport = CircuitBreakerTransport(httpx.MockTransport(response), 2, 10, lambda: seconds[0])
    request = httpx.Request("GET", "https://gateway.test/x", extensions={CIRCUIT: "read"})
    for _ in range(2):
        transport.handle_request(request)
    with pytest.raises(CircuitOpen, match="read"):
        transport.handle_request(request)
    seconds[0] = 10
    assert transport.handle_request(request).status_code == 200
    assert len(sent) == 3


def test_client_refused_credentials_never_open_circuit(wire: Wire) -> None:
    wire.responses["log_in"] = answered(401)
    client = Gateway(options(), MemoryTokenCache(), httpx.MockTransport(wire))
    for _ in range(8):
        assert isinstance(outcome(client, "create"), CredentialsRefused)


def test_client_open_log_in_circuit_means_call_was_not_sent(wire: Wire) -> None:
    wire.responses["log_in"] = answered(500)
    client = Gateway(options(), MemoryTokenCache(), httpx.MockTransport(wire))
    errors = [outcome(client, "create") for _ in range(6)]
    assert [isinstance(error, CircuitOpen) for error in errors] == [False] * 5 + [True]
    assert {error.maybe_sent for error in errors if isinstance(error, Unavailable)} == {False}
    assert wire.calls == ["log_in"] * 5


def test_client_read_with_open_circuit_is_not_repeated(wire: Wire) -> None:
    wire.responses["read"] = answered(500)
    tokens = tokens_holding("held-token", obtained_seconds_ago=1)
    client = Gateway(options(), tokens, httpx.MockTransport(wire), limits=Limits(1, 1, 1, 2))
    assert isinstance(outcome(client, "read"), CircuitOpen)
    assert wire.calls == ["read"], "although the circuit would have closed within the deadline"


@pytest.mark.parametrize("fault", ["silence", "half a body"])
def test_client_failures_on_real_sockets_open_circuit(fault: str) -> None:
    with RawServer(LOW_FAULTS[fault]) as server:
        client = gateway_at(server.url, 0.1)
        errors = [outcome(client, "accept") for _ in range(7)]
        client.close()
        assert [isinstance(error, CircuitOpen) for error in errors] == [False] * 5 + [True] * 2
        assert len(server.requests) == 5
