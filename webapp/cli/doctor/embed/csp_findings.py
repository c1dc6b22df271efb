"""Check the Content Security Policies of the page: script, frame, form and connections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webapp.basics.urls import origin_of, resolve_url
from webapp.cli.doctor.embed.csp import Policy, allows
from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, fails, warns, works
from webapp.cli.doctor.embed.page import HostPage, Target

FRAME = ("frame-src", "child-src", "default-src")
SCRIPT = ("script-src-elem", "script-src", "default-src")
CONNECT = ("connect-src", "default-src")


def findings(page: HostPage, target: Target, policies: Sequence[Policy]) -> Iterator[EmbedFinding]:
    """Yield a finding for each directive of each policy that forbids what the element does."""
    for policy in policies:
        yield from _script(page, target, policy)
        yield from _frame(page, target, policy)
        yield from _form(page, target, policy)
        yield from _connections(page, target, policy)
        yield from _trusted_types(policy)


def _frame(page: HostPage, target: Target, policy: Policy) -> Iterator[EmbedFinding]:
    name = policy.first_of(FRAME)
    if name is None or allows(policy.directives[name], target.frame, page.url):
        return
    yield fails(
        Breaks.FRAME,
        f"{policy.where}: {name}",
        f"does not allow the frame from {target.origin}{_falls_back(name, FRAME[0])}",
        _directive(FRAME[0], _addresses(policy, name), page, target),
    )


def _script(page: HostPage, target: Target, policy: Policy) -> Iterator[EmbedFinding]:
    name = policy.first_of(SCRIPT)
    if name is None or _allows_script(page, target, policy.directives[name]):
        return
    where = f"{policy.where}: {name}"
    if "'strict-dynamic'" in _keywords(policy.directives[name]):
        yield fails(
            Breaks.SCRIPT,
            where,
            "'strict-dynamic' loads only scripts with the page's nonce, whatever their address: "
            "give the tag the nonce of each response",
            f'<script type="module" nonce="NONCE" src="{target.script}"></script>',
        )
        return
    yield fails(
        Breaks.SCRIPT,
        where,
        f"does not allow the script from {target.origin}{_falls_back(name, 'script-src')}",
        _directive(_own_name(name, "script-src"), policy.without_none(name), page, target),
    )


def _allows_script(page: HostPage, target: Target, sources: Sequence[str]) -> bool:
    tag = page.script
    if tag is not None:
        proofs = {f"'nonce-{tag.nonce}'", *(f"'{each}'" for each in tag.integrity.split())}
        if proofs.intersection(sources):
            return True
    if "'strict-dynamic'" in _keywords(sources):
        # A script that the page trusts may add the tag: its HTML then has none.
        return page.html is not None and tag is None
    return allows(sources, target.script, page.url)


def _form(page: HostPage, target: Target, policy: Policy) -> Iterator[EmbedFinding]:
    sources = policy.directives.get("form-action")
    if sources is None or allows(sources, target.handoff, page.url):
        return
    is_used = any(each.display == "redirect" for each in page.elements)
    yield (fails if is_used else warns)(
        Breaks.REDIRECT,
        f"{policy.where}: form-action",
        f'display="redirect" posts a form to {target.origin}, which is not allowed',
        _directive("form-action", policy.without_none("form-action"), page, target),
    )


def _connections(page: HostPage, target: Target, policy: Policy) -> Iterator[EmbedFinding]:
    name = policy.first_of(CONNECT)
    if name is None:
        return
    where, sources = f"{policy.where}: {name}", policy.directives[name]
    forbidden = [each for each in _token_addresses(page) if not allows(sources, each[1], page.url)]
    has_reports = allows(sources, f"{target.frame}/report", page.url)
    # A line replaces the directive: each finding has the same one, with all that is missing.
    added = ["'self'"] * bool(forbidden) + [_source(page, target)] * (not has_reports)
    line = " ".join(dict.fromkeys((CONNECT[0], *_addresses(policy, name), *added)))
    for address, _ in forbidden:
        yield fails(
            Breaks.MESSAGES,
            where,
            f'does not allow token-url="{address}": the frame gets no hand-off token',
            line,
        )
    if not has_reports:
        yield warns(
            Breaks.REPORTS,
            where,
            "the element cannot report its errors to this server (`sites show`); all else works",
            line,
        )


def _token_addresses(page: HostPage) -> Iterator[tuple[str, str]]:
    """Yield each `token-url` of the page's own origin, as written and as a whole address."""
    for address in dict.fromkeys(each.token_url for each in page.elements if each.token_url):
        whole = resolve_url(page.address, address)
        if origin_of(whole) == page.url.origin:
            yield address, whole


def _trusted_types(policy: Policy) -> Iterator[EmbedFinding]:
    if "'script'" in policy.directives.get("require-trusted-types-for", ()):
        yield works(
            f"{policy.where}: require-trusted-types-for",
            "the element needs no policy; a script that adds its <script> tag needs one of its own",
        )


def _directive(name: str, sources: Sequence[str], page: HostPage, target: Target) -> str:
    return " ".join((name, *sources, _source(page, target)))


def _source(page: HostPage, target: Target) -> str:
    """Return this server as a source of a directive of the page."""
    return "'self'" if target.origin == page.url.origin else target.origin


def _own_name(found: str, name: str) -> str:
    return name if found == "default-src" else found


def _falls_back(found: str, name: str) -> str:
    """Say why another directive counts; what stands in it holds for the new one too."""
    return "" if found.startswith(name) else f" (it counts because there is no {name})"


def _addresses(policy: Policy, name: str) -> list[str]:
    """Return the sources that are addresses: nonces, hashes and 'unsafe-…' are for scripts."""
    sources = policy.without_none(name)
    return [each for each in sources if not each.startswith("'") or each.lower() == "'self'"]


def _keywords(sources: Sequence[str]) -> set[str]:
    return {each.lower() for each in sources}
