"""Read Content Security Policies, and match addresses with their sources (CSP Level 3).

https://www.w3.org/TR/CSP3/, sections 2.2 (parsing) and 6.7.2 (URL matching).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from webapp.basics.urls import Url, parse_url

HEADER = "Content-Security-Policy"
_WHITESPACE = "\t\n\f\r "
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[a-z0-9_.-]+|\[[0-9a-f:.]+\])"
    # Browsers ignore a query, which the grammar forbids.
    r"(?::(?P<port>\d+|\*))?(?:(?P<path>/[^?#]*)(?:[?#].*)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Policy:
    """One policy. All policies of a page hold at once. `where` says from which header it is."""

    where: str
    directives: dict[str, tuple[str, ...]]

    def first_of(self, names: Sequence[str]) -> str | None:
        """Return the first name that the policy has: a directive falls back to the next ones."""
        return next((name for name in names if name in self.directives), None)

    def without_none(self, name: str) -> tuple[str, ...]:
        """Return the sources of a directive but `'none'`, which allows nothing beside others."""
        return tuple(each for each in self.directives[name] if each.lower() != "'none'")


def read_policies(headers: Iterable[str], metas: Iterable[str]) -> list[Policy]:
    """Return all policies. Each header, and each `<meta>` in Chromium, may hold several.

    They are separated by commas.
    """
    listed = _split(headers)
    several = len(listed) > 1
    found = [
        Policy(f"{HEADER} (policy {number} of {len(listed)})" if several else HEADER, _parse(text))
        for number, text in enumerate(listed, 1)
    ]
    # A page cannot forbid its framing, or sandbox itself, by a <meta> tag (CSP3 3.3).
    ignored = ("frame-ancestors", "sandbox", "report-uri")
    for text in _split(metas):
        kept = {name: given for name, given in _parse(text).items() if name not in ignored}
        found.append(Policy(f'<meta http-equiv="{HEADER}">', kept))
    return [each for each in found if each.directives]


def _split(values: Iterable[str]) -> list[str]:
    return [part for value in values for part in value.split(",") if part.strip(_WHITESPACE)]


def _parse(text: str) -> dict[str, tuple[str, ...]]:
    directives: dict[str, tuple[str, ...]] = {}
    for part in text.split(";"):
        name, *values = part.split() or [""]
        if name:
            directives.setdefault(name.lower(), tuple(values))  # repeated ones do not count
    return directives


def allows(sources: Iterable[str], address: str, page: Url) -> bool:
    """Return whether a source list of `page` allows `address` by its scheme, host and path."""
    url = parse_url(address)
    return any(_matches(each, url, page) for each in sources)


def _matches(source: str, url: Url, page: Url) -> bool:
    if source == "*":
        return True  # every http and https address
    if source.lower() == "'self'":
        return _is_self(url, page)
    if scheme := _SCHEME.fullmatch(source):
        return _scheme_matches(scheme[1].lower(), url.scheme)
    host = _HOST.fullmatch(source)
    return host is not None and _host_source_matches(host, url, page)


def _is_self(url: Url, page: Url) -> bool:
    if url.origin == page.origin:
        return True
    ports = (str(page.port), str(url.port))
    are_default = ports == (_DEFAULT_PORTS[page.scheme], _DEFAULT_PORTS[url.scheme])
    return url.host == page.host and url.scheme == "https" and (ports[0] == ports[1] or are_default)


def _scheme_matches(wanted: str, scheme: str) -> bool:
    return wanted == scheme or (wanted, scheme) == ("http", "https")


def _host_source_matches(source: re.Match[str], url: Url, page: Url) -> bool:
    # Without a scheme, that of the page counts.
    scheme = (source["scheme"] or page.scheme).lower()
    return (
        _scheme_matches(scheme, url.scheme)
        and _host_matches(source["host"].lower(), url.host)
        and _port_matches(source["port"], url)
        and _path_matches(source["path"], url.path)
    )


def _host_matches(pattern: str, host: str) -> bool:
    if pattern == "*":
        return True
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and host != pattern[2:]
    return host == pattern


def _port_matches(pattern: str | None, url: Url) -> bool:
    port = str(url.port)
    if pattern in ("*", port):
        return True
    if pattern is None or (pattern == "80" and url.scheme == "https"):
        return port == _DEFAULT_PORTS[url.scheme]
    return False


def _path_matches(pattern: str | None, path: str) -> bool:
    if not pattern:
        return True
    wanted, path = unquote(pattern), unquote(path or "/")
    return path.startswith(wanted) if wanted.endswith("/") else path == wanted
