"""Read secrets from files as editors on any system save them."""

import codecs
from pathlib import Path


def read_secret(path: Path) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark, without it.

    PowerShell redirects output in UTF-16. Raises OSError or UnicodeDecodeError.
    """
    content = path.read_bytes()
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf_16 else "utf-8-sig").strip()
