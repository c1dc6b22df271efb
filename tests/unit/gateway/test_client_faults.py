"""Gateway client and network faults: whether a call may have been sent, and is repeated."""

import json
import socket
from contextlib import ExitStack
from time import monotonic

import pytest

from tests.unit.gateway.conftest import Serve
from tests.unit.gateway.doubles import CALLS, UNREPEATED_SECONDS, gateway_at, process_response
from tests.unit.gateway.faulty_gateway import LOW_FAULTS, reset
from tests.unit.gateway.raw_server import respond_with
from webapp.gateway import InvalidResponse, Unavailable

BUDGET_SECONDS = 0.1
# Generous for busy machines: without a deadline these faults last until the test ends.
AT_MOST_SECONDS = 5
FINE = respond_with(json.dumps(process_response()).encode())


def failed_unsent(url: str, seconds: float, call: str = "create") -> Unavailable:
    """Make a call that fails in time and certainly does not reach the gateway."""
    client = gateway_at(url, seconds)
    start = monotonic()
    with pytest.raises(Unavailable) as failure:
        CALLS[call](client)
    client.close()
    assert failure.value.maybe_sent is False
    assert monotonic() - start < seconds + AT_MOST_SECONDS
    return failure.value


@pytest.mark.parametrize("call", ["log_in", "create", "read", "image"])
def test_client_refused_connection_is_reported_as_not_sent(call: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    failed_unsent(f"http://127.0.0.1:{port}", UNREPEATED_SECONDS, call)


def test_client_hanging_connect_ends_at_deadline_as_not_sent() -> None:
    with ExitStack() as stack:
        # With a full accept queue the kernel drops further connection attempts.
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert "ConnectTimeout" in str(failed_unsent(url, BUDGET_SECONDS))


def test_client_hanging_tls_handshake_ends_at_deadline_as_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        failed_unsent(f"https://127.0.0.1:{listener.getsockname()[1]}", BUDGET_SECONDS)


def test_client_unknown_host_name_is_reported_as_not_sent() -> None:
    failed_unsent("https://gateway.invalid", UNREPEATED_SECONDS)


@pytest.mark.parametrize(
    ("call", "fault", "maybe_sent"),
    [
        ("create", "silence", True),
        ("create", "a reset", True),
        ("create", "half a body", True),
        ("create", "500", True),
        ("log_in", "silence", False),
    ],
)
def test_client_call_without_response_is_not_repeated_and_says_whether_sent(
    call: str, fault: str, maybe_sent: bool, serve: Serve
) -> None:
    server, client = serve(
        LOW_FAULTS[fault], seconds=BUDGET_SECONDS if fault == "silence" else UNREPEATED_SECONDS
    )
    with pytest.raises(Unavailable) as failure:
        CALLS[call](client)
    assert failure.value.maybe_sent is maybe_sent
    assert len(server.requests) == 1


def test_create_redirect_is_not_followed(serve: Serve) -> None:
    elsewhere, _ = serve(FINE)
    away = respond_with(b"", f"Location: {elsewhere.url}/onboarding", status="307 Temporary")
    _, client = serve(away)
    with pytest.raises(InvalidResponse):
        CALLS["create"](client)
    assert elsewhere.requests == []


def test_read_is_repeated_until_gateway_recovers(serve: Serve) -> None:
    server, client = serve(LOW_FAULTS["503"], reset, FINE)
    assert client.read(process_response()["scanId"]).verification_result == "VERIFIED"
    assert len(server.requests) == 3


def test_read_fails_after_three_attempts(serve: Serve) -> None:
    server, client = serve(LOW_FAULTS["500"])
    with pytest.raises(Unavailable):
        CALLS["read"](client)
    assert len(server.requests) == 3


def test_read_retry_after_beyond_deadline_is_raised_at_once(serve: Serve) -> None:
    later = respond_with(b"", "Retry-After: 120", status="429 Too Many Requests")
    server, client = serve(later)
    with pytest.raises(Unavailable) as failure:
        CALLS["read"](client)
    assert failure.value.retry_after_seconds == 120
    assert len(server.requests) == 1
