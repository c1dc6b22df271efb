"""Where configured text comes from: the environment, a file it names, or a reference to either."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from webapp.configuration.problems import Wrong

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_text_file(path: str) -> str:
    """A file's text without its trailing newline. The path is never repeated in the complaint:

    where a secret was put in place of its file's name, it would be shown.
    """
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError, ValueError) as cause:
        raise Wrong(f"names a file that cannot be read ({reason(cause)})") from None


def reason(cause: Exception) -> str:
    """Why a file could not be read, in the system's own words."""
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else "not text in UTF-8"


def from_environment(name: str, environ: Mapping[str, str]) -> str | None:
    """The value of `NAME`, or the content of the file named by `NAME_FILE`; empty means unset."""
    here, elsewhere = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if here and elsewhere:
        raise Wrong(f"is given twice, as {name} and as {name}_FILE; keep one")
    if not elsewhere:
        return here or None
    text = read_text_file(elsewhere).strip()
    if not text:
        raise Wrong("names a file that is empty")
    return text


def resolve_secret(text: str, environ: Mapping[str, str]) -> str:
    """A secret as written, or from `env:NAME` or `file:/path`."""
    kind, _, place = text.partition(":")
    if kind == "file":
        found = _of_file(place)
    elif kind == "env":
        found = _of_variable(place, environ)
    else:
        return text
    if not found.strip():
        raise Wrong(f"refers to {'the file' if kind == 'file' else 'the variable'} {place}: empty")
    return found.strip()


def _of_file(place: str) -> str:
    try:
        return Path(place).read_text("utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as cause:
        what = f"refers to the file {place}, which cannot be read ({reason(cause)})"
        raise Wrong(what) from None


def _of_variable(place: str, environ: Mapping[str, str]) -> str:
    if not _VARIABLE.fullmatch(place):
        raise Wrong("starts with env: but what follows is no variable's name")
    if place not in environ:
        raise Wrong(f"refers to the variable {place}, which is not set")
    return environ[place]
