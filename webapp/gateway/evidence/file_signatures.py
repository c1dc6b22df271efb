"""Detect the media type of a file by its first bytes: stated types are unreliable. Contract 4-H."""

from __future__ import annotations

HEAD_BYTES = 64
"""How many bytes of a file these functions need, if the file has that many."""

_IMAGES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),  # portraits on passport chips
)
_IMAGE_BRANDS = {b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif",
                 b"avif": "image/avif"}  # fmt: skip
_FIRST_BOXES_OF_OLD_QUICKTIME = (b"moov", b"mdat", b"wide")
_MATROSKA = b"\x1a\x45\xdf\xa3"


def image_type(head: bytes) -> str | None:
    """Return the media type of an image, or None for an unknown format."""
    for signature, media_type in _IMAGES:
        if head.startswith(signature):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return _IMAGE_BRANDS.get(head[8:12]) if head[4:8] == b"ftyp" else None


def recording_type(head: bytes) -> str | None:
    """Return the media type of a video, or None for an unknown format."""
    if head[4:8] == b"ftyp":
        return _video_by_brand(head[8:12])
    if head[4:8] in _FIRST_BOXES_OF_OLD_QUICKTIME:
        return "video/quicktime"
    if head.startswith(_MATROSKA):
        return "video/webm" if b"webm" in head[:HEAD_BYTES] else "video/x-matroska"
    if head.startswith(b"OggS"):
        return "video/ogg"
    return "video/x-msvideo" if head[:4] == b"RIFF" and head[8:12] == b"AVI " else None


def pdf_type(head: bytes) -> str | None:
    """Return `application/pdf`, or None."""
    return "application/pdf" if head.startswith(b"%PDF") else None


def zip_type(head: bytes) -> str | None:
    """Return `application/zip`, also for an empty archive, or None."""
    return "application/zip" if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else None


def _video_by_brand(brand: bytes) -> str | None:
    if brand in _IMAGE_BRANDS:
        return None
    if brand == b"qt  ":
        return "video/quicktime"
    return "video/3gpp" if brand.startswith(b"3g") else "video/mp4"
