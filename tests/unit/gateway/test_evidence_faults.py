"""A file that breaks off, stalls or grows says so to whoever reads it, and costs one connection."""

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic

import pytest

from tests.unit.gateway.doubles import ADAS_PROCESS, FILES, MEMBERS, OPENED, options, tokens_holding
from tests.unit.gateway.raw_server import Behaviour, Connection, RawServer, answering
from webapp.gateway import Budgets, Gateway, GatewayError, InvalidResponse, Limits, Unavailable

IDLE_SECONDS = 0.1
TOTAL_SECONDS = 0.3
#: Machines of tests are busy: time must not run out where a test is not about it.
PATIENT_SECONDS = 20
AT_MOST_SECONDS = 10
# Enough for every form to be recognised before the fault.
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


def measured(connection: Connection, body: bytes) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))


def hang_up(connection: Connection, body: bytes) -> None:
    measured(connection, body)
    connection.send(body[:HALF])


def reset(connection: Connection, body: bytes) -> None:
    measured(connection, body)
    connection.send(body[:HALF])
    connection.reset()


def fall_silent(connection: Connection, body: bytes) -> None:
    measured(connection, body)
    connection.send(body[:HALF])
    connection.stay_silent()


def drip(connection: Connection, body: bytes) -> None:
    measured(connection, body)
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


def read_on(chunks: Iterator[bytes]) -> tuple[int, GatewayError | None]:
    """How many bytes arrived, and what ended them if it was not the end."""
    received = 0
    try:
        for chunk in chunks:
            received += len(chunk)
    except GatewayError as error:
        return received, error
    return received, None


def misbehaving(fault: Fault, body: bytes) -> Behaviour:
    return lambda connection: fault(connection, body)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_breaks_off_never_ends_cleanly(kind: str, form: str, fault: str) -> None:
    start = monotonic()
    with ExitStack() as stack:
        bad = misbehaving(FAULTS[fault], FORMS[form](kind))
        server = stack.enter_context(RawServer(bad))
        seconds = (IDLE_SECONDS, TOTAL_SECONDS) if fault in ENDED_BY_TIME else ()
        client = client_at(server, stack, *seconds)
        with OPENED[kind](client) as evidence:
            received, failure = read_on(evidence.chunks)
    assert isinstance(failure, Unavailable)
    assert 0 < received < LENGTH
    assert monotonic() - start < AT_MOST_SECONDS


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", FILES)
def test_a_whole_file_gives_its_connection_back(kind: str, form: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(answering(FORMS[form](kind), content_type="")))
        client = client_at(server, stack)
        for _ in range(3):
            with OPENED[kind](client) as evidence:
                assert b"".join(evidence.chunks) == content_of(kind)
        assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_that_has_had_enough_costs_one_connection_and_no_more(form: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(answering(FORMS[form]("image"), content_type="")))
        client = client_at(server, stack)
        for _ in range(3):
            with OPENED["image"](client) as evidence:
                next(evidence.chunks)
        with pytest.raises(KeyError), OPENED["image"](client):
            raise KeyError
        assert (len(server.requests), server.connections) == (4, 4)
        assert server.open_connections() == 0


def test_a_drip_faster_than_the_idle_limit_ends_with_the_total_one() -> None:
    with ExitStack() as stack:
        bad = misbehaving(drip, raw("image"))
        server = stack.enter_context(RawServer(bad))
        client = client_at(server, stack, IDLE_SECONDS, TOTAL_SECONDS)
        with OPENED["image"](client) as evidence:
            start = monotonic()
            assert isinstance(read_on(evidence.chunks)[1], Unavailable)
        assert 2 * IDLE_SECONDS < monotonic() - start < AT_MOST_SECONDS


def test_bytes_that_bring_the_file_no_further_count_as_silence() -> None:
    def endless_chunk_header(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send(b"%x\r\n%s\r\n5;" % (HALF, raw("image")[:HALF]))
        connection.drip(b"a", every_seconds=0.02)

    for fault in (endless_chunk_header, misbehaving(fall_silent, raw("image"))):
        with ExitStack() as stack:
            server = stack.enter_context(RawServer(fault))
            client = client_at(server, stack, IDLE_SECONDS, total_seconds=60)
            start = monotonic()
            with OPENED["image"](client) as evidence:
                assert isinstance(read_on(evidence.chunks)[1], Unavailable)
            assert monotonic() - start < AT_MOST_SECONDS


def test_the_deadline_of_a_file_is_not_the_readers() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(answering(raw("image"), content_type="")))
        client = client_at(server, stack, idle_seconds=0.5, total_seconds=0.6)
        with OPENED["image"](client) as evidence:
            for _ in evidence.chunks:
                # Another call from within, after a pause longer than either limit.
                threading.Event().wait(0.7)
                with OPENED["image"](client) as second:
                    assert second.size == LENGTH
                break


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", FILES)
def test_a_file_larger_than_wanted_is_broken_off(kind: str, form: str) -> None:
    limits = {"max_image_bytes": HALF, "max_file_bytes": HALF}
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(answering(FORMS[form](kind), content_type="")))
        client = client_at(server, stack, **limits)
        try:
            with OPENED[kind](client) as evidence:
                received, failure = read_on(evidence.chunks)
        except InvalidResponse as at_once:
            received, failure = 0, at_once
        assert isinstance(failure, InvalidResponse)
        assert received <= HALF
        # A stated length is believed before a byte is read.
        assert (received == 0) is (form == "raw")


