"""Faults that a gateway can show on the wire or in its response, each by name."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from tests.unit.gateway.doubles import BENS_PROCESS, created_response
from tests.unit.gateway.raw_server import Behaviour, Connection, RawServer, respond_with

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


def a_terabyte(connection: Connection) -> None:
    connection.send(HEAD + b"Content-Length: 1000000000000\r\n\r\n[" + b"1," * 32768)


@cache
def packed_spaces() -> bytes:
    return gzip.compress(b" " * 50_000_000)


def gzip_bomb(connection: Connection) -> None:
    bomb = packed_spaces()
    connection.send(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb))
    connection.send(bomb)


def half_a_gzip(connection: Connection) -> None:
    body = gzip.compress(json.dumps(created_response()).encode())[:-12]
    connection.send(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body))
    connection.send(body)


# No call may accept these as a response.
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
    "a terabyte, by its length": a_terabyte,
    "a gzip bomb": gzip_bomb,
    "half a gzip": half_a_gzip,
    "a refused encoding": respond_with(b"{}", "Content-Encoding: br"),
    "gzip that is none": respond_with(b"{}", "Content-Encoding: gzip"),
    "a web page": respond_with(b"<html>Login</html>", content_type="text/html; charset=utf-8"),
    "a redirect": respond_with(b"", "Location: http://127.0.0.1:1/", status="302 Found"),
    "a permanent redirect": respond_with(b"", "Location: /", status="308 Permanent Redirect"),
    "not modified": respond_with(b"", status="304 Not Modified", content_type=""),
    "500": respond_with(b"{}", status="500 Internal Server Error"),
    "502": respond_with(b"<html>", status="502 Bad Gateway", content_type="text/html"),
    "503": respond_with(b"", status="503 Service Unavailable"),
    "504": respond_with(b"", status="504 Gateway Timeout"),
    "429": respond_with(b"", status="429 Too Many Requests"),
    "408": respond_with(b"", status="408 Request Timeout"),
}

#: Only a time limit ends these.
ENDED_BY_TIME = frozenset(
    {
        "silence",
        "headers byte by byte",
        "a status line byte by byte",
        "a body byte by byte",
        "chunks byte by byte",
        "half a body, then silence",
    }
)

# Only calls that parse the response can detect these.
RESPONSE_FAULTS: dict[str, Behaviour] = {
    "half an unmeasured body": half_an_unmeasured_body,
    "plain text": respond_with(b"{}", content_type="text/plain"),
    "a picture": respond_with(b"\x89PNG", content_type="image/png"),
    "nothing": respond_with(b""),
    "nothing, by status": respond_with(b"", status="204 No Content", content_type=""),
    "a list": respond_with(b"[]"),
    "a word": respond_with(b'"VERIFIED"'),
    "null": respond_with(b"null"),
    "broken JSON": respond_with(b'{"scanId": "5f0c2a9e'),
    "NaN": respond_with(b'{"scanId": NaN}'),
    "a number beyond all": respond_with(b'{"scanId": 1e999}'),
    "a number of 5,000 digits": respond_with(b'{"scanId": ' + b"9" * 5000 + b"}"),
    "bad UTF-8": respond_with(b'{"scanId": "\xff\xfe"}'),
    "UTF-16": respond_with('{"scanId": "a"}'.encode("utf-16")),
    "deep JSON": respond_with(b"[" * 100_000),
    "quite deep JSON": respond_with(b'{"a":' * 300 + b"1" + b"}" * 300),
    "an id that is a number": respond_with(b'{"scanId": 7, "accessToken": 7}'),
}

# Well-formed responses with other content than expected.
WORDS: dict[str, Behaviour] = {
    "about another process": respond_with(
        json.dumps({"scanId": BENS_PROCESS, "verificationId": BENS_PROCESS}).encode()
    ),
    "unknown words": respond_with(
        b'{"verificationResult": "SHINY", "status": "NEW", "moreOfIt": [{"x": null}]}'
    ),
    "an empty object": respond_with(b"{}"),
}
STATUSES: dict[str, Behaviour] = {
    str(code): respond_with(b"{}", status=f"{code} Whatever")
    for code in (400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 418, 422, 451, 501, 505, 599)
}

FAULTS = {**LOW_FAULTS, **RESPONSE_FAULTS, **WORDS, **STATUSES}
REFUSED_CONNECTION = "a refused connection"


@contextmanager
def faulty_gateway(fault: str) -> Iterator[str]:
    """Yield the URL of a gateway with this fault."""
    if fault == REFUSED_CONNECTION:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        return
    with RawServer(FAULTS[fault]) as server:
        yield server.url
