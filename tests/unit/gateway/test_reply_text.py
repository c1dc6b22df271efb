"""Text of an error body, for operators. Contract 1."""

import pytest

from webapp.gateway.errors import RequestRefused
from webapp.gateway.reply_text import reply_text


def reply(body: bytes) -> str | None:
    return reply_text(RequestRefused("accept: answered 400", status=400, body=body))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            b'{"status": "BAD_REQUEST", "description": "type is missing"}',
            "BAD_REQUEST: type is missing",
        ),
        (
            b'{"timestamp": "x", "status": 400, "error": "Bad Request", "path": "/a"}',
            "400: Bad Request",
        ),
        (b'{"message": "no", "error": "no"}', "no"),
        (b'{"errorCode": "E9", "errorDetails": "no type"}', "E9: no type"),
        (b'{"status": 400, "title": "Bad Request", "detail": "no"}', "400: Bad Request: no"),
        (
            b'{"status": 400, "errors": [{"defaultMessage": "no type"}]}',
            '{"status": 400, "errors": [{"defaultMessage": "no type"}]}',
        ),
        (b'{"error": {"message": "no type"}}', '{"error": {"message": "no type"}}'),
        (b"type is missing", "type is missing"),
        ("la decisión".encode(), "la decisión"),
        (b"\xff\xfe no UTF-8", "no UTF-8"),
        (b"two\r\nlines\x1b[31m", "two lines [31m"),
        ("right\u202eto left".encode(), "right to left"),
        (b"x" * 2000, "x" * 300),
    ],
)
def test_reply_text_is_one_printable_line(body, text):
    assert reply(body) == text


@pytest.mark.parametrize(
    "body",
    [b"", b"  \n", b"<html>no</html>", b'{"status": "half', b"[1, 2]", b"{}", b'{"status": null}'],
)
def test_reply_text_without_a_text_is_none(body):
    assert reply(body) is None
