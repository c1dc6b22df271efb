"""Images and recordings in formats that browsers do not show: handed on with an honest type."""

import base64

import pytest

from tests.support.evidence_gateway import (
    BINARY,
    FILES,
    JSON_FORM,
    TEXT,
    Answer,
    running_evidence_gateway,
    wrapped,
)

REST = bytes(range(256)) * 4
TS_PACKET = b"\x47\x40\x00\x10" + bytes(184)
UNKNOWN = "application/octet-stream"
FORMATS: dict[str, tuple[str, bytes, str]] = {
    "MPEG-TS": ("recording", TS_PACKET * 6, "video/mp2t"),
    "M2TS": ("recording", (bytes(4) + TS_PACKET) * 6, "video/mp2t"),
    "FLV": ("recording", b"FLV\x01\x05\x00\x00\x00\x09" + REST, "video/x-flv"),
    "MPEG-PS": ("recording", b"\x00\x00\x01\xba\x44" + REST, "video/mpeg"),
    "WMV": ("recording", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + REST, "video/x-ms-asf"),
    "MP3 with tags": ("recording", b"ID3\x04\x00" + REST, "audio/mpeg"),
    "MP3": ("recording", b"\xff\xfb\x90\x64" + REST, "audio/mpeg"),
    "AAC": ("recording", b"\xff\xf1\x50\x80" + REST, "audio/aac"),
    "WAV": ("recording", b"RIFF\x24\x08\x00\x00WAVEfmt " + REST, "audio/wav"),
    "M4A": ("recording", b"\x00\x00\x00\x20ftypM4A " + REST, "audio/mp4"),
    "GIF as recording": ("recording", b"GIF89a" + REST, "image/gif"),
    "H.264 stream": ("recording", b"\x00\x00\x00\x01\x67\x42" + REST, UNKNOWN),
    "encrypted": ("recording", b"\x93\x01\xc4" + REST, UNKNOWN),
    "BMP": ("image", b"BM\x36\x08\x00\x00\x00\x00\x00\x00\x36" + REST, "image/bmp"),
    "TIFF": ("image", b"II*\x00\x08\x00" + REST, "image/tiff"),
    "TIFF big-endian": ("image", b"MM\x00*\x00\x00" + REST, "image/tiff"),
    "J2K": ("image", b"\xff\x4f\xff\x51\x00\x2f" + REST, "image/j2c"),
    "JPEG XL": ("image", b"\xff\x0a\x00" + REST, "image/jxl"),
    "HEIC sequence": ("image", b"\x00\x00\x00\x18ftyphevc" + REST, "image/heic-sequence"),
    "WSQ": ("image", b"\xff\xa0\xff\xa4\x00\x3a" + REST, UNKNOWN),
    "PDF as image": ("image", b"%PDF-1.4\n" + REST, "application/pdf"),
    "PDF after a byte order mark": ("pdf", b"\xef\xbb\xbf%PDF-1.7\n" + REST, "application/pdf"),
    "PDF after a header": ("pdf", b"\x1b%-12345X@PJL\r\n%PDF-1.7\n" + REST, "application/pdf"),
    "split archive": ("zip", b"PK\x07\x08PK\x03\x04" + REST, "application/zip"),
}


def raw(content: bytes) -> Answer:
    return Answer(200, content, BINARY)


def as_text(content: bytes) -> Answer:
    return Answer(200, base64.b64encode(content), TEXT)


@pytest.mark.parametrize("form", [JSON_FORM, BINARY, TEXT])
@pytest.mark.parametrize("name", FORMATS)
def test_evidence_in_unusual_format_is_handed_on_with_its_type(name: str, form: str) -> None:
    kind, content, media_type = FORMATS[name]
    answers = {JSON_FORM: wrapped(kind, content), BINARY: raw(content), TEXT: as_text(content)}
    with running_evidence_gateway(lambda path, accept: answers[form]) as gateway:
        found = gateway.read(kind)
    assert (found["error"], found["media_type"]) == (None, media_type)
    assert found["bytes"] == content


@pytest.mark.parametrize("kind", ["image", "recording"])
@pytest.mark.parametrize(
    "text",
    [
        b"<!doctype html><p>Maintenance</p>" * 9,
        b"Internal error: no such evidence \xc3\xb1",
        b"\xef\xbb\xbf<?xml version='1.0'?><Error/>",
        b'{"status":"ERROR","description":"none"}',
        b"[]",
        b"BMW is not a bitmap, FLV is not a film",
        b"\x1b[31mred\x1b[0m",
    ],
)
def test_evidence_text_is_never_handed_on_as_a_file(kind: str, text: bytes) -> None:
    with running_evidence_gateway(lambda path, accept: raw(text)) as gateway:
        assert gateway.read(kind)["error"] in ("InvalidResponse", "EvidenceNotFound")
    with running_evidence_gateway(lambda path, accept: wrapped(kind, text)) as gateway:
        assert gateway.read(kind)["error"] == "InvalidResponse"


@pytest.mark.parametrize(("kind", "other"), [("pdf", "image"), ("zip", "pdf"), ("pdf", "zip")])
def test_report_and_archive_of_another_kind_are_refused(kind: str, other: str) -> None:
    with running_evidence_gateway(lambda path, accept: raw(FILES[other])) as gateway:
        assert gateway.read(kind)["error"] == "InvalidResponse"
