"""Every way a gateway can fail, on real sockets, for every call: the declared error, in time."""

import gzip
import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from time import monotonic

import pytest

from tests.unit.gateway.doubles import (
    CALLS,
    CHANGES,
    READS,
    created_answer,
    gateway_at,
    process_answer,
)
from tests.unit.gateway.raw_server import Behaviour, Connection, RawServer, answering
from webapp.gateway import Gateway, Nonsense, Unavailable

BUDGET_SECONDS = 0.1
# Generous, for busy machines: without a deadline these faults last as long as the test.
AT_MOST_SECONDS = BUDGET_SECONDS + 3

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def silence(connection: Connection) -> None:
    connection.stay_silent()


def dripped_headers(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    connection.drip(b"a")


def dripped_status_line(connection: Connection) -> None:
    connection.drip(b"HTTP/1.1 200 OK and so on ")


def dripped_body(connection: Connection) -> None:
    connection.send(HEAD + b"Content-Length: 100000\r\n\r\n{")
    connection.drip(b" ")


def dripped_chunks(connection: Connection) -> None:
    connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    connection.drip(b"1\r\n \r\n")


def half_a_body(connection: Connection) -> None:
    connection.send(HEAD + b'Content-Length: 1000\r\n\r\n{"scanId":')


def half_a_body_then_silence(connection: Connection) -> None:
    connection.send(HEAD + b'Content-Length: 1000\r\n\r\n{"scanId":')
    connection.stay_silent()


def half_a_chunk(connection: Connection) -> None:
    connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\n{}")


def half_an_unmeasured_body(connection: Connection) -> None:
    connection.send(HEAD + b'Connection: close\r\n\r\n{"scanId":')


def hang_up(_connection: Connection) -> None:
    return


def reset(connection: Connection) -> None:
    connection.reset()


def reset_in_the_body(connection: Connection) -> None:
    connection.send(HEAD + b"Content-Length: 1000\r\n\r\n{")
    connection.reset()


def not_http(connection: Connection) -> None:
    connection.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


def endless_headers(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.send(b"X-More: " + b"a" * 8000 + b"\r\n")


def endless_body(connection: Connection) -> None:
    connection.send(HEAD + b"Connection: close\r\n\r\n[")
    while True:
        connection.send(b"1," * 32768)


@cache
def packed_spaces() -> bytes:
    return gzip.compress(b" " * 50_000_000)


def gzip_bomb(connection: Connection) -> None:
    bomb = packed_spaces()
    connection.send(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb))
    connection.send(bomb)


def half_a_gzip(connection: Connection) -> None:
    body = gzip.compress(json.dumps(created_answer()).encode())[:-12]
    connection.send(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body))
    connection.send(body)


LOW_FAULTS: dict[str, Behaviour] = {
    "silence": silence,
    "headers byte by byte": dripped_headers,
    "a status line byte by byte": dripped_status_line,
    "a body byte by byte": dripped_body,
    "chunks byte by byte": dripped_chunks,
    "half a body": half_a_body,
    "half a body, then silence": half_a_body_then_silence,
    "half a chunk": half_a_chunk,
    "hanging up": hang_up,
    "a reset": reset,
    "a reset in the body": reset_in_the_body,
    "another protocol": not_http,
    "endless headers": endless_headers,
    "an endless body": endless_body,
    "a gzip bomb": gzip_bomb,
    "half a gzip": half_a_gzip,
    "a refused encoding": answering(b"{}", "Content-Encoding: br"),
    "gzip that is none": answering(b"{}", "Content-Encoding: gzip"),
    "a web page": answering(b"<html>Login</html>", content_type="text/html; charset=utf-8"),
    "a redirect": answering(b"", "Location: http://127.0.0.1:1/", status="302 Found"),
    "a permanent redirect": answering(b"", "Location: /", status="308 Permanent Redirect"),
    "not modified": answering(b"", status="304 Not Modified", content_type=""),
    "500": answering(b"{}", status="500 Internal Server Error"),
    "502": answering(b"<html>", status="502 Bad Gateway", content_type="text/html"),
    "503": answering(b"", status="503 Service Unavailable"),
    "504": answering(b"", status="504 Gateway Timeout"),
    "429": answering(b"", status="429 Too Many Requests"),
    "408": answering(b"", status="408 Request Timeout"),
}

# What only calls that read an answer can notice.
ANSWER_FAULTS: dict[str, Behaviour] = {
    "half an unmeasured body": half_an_unmeasured_body,
    "plain text": answering(b"{}", content_type="text/plain"),
    "a picture": answering(b"\x89PNG", content_type="image/png"),
    "nothing": answering(b""),
    "nothing, by status": answering(b"", status="204 No Content", content_type=""),
    "a list": answering(b"[]"),
    "a word": answering(b'"VERIFIED"'),
    "null": answering(b"null"),
    "broken JSON": answering(b'{"scanId": "5f0c2a9e'),
    "NaN": answering(b'{"scanId": NaN}'),
    "a number beyond all": answering(b'{"scanId": 1e999}'),
    "a number of 5,000 digits": answering(b'{"scanId": ' + b"9" * 5000 + b"}"),
    "bad UTF-8": answering(b'{"scanId": "\xff\xfe"}'),
    "UTF-16": answering('{"scanId": "a"}'.encode("utf-16")),
    "deep JSON": answering(b"[" * 100_000),
    "quite deep JSON": answering(b'{"a":' * 300 + b"1" + b"}" * 300),
    "an id that is a number": answering(b'{"scanId": 7, "accessToken": 7}'),
}

READING_CALLS = ("log_in", "create", *READS)


@pytest.fixture
def elapsed() -> Callable[[], float]:
    start = monotonic()
    return lambda: monotonic() - start


def served(stack: ExitStack, behaviour: Behaviour) -> Gateway:
    server = stack.enter_context(RawServer(behaviour))
    client = gateway_at(server.url, BUDGET_SECONDS)
    stack.callback(client.close)
    return client


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", LOW_FAULTS)
def test_every_call_survives_every_fault_of_the_wire(
    call: str, fault: str, elapsed: Callable[[], float]
) -> None:
    with ExitStack() as stack:
        client = served(stack, LOW_FAULTS[fault])
        with pytest.raises(Unavailable):
            CALLS[call](client)
    assert elapsed() < AT_MOST_SECONDS


@pytest.mark.parametrize("call", READING_CALLS)
@pytest.mark.parametrize("fault", ANSWER_FAULTS)
def test_an_answer_that_cannot_be_read_is_nonsense(
    call: str, fault: str, elapsed: Callable[[], float]
) -> None:
    with ExitStack() as stack:
        client = served(stack, ANSWER_FAULTS[fault])
        with pytest.raises(Nonsense):
            CALLS[call](client)
    assert elapsed() < AT_MOST_SECONDS


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
    client = gateway_at(f"http://127.0.0.1:{port}", BUDGET_SECONDS)
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
    client = gateway_at("https://gateway.invalid", BUDGET_SECONDS)
    with pytest.raises(Unavailable) as failure:
        CALLS["create"](client)
    assert failure.value.maybe_sent is False
    client.close()
    assert elapsed() < AT_MOST_SECONDS


@pytest.mark.parametrize("fault", ["silence", "a reset", "half a body", "hanging up", "500"])
def test_a_create_without_an_answer_may_have_been_sent_and_is_not_repeated(fault: str) -> None:
    with RawServer(LOW_FAULTS[fault]) as server:
        client = gateway_at(server.url, BUDGET_SECONDS)
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
            with pytest.raises(Nonsense):
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
