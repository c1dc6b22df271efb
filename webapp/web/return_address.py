"""Read the end of a return address: the reference, and the hosted page's error.

The gateway adds its parameter to our address in ways that are not documented. Other integrations
have seen `?Error=`, `??error=`, `&error=` without a question mark, `&amp;error=` and
`;jsessionid=…`; a reference contains none of their separators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from webapp.domain.hosted_errors import is_no_error

_SEPARATOR = re.compile("[?&;]")
_NAMES = frozenset({"error", "errorcode"})


def split_reference(path_end: str) -> tuple[str, str]:
    """Return the reference, and the parameters that follow it in the path."""
    reference = _SEPARATOR.split(path_end, maxsplit=1)[0]
    return reference.rstrip("/"), path_end[len(reference) :]


def hosted_error(parameters: str) -> str | None:
    """Return the first error word among the parameters, without names of missing values."""
    words = (word for name, word in _pairs(parameters) if name in _NAMES)
    return next((word for word in words if not is_no_error(word)), None)


def _pairs(parameters: str) -> Iterator[tuple[str, str]]:
    for parameter in _SEPARATOR.split(parameters):
        name, _, value = unquote_plus(parameter).partition("=")
        yield re.sub("[^a-z]", "", name.casefold()), value
