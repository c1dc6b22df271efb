"""Where configured text comes from: the environment, a file it names, or a reference to either."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from webapp.config.problems import InvalidSecretSource, InvalidValue

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def reason(cause: Exception) -> str:
    """Why a file could not be read, in the system's own words."""
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else "not text in UTF-8"


def from_environment(name: str, environ: Mapping[str, str]) -> str | None:
    """The value of `NAME`, or the content of the file named by `NAME_FILE`; empty means unset."""
    variable = f"{name}_FILE"
    here, elsewhere = environ.get(name, "").strip(), environ.get(variable, "").strip()
    if here and elsewhere:
        what = f"is given twice, as {name} and as {variable}"
        raise InvalidSecretSource(name, what, "take one of them away")
    return _named_by(variable, elsewhere) if elsewhere else here or None


def _named_by(variable: str, path: str) -> str:
    """The file's text. Its path is never repeated in the complaint:

    where a secret was put in place of its file's name, it would be shown.
    """
    try:
        text = Path(path).read_text("utf-8").strip()
    except FileNotFoundError:
        what, cure = "does not exist", "put it there, or correct the path"
    except IsADirectoryError:
        what, cure = "is a folder", "add the name of the file in it"
    except PermissionError:
        what, cure = "may not be read", "let the user that runs this read it"
    except (OSError, ValueError) as cause:
        what, cure = f"cannot be read ({reason(cause)})", "correct the path, or the file"
    else:
        if text:
            return text
        what, cure = "is empty", "write the value into it"
    raise InvalidSecretSource(variable, f"names a file that {what}", cure)


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
        raise InvalidValue(
            f"refers to {'the file' if kind == 'file' else 'the variable'} {place}: empty"
        )
    return found.strip()


def _of_file(place: str) -> str:
    try:
        return Path(place).read_text("utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as cause:
        what = f"refers to the file {place}, which cannot be read ({reason(cause)})"
        raise InvalidValue(what) from None


def _of_variable(place: str, environ: Mapping[str, str]) -> str:
    if not _VARIABLE.fullmatch(place):
        raise InvalidValue("starts with env: but what follows is no variable's name")
    if place not in environ:
        raise InvalidValue(f"refers to the variable {place}, which is not set")
    return environ[place]
