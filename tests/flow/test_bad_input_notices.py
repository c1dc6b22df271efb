"""Malformed, oversized and wrongly framed notices over a real connection are not stored."""

import json
import uuid

import pytest

from tests.support.bad_input_stack import BadInputStack
from tests.support.raw_http import send_bytes, send_request

WEBHOOK = "/webhooks/mobbscan"
ID = str(uuid.uuid4())
VALID_BODY = json.dumps({"verificationId": ID, "status": "VERIFIED"}).encode()
LIMIT = 64 * 1024

WITHOUT_ID = VALID_BODY.replace(b"verificationId", b"scanId")
BODIES = {
    "empty": b"",
    "no id": WITHOUT_ID,
    "truncated": WITHOUT_ID[:-1],
    "deep lists": WITHOUT_ID[:-1] + b', "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
}


def stored_notices(bad_input: BadInputStack) -> int:
    (row,) = bad_input.stack.rows("SELECT count(*) AS n FROM inbox")
    return int(row["n"])


def headers(bad_input: BadInputStack, **more: str) -> dict[str, str]:
    return {"Content-Type": "application/json", **bad_input.stack.webhook_headers, **more}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_malformed_notice_is_400_and_not_stored(bad_input: BadInputStack, body: bytes) -> None:
    before = stored_notices(bad_input)
    answer = send_request(
        bad_input.stack.server_url, "POST", WEBHOOK, headers=headers(bad_input), body=body
    )
    assert (answer.status, answer.body) == (400, b"")
    assert stored_notices(bad_input) == before


@pytest.mark.parametrize(
    ("size", "chunked"), [(LIMIT + 1, False), (1_000_000, True)], ids=["stated", "chunked"]
)
def test_oversized_notice_is_413_and_not_stored(
    bad_input: BadInputStack, size: int, chunked: bool
) -> None:
    before = stored_notices(bad_input)
    body = VALID_BODY + b" " * (size - len(VALID_BODY))
    more = {"Transfer-Encoding": "chunked"} if chunked else {}
    sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    url = bad_input.stack.server_url
    answer = send_request(url, "POST", WEBHOOK, headers=headers(bad_input, **more), body=sent)
    # The server may close the connection while the client still sends.
    assert (answer.status, answer.body) in ((413, b""), (0, b""))
    assert stored_notices(bad_input) == before


@pytest.mark.parametrize(("path", "size"), [(WEBHOOK, LIMIT + 1), ("/nowhere", LIMIT)])
def test_oversized_body_closes_the_connection(
    bad_input: BadInputStack, path: str, size: int
) -> None:
    """The response says so: a proxy would send its next request on the connection."""
    kept_alive = headers(bad_input, Connection="keep-alive")
    answer = send_request(
        bad_input.stack.server_url, "POST", path, headers=kept_alive, body=b" " * size
    )
    assert answer.status in (400, 404, 413)
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ({"Content-Length": "5, 6"}, b"12345"),
        ({"Content-Length": "500"}, VALID_BODY[:-1]),
        ({"Content-Length": "5", "Transfer-Encoding": "chunked"}, b"0\r\n\r\n"),
        ({"Transfer-Encoding": "chunked"}, b"-5\r\nabcde\r\n0\r\n\r\n"),
    ],
    ids=["two lengths", "too long", "length and chunks", "negative chunk"],
)
def test_notice_with_false_length_is_not_stored(
    bad_input: BadInputStack, lines: dict[str, str], body: bytes
) -> None:
    before = stored_notices(bad_input)
    lines_sent = "".join(
        f"{name}: {value}\r\n" for name, value in headers(bad_input, **lines).items()
    )
    head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines_sent}\r\n"
    answer = send_bytes(bad_input.stack.server_url, head.encode() + body)
    assert answer.status in (0, 400, 413, 501)
    assert stored_notices(bad_input) == before


def test_valid_notice_after_malformed_ones_is_stored(bad_input: BadInputStack) -> None:
    before, new = (
        stored_notices(bad_input),
        VALID_BODY.replace(ID.encode(), str(uuid.uuid4()).encode()),
    )
    answer = send_request(
        bad_input.stack.server_url, "POST", WEBHOOK, headers=headers(bad_input), body=new
    )
    assert (answer.status, answer.body) == (204, b"")
    assert stored_notices(bad_input) == before + 1
