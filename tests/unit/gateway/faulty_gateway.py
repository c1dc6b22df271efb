"""Faults that a gateway can show on the wire or in its response, each by name."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.unit.gateway.doubles import BENS_PROCESS, created_response
from tests.unit.gateway.raw_server import (
    Behaviour,
    Connection,
    RawServer,
    drip,
    repeat,
    respond_with,
    send_then,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN_OFF = HEAD + b'Content-Length: 1000\r\n\r\n{"scanId":'
BOMB = gzip.compress(b" " * 50_000_000)
CUT_GZIP = gzip.compress(json.dumps(created_response()).encode())[:-12]

silence: Behaviour = Connection.stay_silent
reset: Behaviour = Connection.reset
gzip_bomb = respond_with(BOMB, "Content-Encoding: gzip")

# No call may accept these as a response.
LOW_FAULTS: dict[str, Behaviour] = {
    "silence": silence,
    "headers byte by byte": send_then(b"HTTP/1.1 200 OK\r\nX-Long: ", drip(b"a")),
    "a status line byte by byte": drip(b"HTTP/1.1 200 OK and so on "),
    "a body byte by byte": send_then(HEAD + b"Content-Length: 100000\r\n\r\n{", drip(b" ")),
    "chunks byte by byte": send_then(CHUNKED, drip(b"1\r\n \r\n")),
    "half a body": send_then(BROKEN_OFF),
    "half a body, then silence": send_then(BROKEN_OFF, silence),
    "half a chunk": send_then(CHUNKED + b"64\r\n{}"),
    "hanging up": send_then(b""),
    "a reset": reset,
    "a reset in the body": send_then(BROKEN_OFF, reset),
    "another protocol": send_then(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "endless headers": send_then(
        b"HTTP/1.1 200 OK\r\n", repeat(b"X-More: " + b"a" * 8000 + b"\r\n")
    ),
    "an endless body": send_then(HEAD + b"Connection: close\r\n\r\n[", repeat(b"1," * 32768)),
    "a terabyte, by its length": send_then(
        HEAD + b"Content-Length: 1000000000000\r\n\r\n[" + b"1," * 32768
    ),
    "a gzip bomb": gzip_bomb,
    "half a gzip": respond_with(CUT_GZIP, "Content-Encoding: gzip"),
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
ENDED_BY_TIME = {
    "silence", "headers byte by byte", "a status line byte by byte", "a body byte by byte",
    "chunks byte by byte", "half a body, then silence",
}  # fmt: skip

# Only calls that parse the response can detect these.
RESPONSE_FAULTS: dict[str, Behaviour] = {
    "half an unmeasured body": send_then(HEAD + b'Connection: close\r\n\r\n{"scanId":'),
    "plain text": respond_with(b"OK", content_type="text/plain"),
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
    "quite deep JSON": respond_with(b'{"a":' * 300 + b"1" + b"}" * 300),
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
