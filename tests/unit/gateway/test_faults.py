"""What a failing gateway means for the call: whether it was sent, and when it is repeated."""

import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic

import pytest

from tests.unit.gateway.doubles import (
    CALLS,
    CHANGES,
    UNREPEATED_SECONDS,
    gateway_at,
    process_answer,
)
from tests.unit.gateway.faulty_gateway import LOW_FAULTS, reset, silence
from tests.unit.gateway.raw_server import Behaviour, RawServer, answering
from webapp.gateway import Gateway, InvalidResponse, Unavailable

BUDGET_SECONDS = 0.1
# Generous, for busy machines: without a deadline these faults last as long as the test.
AT_MOST_SECONDS = BUDGET_SECONDS + 5


@pytest.fixture
def elapsed() -> Callable[[], float]:
    start = monotonic()
    return lambda: monotonic() - start


def served(stack: ExitStack, behaviour: Behaviour) -> Gateway:
    server = stack.enter_context(RawServer(behaviour))
    client = gateway_at(server.url)
    stack.callback(client.close)
    return client


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize(
    "fine",
    [
        answering(b""),
        answering(b"", status="204 No Content", content_type=""),
        answering(b"done", content_type="text/plain"),
        answering(b'{"status": "UPDATED_VERIFICATION", "description": "accepted"}'),
    ],
    ids=["empty", "204", "text", "documented"],
)
def test_calls_without_a_documented_answer_take_any_success(call: str, fine: Behaviour) -> None:
    with ExitStack() as stack:
        CALLS[call](served(stack, fine))


@pytest.mark.parametrize("call", CALLS)
def test_a_refused_connection_was_certainly_not_sent(call: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = gateway_at(f"http://127.0.0.1:{port}", UNREPEATED_SECONDS)
    with pytest.raises(Unavailable) as failure:
        CALLS[call](client)
    assert failure.value.maybe_sent is False
    client.close()


def test_a_connect_that_hangs_ends_in_time_and_was_certainly_not_sent(
    elapsed: Callable[[], float],
) -> None:
    with ExitStack() as stack:
        # A listener that never accepts, its queue filled: the kernel drops further connects.
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


def test_a_tls_handshake_that_hangs_ends_in_time_and_was_certainly_not_sent(
    elapsed: Callable[[], float],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = gateway_at(f"https://127.0.0.1:{listener.getsockname()[1]}", BUDGET_SECONDS)
        with pytest.raises(Unavailable) as failure:
            CALLS["create"](client)
        assert failure.value.maybe_sent is False
        client.close()
    assert elapsed() < AT_MOST_SECONDS


def test_a_name_nobody_knows_was_certainly_not_sent(elapsed: Callable[[], float]) -> None:
    client = gateway_at("https://gateway.invalid", UNREPEATED_SECONDS)
    with pytest.raises(Unavailable) as failure:
        CALLS["create"](client)
    assert failure.value.maybe_sent is False
    client.close()
    assert elapsed() < AT_MOST_SECONDS


@pytest.mark.parametrize("fault", ["silence", "a reset", "half a body", "hanging up", "500"])
def test_a_create_without_an_answer_may_have_been_sent_and_is_not_repeated(fault: str) -> None:
    with RawServer(LOW_FAULTS[fault]) as server:
        client = gateway_at(server.url, UNREPEATED_SECONDS)
        with pytest.raises(Unavailable) as failure:
            CALLS["create"](client)
        client.close()
        assert failure.value.maybe_sent is True
        assert len(server.requests) == 1


def test_a_log_in_that_fails_means_the_create_was_not_sent() -> None:
    with RawServer(silence) as server:
        client = gateway_at(server.url, BUDGET_SECONDS)
        with pytest.raises(Unavailable) as failure:
            client.log_in()
        client.close()
        assert failure.value.maybe_sent is False


def test_a_redirect_is_never_followed() -> None:
    with RawServer(answering(b"{}")) as elsewhere:
        away = answering(b"", f"Location: {elsewhere.url}/onboarding", status="307 Temporary")
        with RawServer(away) as server:
            client = gateway_at(server.url)
            with pytest.raises(InvalidResponse):
                CALLS["create"](client)
            client.close()
        assert elsewhere.requests == []


def test_a_read_is_repeated_until_the_gateway_has_recovered() -> None:
    fine = answering(json.dumps(process_answer()).encode())
    with RawServer(LOW_FAULTS["503"], reset, fine) as server:
        client = gateway_at(server.url)
        data = client.read(process_answer()["scanId"])
        client.close()
        assert data.verification_result == "VERIFIED"
        assert len(server.requests) == 3


def test_a_read_gives_up_after_three_attempts() -> None:
    with RawServer(LOW_FAULTS["500"]) as server:
        client = gateway_at(server.url)
        with pytest.raises(Unavailable):
            CALLS["read"](client)
        client.close()
        assert len(server.requests) == 3


def test_a_wish_to_wait_beyond_the_deadline_is_passed_on_at_once() -> None:
    later = answering(b"", "Retry-After: 120", status="429 Too Many Requests")
    with RawServer(later) as server:
        client = gateway_at(server.url)
        with pytest.raises(Unavailable) as failure:
            CALLS["read"](client)
        client.close()
        assert failure.value.retry_after_seconds == 120
        assert len(server.requests) == 1
