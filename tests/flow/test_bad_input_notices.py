"""Whatever is sent to the webhook over a real connection: a plain word, and nothing is kept."""

import json
import uuid

import pytest

from tests.support.bad_input_stack import BadInputStack
from tests.support.raw_http import send_bytes, send_request

WEBHOOK = "/webhooks/mobbscan"
ID = str(uuid.uuid4())
GOOD = json.dumps({"verificationId": ID, "status": "VERIFIED"}).encode()
LIMIT = 64 * 1024

BODIES = {
    "nothing": b"",
    "words": b"VERIFIED",
    "form": b"verificationId=" + ID.encode() + b"&status=VERIFIED",
    "xml": b"<?xml version='1.0'?><notice/>",
    "cut off": GOOD[:-1],
    "two of them": GOOD + GOOD,
    "a comma too many": GOOD[:-1] + b",}",
    "UTF-16": GOOD.decode().encode("utf-16"),
    "zipped": b"\x1f\x8b\x08\x00" + bytes(40),
    "zeros": bytes(2000),
    "the id twice": GOOD[:-1] + b', "verificationId": "' + ID.encode() + b'"}',
    "the id twice, once in hiding": GOOD[:-1] + b', "\\u0076erificationId": "x"}',
    "the status twice": GOOD[:-1] + b', "status": "NOT_VERIFIED"}',
    "twice in the depth": GOOD[:-1] + b', "more": {"a": {"b": 1, "b": 2}}}',
    "deep lists": GOOD[:-1] + b', "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "open lists to the limit": b"[" * LIMIT,
    "a number without end": GOOD[:-1] + b', "more": ' + b"9" * 60_000 + b"}",
    "not a number": GOOD[:-1] + b', "more": NaN}',
}


def kept(company: BadInputStack) -> int:
    (row,) = company.stack.rows("SELECT count(*) AS n FROM inbox")
    return int(row["n"])


def headers(company: BadInputStack, **more: str) -> dict[str, str]:
    return {"Content-Type": "application/json", **company.stack.webhook_headers, **more}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_is_no_notice_is_400_and_not_kept(company: BadInputStack, body: bytes) -> None:
    before = kept(company)
    answer = send_request(
        company.stack.server_url, "POST", WEBHOOK, headers=headers(company), body=body
    )
    assert (answer.status, answer.body) == (400, b"")
    assert kept(company) == before


@pytest.mark.parametrize("size", [LIMIT + 1, 1_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_too_large_is_413_and_not_kept(
    company: BadInputStack, size: int, chunked: bool
) -> None:
    before = kept(company)
    body = GOOD + b" " * (size - len(GOOD))
    more = {"Transfer-Encoding": "chunked"} if chunked else {}
    sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    url = company.stack.server_url
    answer = send_request(url, "POST", WEBHOOK, headers=headers(company, **more), body=sent)
    # A connection cut while megabytes are still coming is an answer too.
    assert (answer.status, answer.body) in ((413, b""), (0, b""))
    assert kept(company) == before


@pytest.mark.parametrize("path", [WEBHOOK, "/nowhere"])
@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
def test_who_sends_too_much_is_told_that_the_connection_ends(
    company: BadInputStack, path: str, size: int
) -> None:
    """It does, and a proxy would send the next request on it."""
    kept_alive = headers(company, Connection="keep-alive")
    answer = send_request(
        company.stack.server_url, "POST", path, headers=kept_alive, body=b" " * size
    )
    assert answer.status in (400, 404, 413)
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ({"Content-Length": "-1"}, b""),
        ({"Content-Length": "5, 6"}, b"12345"),
        ({"Content-Length": "x"}, b""),
        ({"Content-Length": "999999999999999999999"}, GOOD),
        ({"Content-Length": "500"}, GOOD[:-1]),
        ({"Content-Length": "5", "Transfer-Encoding": "chunked"}, b"0\r\n\r\n"),
        ({"Transfer-Encoding": "chunked"}, b"zz\r\n"),
        ({"Transfer-Encoding": "chunked"}, b"-5\r\nabcde\r\n0\r\n\r\n"),
        ({"Transfer-Encoding": "gzip, chunked"}, b"0\r\n\r\n"),
    ],
    ids=[
        "less than nothing", "two", "no number", "endless", "too much", "both ways",
        "no chunk", "a chunk below nothing", "packed",
    ],
)  # fmt: skip
def test_a_request_that_lies_of_its_length_brings_nothing(
    company: BadInputStack, lines: dict[str, str], body: bytes
) -> None:
    before = kept(company)
    said = "".join(f"{name}: {value}\r\n" for name, value in headers(company, **lines).items())
    head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{said}\r\n"
    answer = send_bytes(company.stack.server_url, head.encode() + body)
    assert answer.status in (0, 400, 413, 501)
    assert kept(company) == before


def test_after_all_that_a_notice_is_still_taken(company: BadInputStack) -> None:
    before, new = kept(company), GOOD.replace(ID.encode(), str(uuid.uuid4()).encode())
    answer = send_request(
        company.stack.server_url, "POST", WEBHOOK, headers=headers(company), body=new
    )
    assert (answer.status, answer.body) == (204, b"")
    assert kept(company) == before + 1
