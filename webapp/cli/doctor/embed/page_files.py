"""Read what the operator gives in files: saved headers, HTML and cookies."""

from __future__ import annotations

import re
from http.cookiejar import CookieJar, LoadError, MozillaCookieJar
from pathlib import Path

import click
import httpx

MAX_BYTES = 1024 * 1024
_STATUS_LINE = re.compile(r"HTTP/[0-9.]+ \d{3}\b.*", re.IGNORECASE)
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:(.*)")


def read_text(path: Path) -> str:
    """Return the text of a file of at most 1 MiB. Raises ClickException."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise click.ClickException(f"{path}: is larger than {MAX_BYTES} bytes")
    return content.decode("utf-8-sig", "replace")


def read_headers(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the headers as `curl --head` prints them; after redirects, those of the last answer.

    Raises ClickException that names the first line that is no header.
    """
    found: list[tuple[str, str]] = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if _STATUS_LINE.fullmatch(line.strip()):
            found.clear()
        elif line.strip():
            header = _HEADER.fullmatch(line.strip())
            if header is None:
                raise click.ClickException(
                    f"{path}: line {number} is no header: write each as `Name: value`, as "
                    "`curl --head URL` prints them"
                )
            found.append((header[1], header[2].strip()))
    if not found:
        raise click.ClickException(f"{path}: has no header")
    return tuple(found)


def read_cookies(path: Path, url: str) -> CookieJar:
    """Return the cookies of a cookies.txt (Netscape format), or of a line `name=value; name=value`.

    Those of a line are for the host of `url` only. Raises ClickException, without any value.
    """
    jar = MozillaCookieJar()
    try:
        jar.load(str(path), ignore_discard=True, ignore_expires=True)
    except (LoadError, UnicodeDecodeError):
        return _cookies_of_line(path, url)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be read: {error.strerror}") from None
    if not len(jar):
        raise click.ClickException(f"{path}: has no cookie")
    for cookie in jar:
        cookie.expires = None  # curl writes 0 for cookies of a session, which reads as 1970
    return jar


def _cookies_of_line(path: Path, url: str) -> CookieJar:
    line = read_text(path).strip()
    line = re.sub(r"(?i)\Acookie:", "", line)
    cookies = httpx.Cookies()
    host = httpx.URL(url).host
    for part in line.split(";"):
        name, equals, value = part.strip().partition("=")
        if not name or not equals or re.search(r"\s", part.strip()):
            raise click.ClickException(
                f"{path}: is neither a cookies.txt of a browser (Netscape format) nor a line such "
                "as `session=…; other=…`"
            )
        cookies.set(name, value, domain=host if "." in host else f"{host}.local")
    return cookies.jar