def test_an_endless_chunked_file_ends_at_the_limit() -> None:
    def endless(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = raw("recording")
        while True:
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))

    with ExitStack() as stack:
        client = client_at(stack.enter_context(RawServer(endless)), stack, max_file_bytes=5_000_000)
        with OPENED["recording"](client) as evidence:
            assert evidence.size is None
            received, failure = read_on(evidence.chunks)
        assert isinstance(failure, InvalidResponse)
        assert received <= 5_000_000


@pytest.mark.parametrize("form", ["raw", "text"])
def test_a_file_whose_end_nobody_could_tell_is_not_begun(form: str) -> None:
    def unmeasured(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FORMS[form]("pdf"))

    with ExitStack() as stack:
        client = client_at(stack.enter_context(RawServer(unmeasured)), stack)
        with pytest.raises(InvalidResponse), OPENED["pdf"](client):
            pytest.fail("it was opened")


def test_json_tells_its_end_by_itself() -> None:
    def unmeasured(body: bytes) -> Behaviour:
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        return lambda connection: connection.send(head + body)

    with ExitStack() as stack:
        whole, cut = json_form("pdf"), json_form("pdf")[:-1]
        server = stack.enter_context(RawServer(unmeasured(whole), unmeasured(cut)))
        client = client_at(server, stack)
        with OPENED["pdf"](client) as evidence:
            assert b"".join(evidence.chunks) == content_of("pdf")
        with OPENED["pdf"](client) as evidence, pytest.raises(InvalidResponse):
            list(evidence.chunks)


@pytest.mark.parametrize(
    "tail", [b'"', b'"}x', b'","image":"A"}', b'"]', b'", "a": NaN}', b"\x01}"]
)
def test_json_that_ends_badly_is_noticed_at_the_end(tail: bytes) -> None:
    body = b'{"image": "' + text_form("image") + tail
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(answering(body)))
        with OPENED["image"](client_at(server, stack)) as evidence, pytest.raises(InvalidResponse):
            list(evidence.chunks)


def test_a_redirect_to_a_store_elsewhere_is_not_followed() -> None:
    with RawServer(answering(raw("image"))) as elsewhere, ExitStack() as stack:
        away = answering(b"", f"Location: {elsewhere.url}/x", status="302 Found")
        client = client_at(stack.enter_context(RawServer(away)), stack)
        with pytest.raises(InvalidResponse), OPENED["image"](client):
            pytest.fail("it was opened")
        assert elsewhere.requests == []


def test_opening_is_repeated_until_the_gateway_has_recovered() -> None:
    broken = answering(b"", status="503 Service Unavailable")
    with ExitStack() as stack:
        fine = answering(raw("pdf"), content_type="")
        server = stack.enter_context(RawServer(broken, fine))
        with OPENED["pdf"](client_at(server, stack)) as evidence:
            assert b"".join(evidence.chunks) == content_of("pdf")
        assert len(server.requests) == 2


def test_a_wish_to_wait_too_long_for_evidence_is_passed_on() -> None:
    later = answering(b"", "Retry-After: 120", status="503 Service Unavailable")
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(later))
        with pytest.raises(Unavailable) as failure, OPENED["pdf"](client_at(server, stack)):
            pytest.fail("it was opened")
        assert failure.value.retry_after_seconds == 120
        assert len(server.requests) == 1


def test_a_packed_file_is_unpacked_and_a_bomb_is_not() -> None:
    fine = answering(gzip.compress(raw("pdf")), "Content-Encoding: gzip", content_type="")
    bomb = gzip.compress(b"%PDF" + bytes(50_000_000))
    burst = answering(bomb, "Content-Encoding: gzip", content_type="")
    with ExitStack() as stack:
        server = stack.enter_context(RawServer(fine, burst))
        client = client_at(server, stack, max_file_bytes=1_000_000)
        with OPENED["pdf"](client) as evidence:
            assert evidence.size is None
            assert b"".join(evidence.chunks) == content_of("pdf")
        with OPENED["pdf"](client) as evidence:
            received, failure = read_on(evidence.chunks)
        assert isinstance(failure, InvalidResponse)
        assert received <= 1_000_000
