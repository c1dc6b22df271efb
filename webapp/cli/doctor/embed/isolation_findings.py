"""Check COEP with COOP, and headers that do not break the element although they look like it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import http_sf
from http_sf import Token

from webapp.cli.doctor.embed.csp import Policy
from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, fails, warns, works
from webapp.cli.doctor.embed.page import HostPage, Target

EMBEDDER = "Cross-Origin-Embedder-Policy"
OPENER = "Cross-Origin-Opener-Policy"
FRAME_OPTIONS = "X-Frame-Options"


def findings(page: HostPage, target: Target, policies: Sequence[Policy]) -> Iterator[EmbedFinding]:
    """Yield findings about isolation from other origins, and about the framing of the page."""
    yield from _isolation(page)
    yield from _own_framing(page, target, policies)


def _isolation(page: HostPage) -> Iterator[EmbedFinding]:
    embedder, opener = _token(page, EMBEDDER), _token(page, OPENER)
    if embedder not in ("require-corp", "credentialless"):
        if opener not in ("", "unsafe-none"):
            yield works(OPENER, f"{opener} alone does not affect the frame")
        return
    if opener.startswith("same-origin"):
        why = f"with {OPENER}: {opener} the page is isolated from other origins"
    else:
        why = "the frame does not send this header, so it is blocked without any sign to scripts"
    yield fails(
        Breaks.FRAME,
        EMBEDDER,
        f"{embedder} blocks the frame in Firefox and Safari, where the element offers a link "
        f"instead ({why}); send another value for this page",
        f"{EMBEDDER}: unsafe-none",
    )


def _own_framing(
    page: HostPage, target: Target, policies: Sequence[Policy]
) -> Iterator[EmbedFinding]:
    options = [each.strip() for value in page.values(FRAME_OPTIONS) for each in value.split(",")]
    is_mounted = target.origin == page.url.origin
    if options and is_mounted:
        yield warns(
            Breaks.FRAME,
            FRAME_OPTIONS,
            f"{', '.join(options)} is right for this page; where the same web server passes on "
            f"{target.url.path or '/'}, it must not add the header there "
            "(deploy/nginx-first-party.conf shows how)",
        )
    elif options:
        yield works(
            FRAME_OPTIONS,
            f"{', '.join(options)} forbids other sites to frame this page; the frame inside it is "
            "not affected",
        )
    framed_by = dict.fromkeys(
        source
        for policy in policies
        for source in policy.directives.get("frame-ancestors", ())
        if not source.startswith("'") and source.rstrip("/") not in target.origins
    )
    if framed_by:
        yield warns(
            Breaks.FRAME,
            "Content-Security-Policy: frame-ancestors",
            f"other sites may frame this page ({' '.join(framed_by)}): inside them our frame is "
            f"blocked, unless they are origins of [sites.{target.site}] too",
            _origins_line(page, target, [each for each in framed_by if "://" in each]),
        )


def _origins_line(page: HostPage, target: Target, more: Sequence[str]) -> str:
    named = dict.fromkeys((*target.origins, page.url.origin, *more))
    return "origins = [" + ", ".join(f'"{each}"' for each in named if "*" not in each) + "]"


def _token(page: HostPage, name: str) -> str:
    """Return the value without its parameters; empty where browsers ignore the header."""
    values = page.values(name)
    if not values:
        return ""
    try:
        item = http_sf.parse(", ".join(values).encode("latin-1", "replace"), tltype="item")
    except ValueError:
        return ""
    value, _parameters = cast("tuple[Any, Any]", item)
    return str(value) if isinstance(value, Token) else ""
