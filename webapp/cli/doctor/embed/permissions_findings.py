"""Check `Permissions-Policy`: it must leave the camera to the page and to this server.

https://www.w3.org/TR/permissions-policy/. The header is a dictionary of structured fields (RFC
9651). The gateway inside our frame need not be named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import http_sf
from http_sf import Token

from webapp.basics.urls import Url, origin_of
from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, fails, warns
from webapp.cli.doctor.embed.page import HostPage, Target

HEADER = "Permissions-Policy"
_OLD_HEADER = "Feature-Policy"


def findings(page: HostPage, target: Target) -> Iterator[EmbedFinding]:
    """Yield a finding for each feature that the page withholds from itself or from the frame."""
    values = page.values(HEADER)
    try:
        policy = parse(values)
    except ValueError:
        policy = {}
        yield warns(
            Breaks.NOTHING,
            HEADER,
            "cannot be read, so browsers ignore all of it: its syntax is that of RFC 9651, such as "
            "camera=(self)",
            f"{HEADER}: camera={_allow_list(page.url, target)}",
        )
    old_policy = _parse_old(page.values(_OLD_HEADER))
    for feature in _features(page, target):
        if feature in policy:
            yield from _feature(page, target, policy, feature)
        elif feature in old_policy:
            yield from _old_feature(page, target, old_policy[feature], feature)


def parse(values: list[str]) -> dict[str, Any]:
    """Return the policy of all headers together. Raises ValueError where browsers ignore it.

    Of a feature that is named twice the last mention counts.
    """
    joined = ", ".join(each for each in values if each.strip())
    found = http_sf.parse(joined.encode("latin-1", "replace"), tltype="dictionary")
    return cast("dict[str, Any]", found)


def allows(member: Any, origin: str, self_origin: str) -> bool:
    """Return whether an allow list names `origin`; `self` stands for `self_origin`."""
    return any(_names(each, origin, self_origin) for each in _entries(member))


def _features(page: HostPage, target: Target) -> Iterator[str]:
    yield "camera"
    if target.microphone or any(each.microphone for each in page.elements):
        yield "microphone"
    yield "fullscreen"


def _feature(
    page: HostPage, target: Target, policy: dict[str, Any], feature: str
) -> Iterator[EmbedFinding]:
    own, ours = page.url.origin, target.origin
    withheld = _withheld(page, target, policy[feature])
    if not withheld:
        return
    line = f"{HEADER}: {_mended(page, target, policy)}"
    from_whom = " and from ".join("the page itself" if each == own else ours for each in withheld)
    where = f"{HEADER}: {feature}"
    if feature == "fullscreen":
        yield warns(Breaks.NOTHING, where, f"withholds the full screen from {from_whom}", line)
    else:
        yield fails(
            Breaks.CAMERA,
            where,
            f"withholds the {feature} from {from_whom}; the frame may use it only if both the page "
            "and this server are named",
            line,
        )


def _withheld(page: HostPage, target: Target, member: Any) -> list[str]:
    """Return which of the page's and this server's origins an allow list does not name."""
    parties = dict.fromkeys((page.url.origin, target.origin))
    return [each for each in parties if not allows(member, each, page.url.origin)]


def _old_feature(
    page: HostPage, target: Target, allowed: list[str], feature: str
) -> Iterator[EmbedFinding]:
    """Check a feature of the old header, which Chromium obeys unless the new one names it too."""
    own = page.url.origin
    if "*" in allowed or {own, target.origin} <= {
        own if each == "'self'" else origin_of(each) for each in allowed
    }:
        return
    yield (warns if feature == "fullscreen" else fails)(
        Breaks.NOTHING if feature == "fullscreen" else Breaks.CAMERA,
        f"{_OLD_HEADER}: {feature}",
        f"withholds the {feature} in browsers that obey this old header; use {HEADER} instead",
        f"{HEADER}: {feature}={_allow_list(page.url, target)}",
    )


def _parse_old(values: list[str]) -> dict[str, list[str]]:
    """Return the allow lists of `Feature-Policy`, such as `camera 'self' https://a.example`."""
    found: dict[str, list[str]] = {}
    for part in ",".join(values).replace(",", ";").split(";"):
        name, *allowed = part.split() or [""]
        found.setdefault(name, allowed or ["'self'"])
    return found


def _mended(page: HostPage, target: Target, policy: dict[str, Any]) -> str:
    """Return the whole policy, with the page and this server added to all features they need."""
    changed = dict(policy)
    for feature in _features(page, target):
        if feature in policy and _withheld(page, target, policy[feature]):
            changed[feature] = _with_both(page.url, target, policy[feature])
    return http_sf.ser(changed)


def _with_both(page: Url, target: Target, member: Any) -> Any:
    kept = [
        each
        for each in _entries(member)
        if isinstance(each, str) and origin_of(each) not in (page.origin, target.origin)
    ]
    added: list[Any] = [Token("self")]
    if target.origin != page.origin:
        added.append(target.origin)
    return [(each, {}) for each in (*added, *kept)], {}


def _allow_list(page: Url, target: Target) -> str:
    return "(self)" if target.origin == page.origin else f'(self "{target.origin}")'


def _entries(member: Any) -> list[Any]:
    """Return the entries of `*`, `self`, an origin, or a list of them."""
    value = member[0]
    return [each[0] for each in value] if isinstance(value, list) else [value]


def _names(entry: Any, origin: str, self_origin: str) -> bool:
    if isinstance(entry, Token):
        return str(entry) == "*" or (str(entry) == "self" and origin == self_origin)
    if not isinstance(entry, str):
        return False
    scheme, wildcard, domain = entry.partition("://*.")
    if wildcard:
        return origin.startswith(f"{scheme}://") and origin.endswith(f".{domain.rstrip('/')}")
    return origin_of(entry) == origin
