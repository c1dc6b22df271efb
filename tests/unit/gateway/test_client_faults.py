"""Gateway client and network faults: whether a call may have been sent, and is repeated."""

import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic

import pytest

from tests.unit.gateway.doubles import (
    CALLS,
    UNREPEATED_SECONDS,
    gateway_at,
    process_response,
)
from tests.unit.gateway.faulty_gateway import LOW_FAULTS, reset, silence
from tests.unit.gateway.raw_server import RawServer, respond_with
from webapp.gateway import InvalidResponse, Unavailable

BUDGET_SECONDS = 0.1
# Generous for busy machines: without a deadline these faults last until the test ends.
AT_MOST_SECONDS = BUDGET_SECONDS + 5


@pytest.fixture
def elapsed() -> Callable[[], float]:
    start = monotonic()
    return lambda: monotonic() - start


@pytest.mark.parametrize("call", ["log_in", "create", "read", "image"])
def test_client_refused_connection_is_reported_as_not_sent(call: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = gateway_at(f"http://127.0.0.1:{port}", UNREPEATED_SECONDS)
    with pytest.raises(Unavailable) as failure:
        CALLS[call](client)
    assert failure.value.maybe_sent is False
    client.close()


def test_client_hanging_connect_ends_at_deadline_as_not_sent(
    elapsed: Callable[[], float],
) -> None:
    with ExitStack() as stack:
        # With a full accept queue the kernel drops further connection attempts.
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        client = gateway_at(f"http://127.0.0.1:{listener.getsockname()[1]}", BUDGET_SECONDS)
        with pytest.raises(Unavailable) as failure:
            CALLS["create"](client)
        assert failure.value.maybe_sent is False
        assert "ConnectTimeout" in str(failure.value)
        client.close()
    assert elapsed() < AT_MOST_SECONDS


def test_client_hanging_tls_handshake_ends_at_deadline_as_not_sent(
    elapsed: Callable[[], float],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = gateway_at(f"https://127.0.0.1:{listener.getsockname()[1]}", BUDGET_SECONDS)
        with pytest.raises(Unavailable) as failure:
            CALLS["create"](client)
        assert failure.value.maybe_sent is False
        client.close()
    assert elapsed() < AT_MOST_SECONDS


def test_client_unknown_host_name_is_reported_as_not_sent(elapsed: Callable[[], float]) -> None:
    client = gateway_at("https://gateway.invalid", UNREPEATED_SECONDS)
    with pytest.raises(Unavailable) as failure:
        CALLS["create"](client)
    assert failure.value.maybe_sent is False
    client.close()
    assert elapsed() < AT_MOST_SECONDS


@pytest.mark.parametrize("fault", ["silence", "a reset", "half a body", "500"])
def test_create_without_response_is_reported_as_maybe_sent_and_not_repeated(fault: str) -> None:
    with RawServer(LOW_FAULTS[fault]) as server:
        client = gateway_at(server.url, UNREPEATED_SECONDS)
        with pytest.raises(Unavailable) as failure:
            CALLS["create"](client)
        client.close()
        assert failure.value.maybe_sent is True
        assert len(server.requests) == 1


def test_log_in_without_response_is_reported_as_not_sent() -> None:
    with RawServer(silence) as server:
        client = gateway_at(server.url, BUDGET_SECONDS)
        with pytest.raises(Unavailable) as failure:
            client.log_in()
        client.close()
        assert failure.value.maybe_sent is False


def test_create_redirect_is_not_followed() -> None:
    with RawServer(respond_with(b"{}")) as elsewhere:
        away = respond_with(b"", f"Location: {elsewhere.url}/onboarding", status="307 Temporary")
        with RawServer(away) as server:
            client = gateway_at(server.url)
            with pytest.raises(InvalidResponse):
                CALLS["create"](client)
            client.close()
        assert elsewhere.requests == []


def test_read_is_repeated_until_gateway_recovers() -> None:
    fine = respond_with(json.dumps(process_response()).encode())
    with RawServer(LOW_FAULTS["503"], reset, fine) as server:
        client = gateway_at(server.url)
        data = client.read(process_response()["scanId"])
        client.close()
        assert data.verification_result == "VERIFIED"
        assert len(server.requests) == 3


def test_read_fails_after_three_attempts() -> None:
    with RawServer(LOW_FAULTS["500"]) as server:
        client = gateway_at(server.url)
        with pytest.raises(Unavailable):
            CALLS["read"](client)
        client.close()
        assert len(server.requests) == 3


def test_read_retry_after_beyond_deadline_is_raised_at_once() -> None:
    later = respond_with(b"", "Retry-After: 120", status="429 Too Many Requests")
    with RawServer(later) as server:
        client = gateway_at(server.url)
        with pytest.raises(Unavailable) as failure:
            CALLS["read"](client)
        client.close()
        assert failure.value.retry_after_seconds == 120
        assert len(server.requests) == 1
