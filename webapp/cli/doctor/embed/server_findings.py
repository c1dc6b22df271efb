"""Check what this server's own addresses answer, as browsers see them through all proxies."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from webapp.cli.doctor.embed import csp, permissions_findings
from webapp.cli.doctor.embed.fetch import Fetched, Fetcher
from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, fails, warns, works
from webapp.cli.doctor.embed.page import SCRIPT_PATH, HostPage, Target

_SCRIPT_TYPES = ("text/javascript", "application/javascript")
_FIX_PROXY = "a proxy in front of this server changes it: let it pass the header on unchanged"


def findings(page: HostPage, target: Target, fetcher: Fetcher) -> Iterator[EmbedFinding]:
    """Request the script and the frame's page, which creates nothing. No answer is a warning."""
    try:
        script, frame = fetcher.get(target.script), fetcher.get(target.frame)
    except httpx.TransportError:
        yield warns(
            Breaks.NOTHING,
            "PUBLIC_URL",
            f"no answer from {target.public_url}: start the server and run this again",
        )
        return
    problems = [*_script(script), *_frame(page, target, frame)]
    yield from problems
    if not problems:
        yield works("PUBLIC_URL", f"{target.public_url} serves the script and the frame's page")


def _script(answer: Fetched) -> Iterator[EmbedFinding]:
    where = SCRIPT_PATH
    if not _is_good(answer):
        yield fails(Breaks.SCRIPT, where, f"{_status(answer)} instead of the script")
        return
    types = [each.partition(";")[0].strip().lower() for each in answer.values("Content-Type")]
    if types[-1:] not in ([each] for each in _SCRIPT_TYPES):
        yield fails(
            Breaks.SCRIPT,
            f"{where}: Content-Type",
            f"is no type of scripts, so browsers refuse the module; {_FIX_PROXY}",
            "Content-Type: text/javascript; charset=utf-8",
        )
    if answer.values("Access-Control-Allow-Origin") != ["*"]:
        yield fails(
            Breaks.SCRIPT,
            f"{where}: Access-Control-Allow-Origin",
            f"must stand there once: modules of other origins need it; {_FIX_PROXY}",
            "Access-Control-Allow-Origin: *",
        )
    if answer.values("Cross-Origin-Resource-Policy") != ["cross-origin"]:
        yield warns(
            Breaks.SCRIPT,
            f"{where}: Cross-Origin-Resource-Policy",
            f"pages with COEP refuse the script; {_FIX_PROXY}",
            "Cross-Origin-Resource-Policy: cross-origin",
        )


def _frame(page: HostPage, target: Target, answer: Fetched) -> Iterator[EmbedFinding]:
    where = f"/embed/{target.site}"
    if not _is_good(answer):
        yield fails(Breaks.FRAME, where, f"{_status(answer)} instead of the frame's page")
        return
    policies = csp.read_policies(answer.values(csp.HEADER), ())
    limiting = [each for each in policies if "frame-ancestors" in each.directives]
    refusing = [each for each in limiting if not _may_be_framed(page, target, each)]
    if refusing and page.url.origin in target.origins:
        yield fails(
            Breaks.FRAME,
            f"{where}: {refusing[0].where}: frame-ancestors",
            f"does not name {page.url.origin}; reload the server if sites.toml names it since, "
            f"otherwise {_FIX_PROXY}",
            f"frame-ancestors {' '.join(target.origins)}",
        )
    if answer.values("X-Frame-Options"):
        # Browsers ignore it beside frame-ancestors (CSP3 6.4.2).
        yield (warns if limiting else fails)(
            Breaks.FRAME,
            f"{where}: X-Frame-Options",
            "is added by a proxy: it forbids the frame in browsers that obey it; remove it below "
            "this server's path (deploy/nginx-first-party.conf shows how)",
        )
    yield from _camera(target, where, answer)


def _may_be_framed(page: HostPage, target: Target, policy: csp.Policy) -> bool:
    return csp.allows(policy.directives["frame-ancestors"], page.url.origin, target.url)


def _camera(target: Target, where: str, answer: Fetched) -> Iterator[EmbedFinding]:
    values = answer.values(permissions_findings.HEADER)
    try:
        member = permissions_findings.parse(values).get("camera") if values else None
    except ValueError:
        return
    if member is not None and not permissions_findings.allows(member, target.origin, target.origin):
        yield fails(
            Breaks.CAMERA,
            f"{where}: {permissions_findings.HEADER}: camera",
            "withholds the camera from the frame's own page; a proxy adds this: of several headers "
            "the last one counts",
        )


def _is_good(answer: Fetched) -> bool:
    return answer.status == 200


def _status(answer: Fetched) -> str:
    if answer.leads_to is not None:
        return f"{answer.address} redirects to {answer.leads_to}"
    return f"{answer.address} answers {answer.status}"
