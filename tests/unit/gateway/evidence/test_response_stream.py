"""Evidence streams over sockets: cut off, stalled, too large, and returned connections."""

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from tests.unit.gateway.conftest import Serve
from tests.unit.gateway.doubles import ADAS_PROCESS, FILES, MEMBERS, OPENED
from tests.unit.gateway.raw_server import (
    Behaviour,
    Connection,
    drip,
    repeat,
    respond_with,
    send_then,
)
from webapp.gateway import Budgets, GatewayError, InvalidResponse, Limits, Unavailable

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


FORMS: dict[str, Callable[[str], bytes]] = {
    "raw": content_of,
    "json": lambda kind: json.dumps(
        {"scanId": ADAS_PROCESS, MEMBERS[kind]: base64_of(kind)}
    ).encode(),
    "text": lambda kind: base64_of(kind).encode(),
}


def base64_of(kind: str) -> str:
    return base64.b64encode(content_of(kind)).decode()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def half(body: bytes, end: Behaviour = lambda connection: None) -> Behaviour:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    return send_then(head + body[:HALF], end)


def one_chunk(
    body: bytes, then: bytes = b"", end: Behaviour = lambda connection: None
) -> Behaviour:
    return send_then(CHUNKED + b"%x\r\n%s\r\n" % (HALF, body[:HALF]) + then, end)


FAULTS: dict[str, Callable[[bytes], Behaviour]] = {
    "hanging up": half,
    "a reset": lambda body: half(body, Connection.reset),
    "silence": lambda body: half(body, Connection.stay_silent),
    "a drip": lambda body: half(body, drip(b"A")),
    "chunks that stop": one_chunk,
    "a chunk that is none": lambda body: one_chunk(body, b"what\r\n"),
}


def limited(idle: float = PATIENT_SECONDS, total: float = PATIENT_SECONDS) -> Budgets:
    return Budgets(5, 5, 5, 5, 5, idle, total)


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
    return send_then(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("form", FORMS)
def test_evidence_cut_off_or_stalled_body_raises_unavailable(
    form: str, fault: str, serve: Serve
) -> None:
    by_time = fault in ("silence", "a drip")
    budgets = limited(IDLE_SECONDS, TOTAL_SECONDS) if by_time else limited()
    _, client = serve(FAULTS[fault](FORMS[form]("image")), budgets=budgets)
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
    endless_chunk_header = one_chunk(content_of("image"), b"5;", drip(b"a"))
    _, client = serve(endless_chunk_header, budgets=limited(IDLE_SECONDS, 60))
    start = monotonic()
    with OPENED["image"](client) as evidence:
        assert isinstance(drain(evidence.chunks)[1], Unavailable)
    assert monotonic() - start < AT_MOST_SECONDS


def test_evidence_time_limits_do_not_apply_to_calls_of_its_reader(serve: Serve) -> None:
    _, client = serve(complete(content_of("image")), budgets=limited(0.5, 0.6))
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
    _, client = serve(
        complete(FORMS[form](kind)), limits=Limits(max_image_bytes=HALF, max_file_bytes=HALF)
    )
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
    piece = content_of("recording")
    endless = send_then(CHUNKED, repeat(b"%x\r\n%s\r\n" % (len(piece), piece)))
    _, client = serve(endless, budgets=limited(), limits=Limits(max_file_bytes=5_000_000))
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
    body = FORMS["json"]("pdf")
    _, client = serve(without_length(body), without_length(body[:-1]))
    with OPENED["pdf"](client) as evidence:
        assert b"".join(evidence.chunks) == content_of("pdf")
    with OPENED["pdf"](client) as evidence, pytest.raises(InvalidResponse):
        list(evidence.chunks)


@pytest.mark.parametrize("tail", [b'"', b'"}x', b"\x01}"])
def test_evidence_invalid_json_after_file_raises_invalid_response(
    tail: bytes, serve: Serve
) -> None:
    _, client = serve(respond_with(b'{"image": "' + FORMS["text"]("image") + tail))
    with OPENED["image"](client) as evidence, pytest.raises(InvalidResponse):
        list(evidence.chunks)


def test_evidence_opening_is_repeated_until_gateway_recovers(serve: Serve) -> None:
    broken = respond_with(b"", status="503 Service Unavailable")
    server, client = serve(broken, complete(content_of("pdf")))
    with OPENED["pdf"](client) as evidence:
        assert b"".join(evidence.chunks) == content_of("pdf")
    assert len(server.requests) == 2


def test_evidence_compressed_file_is_read_and_bomb_refused(serve: Serve) -> None:
    fine = complete(gzip.compress(content_of("pdf")), "Content-Encoding: gzip")
    bomb = complete(gzip.compress(b"%PDF" + bytes(50_000_000)), "Content-Encoding: gzip")
    _, client = serve(fine, bomb, limits=Limits(max_file_bytes=1_000_000))
    with OPENED["pdf"](client) as evidence:
        assert evidence.size is None
        assert b"".join(evidence.chunks) == content_of("pdf")
    with OPENED["pdf"](client) as evidence:
        received, failure = drain(evidence.chunks)
    assert isinstance(failure, InvalidResponse)
    assert received <= 1_000_000
