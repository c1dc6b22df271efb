"""Evidence streams over sockets: cut off, stalled, too large, and returned connections."""

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic

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


def client_at(
    server: RawServer,
    stack: ExitStack,
    idle_seconds: float = PATIENT_SECONDS,
    total_seconds: float = PATIENT_SECONDS,
    **limits: int,
) -> Gateway:
    budgets = Budgets(5, 5, 5, 5, 5, idle_seconds, total_seconds)
    tokens = tokens_holding("held-token", obtained_seconds_ago=1)
    client = Gateway(options(server.url), tokens, budgets=budgets, limits=Limits(**limits))
    stack.callback(client.close)
    return client


def drain(chunks: Iterator[bytes]) -> tuple[int, GatewayError | None]:
    """Return the number of bytes received and the error that ended the stream, if any."""
    received = 0
    try:
        for chunk in chunks:
            received += len(chunk)
    except GatewayError as error:
        return received, error
    return received, None


def behaviour_of(fault: Fault, body: bytes) -> Behaviour:
    return lambda connection: fault(connection, body)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("form", FORMS)
def test_evidence_cut_off_or_stalled_body_raises_unavailable(form: str, fault: str) -> None:
    start = monotonic()
    with ExitStack() as stack:
        bad = behaviour_of(FAULTS[fault], FORMS[form]("image"))
        server = stack.enter_context(RawServer(bad))
        seconds = (IDLE_SECONDS, TOTAL_SECONDS) if fault in ENDED_BY_TIME else ()
        client = client_at(server, stack, *seconds)
        with OPENED["image"](client) as evidence:
            received, failure = drain(evidence.chunks)
    assert isinstance(failure, Unavailable)
    assert 0 < received < LENGTH
    assert monotonic() - start < AT_MOST_SECONDS


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["image", "zip"])
def test_evidence_complete_read_returns_connection_to_pool(kind: str, form: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(respond_with(FORMS[form](kind), content_type="")))
        client = client_at(server, stack)
        for _ in range(3):
            with OPENED[kind](client) as evidence:
                assert b"".join(evidence.chunks) == content_of(kind)
        assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize("form", FORMS)
def test_evidence_partial_read_closes_its_connection(form: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(respond_with(FORMS[form]("image"), content_type="")))
        client = client_at(server, stack)
        for _ in range(3):
            with OPENED["image"](client) as evidence:
                next(evidence.chunks)
        with pytest.raises(KeyError), OPENED["image"](client):
            raise KeyError
        assert (len(server.requests), server.connections) == (4, 4)
        assert server.open_connections() == 0


def test_evidence_bytes_without_content_end_at_idle_limit() -> None:
    def endless_chunk_header(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send(b"%x\r\n%s\r\n5;" % (HALF, raw("image")[:HALF]))
        connection.drip(b"a", every_seconds=0.02)

    for fault in (endless_chunk_header, behaviour_of(fall_silent, raw("image"))):
        with ExitStack() as stack:
            server = stack.enter_context(RawServer(fault))
            client = client_at(server, stack, IDLE_SECONDS, total_seconds=60)
            start = monotonic()
            with OPENED["image"](client) as evidence:
                assert isinstance(drain(evidence.chunks)[1], Unavailable)
            assert monotonic() - start < AT_MOST_SECONDS


def test_evidence_time_limits_do_not_apply_to_calls_of_its_reader() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(respond_with(raw("image"), content_type="")))
        client = client_at(server, stack, idle_seconds=0.5, total_seconds=0.6)
        with OPENED["image"](client) as evidence:
            for _ in evidence.chunks:
                # Another call after a pause longer than either limit.
                threading.Event().wait(0.7)
                with OPENED["image"](client) as second:
                    assert second.size == LENGTH
                break


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["image", "recording"])
def test_evidence_over_size_limit_raises_invalid_response(kind: str, form: str) -> None:
    limits = {"max_image_bytes": HALF, "max_file_bytes": HALF}
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(respond_with(FORMS[form](kind), content_type="")))
        client = client_at(server, stack, **limits)
        try:
            with OPENED[kind](client) as evidence:
                received, failure = drain(evidence.chunks)
        except InvalidResponse as at_once:
            received, failure = 0, at_once
        assert isinstance(failure, InvalidResponse)
        assert received <= HALF
        # A stated length is checked before a byte is read.
        assert (received == 0) is (form == "raw")


def test_evidence_endless_chunked_body_ends_at_size_limit() -> None:
    def endless(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = raw("recording")
        while True:
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))

    with ExitStack() as stack:
        client = client_at(stack.enter_context(RawServer(endless)), stack, max_file_bytes=5_000_000)
        with OPENED["recording"](client) as evidence:
            assert evidence.size is None
            received, failure = drain(evidence.chunks)
        assert isinstance(failure, InvalidResponse)
        assert received <= 5_000_000


@pytest.mark.parametrize("form", ["raw", "text"])
def test_evidence_without_detectable_end_is_refused(form: str) -> None:
    def unmeasured(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FORMS[form]("pdf"))

    with ExitStack() as stack:
        client = client_at(stack.enter_context(RawServer(unmeasured)), stack)
        with pytest.raises(InvalidResponse), OPENED["pdf"](client):
            pytest.fail("it was opened")


def test_evidence_json_without_stated_length_is_accepted_if_complete() -> None:
    def unmeasured(body: bytes) -> Behaviour:
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        return lambda connection: connection.send(head + body)

    with ExitStack() as stack:
        complete, cut = json_form("pdf"), json_form("pdf")[:-1]
        server = stack.enter_context(RawServer(unmeasured(complete), unmeasured(cut)))
        client = client_at(server, stack)
        with OPENED["pdf"](client) as evidence:
            assert b"".join(evidence.chunks) == content_of("pdf")
        with OPENED["pdf"](client) as evidence, pytest.raises(InvalidResponse):
            list(evidence.chunks)


@pytest.mark.parametrize(
    "tail", [b'"', b'"}x', b'","image":"A"}', b'"]', b'", "a": NaN}', b"\x01}"]
)
def test_evidence_invalid_json_after_file_raises_invalid_response(tail: bytes) -> None:
    body = b'{"image": "' + text_form("image") + tail
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(respond_with(body)))
        with OPENED["image"](client_at(server, stack)) as evidence, pytest.raises(InvalidResponse):
            list(evidence.chunks)


def test_evidence_opening_is_repeated_until_gateway_recovers() -> None:
    broken = respond_with(b"", status="503 Service Unavailable")
    with ExitStack() as stack:
        fine = respond_with(raw("pdf"), content_type="")
        server = stack.enter_context(RawServer(broken, fine))
        with OPENED["pdf"](client_at(server, stack)) as evidence:
            assert b"".join(evidence.chunks) == content_of("pdf")
        assert len(server.requests) == 2


def test_evidence_compressed_file_is_read_and_bomb_refused() -> None:
    fine = respond_with(gzip.compress(raw("pdf")), "Content-Encoding: gzip", content_type="")
    bomb = gzip.compress(b"%PDF" + bytes(50_000_000))
    burst = respond_with(bomb, "Content-Encoding: gzip", content_type="")
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(fine, burst))
        client = client_at(server, stack, max_file_bytes=1_000_000)
        with OPENED["pdf"](client) as evidence:
            assert evidence.size is None
            assert b"".join(evidence.chunks) == content_of("pdf")
        with OPENED["pdf"](client) as evidence:
            received, failure = drain(evidence.chunks)
        assert isinstance(failure, InvalidResponse)
        assert received <= 1_000_000
