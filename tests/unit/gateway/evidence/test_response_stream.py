"""Evidence streams over sockets: cut off, stalled, too large, and returned connections."""

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic
from typing import Protocol

import pytest

from tests.unit.gateway.doubles import ADAS_PROCESS, FILES, MEMBERS, OPENED, options, tokens_holding
from tests.unit.gateway.raw_server import Behaviour, Connection, RawServer, respond_with
from webapp.gateway import Budgets, Gateway, GatewayError, InvalidResponse, Limits, Unavailable

IDLE_SECONDS = 0.1
TOTAL_SECONDS = 0.3
#: Generous for busy machines, where a test is not about time.
PATIENT_SECONDS = 20
AT_MOST_SECONDS = 10
# Long enough for every form to be recognised before the fault.
LENGTH = 200_000
HALF = LENGTH // 2


def content_of(kind: str) -> bytes:
    return FILES[kind].ljust(LENGTH, b"x")


def raw(kind: str) -> bytes:
    return content_of(kind)


def json_form(kind: str) -> bytes:
    text = base64.b64encode(content_of(kind)).decode()
    return json.dumps({"scanId": ADAS_PROCESS, MEMBERS[kind]: text}).encode()


def text_form(kind: str) -> bytes:
    return base64.b64encode(content_of(kind))


FORMS: dict[str, Callable[[str], bytes]] = {"raw": raw, "json": json_form, "text": text_form}
Fault = Callable[[Connection, bytes], None]


def send_head(connection: Connection, body: bytes) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))


def hang_up(connection: Connection, body: bytes) -> None:
    send_head(connection, body)
    connection.send(body[:HALF])


def reset(connection: Connection, body: bytes) -> None:
    send_head(connection, body)
    connection.send(body[:HALF])
    connection.reset()


def fall_silent(connection: Connection, body: bytes) -> None:
    send_head(connection, body)
    connection.send(body[:HALF])
    connection.stay_silent()


def drip(connection: Connection, body: bytes) -> None:
    send_head(connection, body)
    connection.send(body[:HALF])
    connection.drip(b"A", every_seconds=0.02)


def chunks_that_stop(connection: Connection, body: bytes) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.send(b"%x\r\n%s\r\n" % (HALF, body[:HALF]))


def a_chunk_that_is_none(connection: Connection, body: bytes) -> None:
    chunks_that_stop(connection, body)
    connection.send(b"what\r\n")


FAULTS: dict[str, Fault] = {
    "hanging up": hang_up,
    "a reset": reset,
    "silence": fall_silent,
    "a drip": drip,
    "chunks that stop": chunks_that_stop,
    "a chunk that is none": a_chunk_that_is_none,
}

ENDED_BY_TIME = {"silence", "a drip"}


class Serve(Protocol):
    """Starts a server with these behaviours, and a client for it."""

    def __call__(
        self, *behaviours: Behaviour, idle: float = ..., total: float = ..., **limits: int
    ) -> tuple[RawServer, Gateway]: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(
            *behaviours: Behaviour,
            idle: float = PATIENT_SECONDS,
            total: float = PATIENT_SECONDS,
            **limits: int,
        ) -> tuple[RawServer, Gateway]:
            server = stack.enter_context(RawServer(*behaviours))
            budgets = Budgets(5, 5, 5, 5, 5, idle, total)
            tokens = tokens_holding("held-token", obtained_seconds_ago=1)
            client = Gateway(options(server.url), tokens, budgets=budgets, limits=Limits(**limits))
            stack.callback(client.close)
            return server, client

        yield start


def drain(chunks: Iterator[bytes]) -> tuple[int, GatewayError | None]:
    """Return the number of bytes received and the error that ended the stream, if any."""
    received = 0
    try:
        for chunk in chunks:
            received += len(chunk)
    except GatewayError as error:
        return received, error
    return received, None


def complete(body: bytes, *headers: str) -> Behaviour:
    return respond_with(body, *headers, content_type="")


def without_length(body: bytes) -> Behaviour:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    return lambda connection: connection.send(head + body)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("form", FORMS)
def test_evidence_cut_off_or_stalled_body_raises_unavailable(
    form: str, fault: str, serve: Serve
) -> None:
    by_time = fault in ENDED_BY_TIME
    idle, total = (IDLE_SECONDS, TOTAL_SECONDS) if by_time else (PATIENT_SECONDS, PATIENT_SECONDS)
    body = FORMS[form]("image")
    _, client = serve(lambda connection: FAULTS[fault](connection, body), idle=idle, total=total)
    start = monotonic()
    with OPENED["image"](client) as evidence:
        received, failure = drain(evidence.chunks)
    assert isinstance(failure, Unavailable)
    assert 0 < received < LENGTH
    assert monotonic() - start < AT_MOST_SECONDS


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["image", "zip"])
def test_evidence_complete_read_returns_connection_to_pool(
    kind: str, form: str, serve: Serve
) -> None:
    server, client = serve(complete(FORMS[form](kind)))
    for _ in range(3):
        with OPENED[kind](client) as evidence:
            assert b"".join(evidence.chunks) == content_of(kind)
    assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize("form", FORMS)
