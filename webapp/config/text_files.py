"""Read text files as editors on any system save them."""

from __future__ import annotations

import codecs
from pathlib import Path

#: UTF-32 first: its mark begins with that of UTF-16. PowerShell redirects output in UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BYTE_ORDER_MARK = "\ufeff"


class NotText(ValueError):
    """The file is not text in UTF-8, nor in UTF-16 or UTF-32 with a byte order mark."""


def read_text(path: Path) -> str:
    """Return the text of a file, with `\\n` as line ends and without its byte order mark.

    Raises OSError or NotText.
    """
    content = path.read_bytes()
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise NotText from None
    if "\0" in text:  # UTF-16 without a mark, or no text at all
        raise NotText
    return text.lstrip(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n")


def trim(text: str) -> str:
    """Remove spaces, line ends and byte order marks from both ends of a value."""
    return text.strip().strip(BYTE_ORDER_MARK).strip()


def has_byte_order_mark(path: Path) -> bool:
    """Return whether a file begins with the byte order mark of UTF-8, 16 or 32. Raises OSError."""
    content = path.read_bytes()
    return content.startswith((codecs.BOM_UTF8, *(mark for mark, _ in _MARKS)))
