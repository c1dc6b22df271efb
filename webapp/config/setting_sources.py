"""Read configured text from the environment, from a file that it names, or from a reference."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from webapp.config.problems import InvalidValue
from webapp.config.text_files import read_text, trim

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def failure_reason(error: Exception) -> str:
    """Return why a file could not be read, in the operating system's words."""
    return error.strerror if isinstance(error, OSError) and error.strerror else "not text in UTF-8"


def read_setting(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the value of `NAME`, or the content of the file named by `NAME_FILE`; None if unset.

    An empty value counts as unset. Raises `InvalidValue` with a whole sentence.
    """
    variable = f"{name}_FILE"
    text, path = trim(environ.get(name, "")), trim(environ.get(variable, ""))
    if text and path:
        raise InvalidValue(f"{name} is given twice, as {name} and as {variable}: remove one.")
    return _read_file(variable, path) if path else text or None


def _read_file(variable: str, path: str) -> str:
    """Read the file. Errors leave its path out: a secret in place of the path would be shown."""
    try:
        text = trim(read_text(Path(path)))
    except FileNotFoundError:
        what, fix = "does not exist", "put it there, or correct the path"
    except IsADirectoryError:
        what, fix = "is a folder", "add the name of the file in it"
    except PermissionError:
        what, fix = "may not be read", "let the user that runs this read it"
    except (OSError, ValueError) as error:
        what, fix = f"cannot be read ({failure_reason(error)})", "correct the path, or the file"
    else:
        if text:
            return text
        what, fix = "is empty", "write the value into it"
    raise InvalidValue(f"{variable} names a file that {what}: {fix}.")


def resolve_secret(text: str, environ: Mapping[str, str]) -> str:
    """Return a secret as written, or the one that `env:NAME` or `file:/path` refers to."""
    kind, _, place = text.partition(":")
    if kind not in ("env", "file"):
        return text
    secret = _read_variable(place, environ) if kind == "env" else _read_path(place)
    if not secret:
        owner = "the file" if kind == "file" else "the variable"
        raise InvalidValue(f"refers to {owner} {place}: empty")
    return secret


def _read_path(place: str) -> str:
    try:
        return trim(read_text(Path(place)))
    except (OSError, ValueError) as error:
        what = f"refers to the file {place}, which cannot be read ({failure_reason(error)})"
        raise InvalidValue(what) from None


def _read_variable(place: str, environ: Mapping[str, str]) -> str:
    if not _VARIABLE.fullmatch(place):
        raise InvalidValue("starts with env: but the rest is not the name of a variable")
    if place not in environ:
        raise InvalidValue(f"refers to the variable {place}, which is not set")
    return trim(environ[place])