def test_evidence_partial_read_closes_its_connection(form: str, serve: Serve) -> None:
    server, client = serve(complete(FORMS[form]("image")))
    for _ in range(3):
        with OPENED["image"](client) as evidence:
            next(evidence.chunks)
    with pytest.raises(KeyError), OPENED["image"](client):
        raise KeyError
    assert (len(server.requests), server.connections) == (4, 4)
    assert server.open_connections() == 0


def test_evidence_bytes_without_content_end_at_idle_limit(serve: Serve) -> None:
    def endless_chunk_header(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send(b"%x\r\n%s\r\n5;" % (HALF, raw("image")[:HALF]))
        connection.drip(b"a", every_seconds=0.02)

    _, client = serve(endless_chunk_header, idle=IDLE_SECONDS, total=60)
    start = monotonic()
    with OPENED["image"](client) as evidence:
        assert isinstance(drain(evidence.chunks)[1], Unavailable)
    assert monotonic() - start < AT_MOST_SECONDS


def test_evidence_time_limits_do_not_apply_to_calls_of_its_reader(serve: Serve) -> None:
    _, client = serve(complete(raw("image")), idle=0.5, total=0.6)
    with OPENED["image"](client) as evidence:
        next(evidence.chunks)
        # Another call after a pause longer than either limit.
        threading.Event().wait(0.7)
        with OPENED["image"](client) as second:
            assert second.size == LENGTH


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["image", "recording"])
def test_evidence_over_size_limit_raises_invalid_response(
    kind: str, form: str, serve: Serve
) -> None:
    _, client = serve(complete(FORMS[form](kind)), max_image_bytes=HALF, max_file_bytes=HALF)
    try:
        with OPENED[kind](client) as evidence:
            received, failure = drain(evidence.chunks)
    except InvalidResponse as on_opening:
        received, failure = 0, on_opening
    assert isinstance(failure, InvalidResponse)
    assert received <= HALF
    # A stated length is checked before a byte is read.
    assert (received == 0) is (form == "raw")


def test_evidence_endless_chunked_body_ends_at_size_limit(serve: Serve) -> None:
    def endless(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = raw("recording")
        while True:
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))

    _, client = serve(endless, max_file_bytes=5_000_000)
    with OPENED["recording"](client) as evidence:
        assert evidence.size is None
        received, failure = drain(evidence.chunks)
    assert isinstance(failure, InvalidResponse)
    assert received <= 5_000_000


@pytest.mark.parametrize("form", ["raw", "text"])
def test_evidence_without_detectable_end_is_refused(form: str, serve: Serve) -> None:
    _, client = serve(without_length(FORMS[form]("pdf")))
    with pytest.raises(InvalidResponse), OPENED["pdf"](client):
        pytest.fail("it was opened")


def test_evidence_json_without_stated_length_is_accepted_if_complete(serve: Serve) -> None:
    body = json_form("pdf")
    _, client = serve(without_length(body), without_length(body[:-1]))
    with OPENED["pdf"](client) as evidence:
        assert b"".join(evidence.chunks) == content_of("pdf")
    with OPENED["pdf"](client) as evidence, pytest.raises(InvalidResponse):
        list(evidence.chunks)


@pytest.mark.parametrize(
    "tail", [b'"', b'"}x', b'","image":"A"}', b'"]', b'", "a": NaN}', b"\x01}"]
)
def test_evidence_invalid_json_after_file_raises_invalid_response(
    tail: bytes, serve: Serve
) -> None:
    _, client = serve(respond_with(b'{"image": "' + text_form("image") + tail))
    with OPENED["image"](client) as evidence, pytest.raises(InvalidResponse):
        list(evidence.chunks)


def test_evidence_opening_is_repeated_until_gateway_recovers(serve: Serve) -> None:
    broken = respond_with(b"", status="503 Service Unavailable")
    server, client = serve(broken, complete(raw("pdf")))
    with OPENED["pdf"](client) as evidence:
        assert b"".join(evidence.chunks) == content_of("pdf")
    assert len(server.requests) == 2


def test_evidence_compressed_file_is_read_and_bomb_refused(serve: Serve) -> None:
    fine = complete(gzip.compress(raw("pdf")), "Content-Encoding: gzip")
    bomb = complete(gzip.compress(b"%PDF" + bytes(50_000_000)), "Content-Encoding: gzip")
    _, client = serve(fine, bomb, max_file_bytes=1_000_000)
    with OPENED["pdf"](client) as evidence:
        assert evidence.size is None
        assert b"".join(evidence.chunks) == content_of("pdf")
    with OPENED["pdf"](client) as evidence:
        received, failure = drain(evidence.chunks)
    assert isinstance(failure, InvalidResponse)
    assert received <= 1_000_000
