"""pdf_checksum: the algorithm is known by the length, in hexadecimal or base64."""

import base64
import hashlib

import pytest

from webapp.domain.pdf_checksum import parse_checksum

REPORT = [b"%PDF-1.7\n", b"a report", b"%%EOF"]


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_checksum_in_each_notation_is_recognised_and_compared(algorithm: str) -> None:
    digest = hashlib.new(algorithm, b"".join(REPORT)).digest()
    padded = base64.b64encode(digest).decode()
    notations = (
        digest.hex(), digest.hex().upper(), f" {digest.hex()}\n", padded, padded.rstrip("="),
        base64.urlsafe_b64encode(digest).decode(),
    )  # fmt: skip
    for text in notations:
        stated = parse_checksum(text)
        assert stated is not None, text
        assert stated.algorithm == algorithm
        assert stated.matches(REPORT)
        assert not stated.matches([*REPORT, b"\n"])


SHA_384 = hashlib.sha384().digest()


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "=", "0", "not a checksum", "d41d8cd98f00b204e9800998ecf8427", "ñ" * 32,
     "z" * 32, SHA_384.hex(), base64.b64encode(SHA_384).decode(), "0" * 10_000],
)  # fmt: skip
def test_text_that_is_no_checksum_is_none(text: str | None) -> None:
    assert parse_checksum(text) is None
