"""Detect the media type of a file by its first bytes: stated types are unreliable. Contract 4-H."""

from __future__ import annotations

import re
from codecs import BOM_UTF8

HEAD_BYTES = 1024
"""How many bytes of a file these functions need, if the file has that many."""

UNKNOWN = "application/octet-stream"
"""The media type of a file in an unknown format, which is no text."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),  # portraits on passport chips
    (b"\xff\x4f\xff\x51", "image/j2c"),  # JPEG 2000 without a container
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\xff\x0a", "image/jxl"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"8BPS\x00", "image/vnd.adobe.photoshop"),
    (b"OggS\x00", "video/ogg"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"ID3\x02", "audio/mpeg"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),  # an empty archive
    (b"PK\x07\x08", "application/zip"),  # an archive that was split
)
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
_BRANDS = {
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"hevc": "image/heic-sequence", b"hevx": "image/heic-sequence", b"mif1": "image/heif",
    b"msf1": "image/heif-sequence", b"avif": "image/avif", b"avis": "image/avif",
    b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
}  # fmt: skip
_FIRST_BOXES_OF_OLD_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip")
_MATROSKA = b"\x1a\x45\xdf\xa3"
_DOCTYPE_WITHIN = 64
_SYNC = 0x47
# A sync word of eleven bits, MPEG audio version, layer, bit rate and sampling rate.
_MP3_FRAME = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xf6\xf7\xfa\xfb][\x10-\xef]")
_AAC_FRAME = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
# A report may follow a byte order mark or other bytes (ISO 32000-1, annex H).
_PDF = b"%PDF"
# A drawing is a text too, and yet a file: a signature, for example. Its type stays UNKNOWN, since
# browsers run the scripts in it.
# Possessive, so that the time grows linearly whatever precedes it.
_SVG = re.compile(
    rb"(?:\s|<\?xml[^>]*+>|<!--(?:(?!-->).)*+-->|<!DOCTYPE[^>]*+>)*+<svg[\s>]", re.I | re.S
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def file_type(head: bytes) -> str | None:
    """Return the media type of a file: a known one, `UNKNOWN`, or None for text or nothing.

    A text is no file, unless it is SVG: servers send errors and base64 as text.
    """
    is_file = not _is_text(head) or _SVG.match(head.removeprefix(BOM_UTF8))
    return _known_type(head) or (UNKNOWN if is_file else None)


def pdf_type(head: bytes) -> str | None:
    """Return `application/pdf`, or None."""
    return "application/pdf" if _PDF in head[:HEAD_BYTES] and not _is_wrapped(head) else None


def zip_type(head: bytes) -> str | None:
    """Return `application/zip`, also for an empty archive, or None."""
    return "application/zip" if _known_type(head) == "application/zip" else None


def _known_type(head: bytes) -> str | None:
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "image/bmp"
    if _is_text(head):
        return pdf_type(head)
    return _video_type(head) or _audio_type(head) or pdf_type(head)


def _video_type(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12]) or ("video/3gpp" if head[8:10] == b"3g" else "video/mp4")
    if head[4:8] in _FIRST_BOXES_OF_OLD_QUICKTIME:
        return "video/quicktime"
    if head.startswith(_MATROSKA):
        is_webm = b"webm" in head[:_DOCTYPE_WITHIN]
        return "video/webm" if is_webm else "video/x-matroska"
    return "video/mp2t" if _is_transport_stream(head) else None


def _is_transport_stream(head: bytes) -> bool:
    """Packets of 188 bytes, or of 192 with a time stamp first, begin with a sync byte."""
    return any(
        len(head) > first + size and head[first] == head[first + size] == _SYNC
        for first, size in ((0, 188), (4, 192))
    )


def _audio_type(head: bytes) -> str | None:
    if _AAC_FRAME.match(head):
        return "audio/aac"
    return "audio/mpeg" if _MP3_FRAME.match(head) else None


def _is_wrapped(head: bytes) -> bool:
    return head.lstrip(b" \t\r\n\xef\xbb\xbf").startswith((b"{", b"[", b"<"))


def _is_text(head: bytes) -> bool:
    """Return True without control characters, in whatever encoding."""
    return _CONTROLS.search(head) is None
