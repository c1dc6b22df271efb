"""A page of a host site as `doctor embed` sees it, and the findings about it."""

from webapp.basics.urls import parse_url
from webapp.cli.doctor.embed.command import header_findings
from webapp.cli.doctor.embed.finding import EmbedFinding
from webapp.cli.doctor.embed.page import HostPage, Target
from webapp.cli.doctor.embed.page_html import read_html
from webapp.cli.doctor.finding import Level

SHOP = "https://shop.example/verify-me"
OURS = "https://id.example"
#: Addresses of names, as a name server would give them.
NAMES = {
    "shop.example": ("8.8.8.8",),
    "id.example": ("8.8.4.4",),
    "intranet.example": ("10.0.0.7",),
    "both.example": ("8.8.8.8", "10.0.0.8"),
    "this-machine.example": ("::1",),
}


def headers(text: str) -> tuple[tuple[str, str], ...]:
    lines = [line.partition(":") for line in text.strip().splitlines() if line.strip()]
    return tuple((name.strip(), value.strip()) for name, _, value in lines)


def page(text: str = "", html: str | None = None, address: str = SHOP) -> HostPage:
    known = read_html(html) if html is not None else None
    return HostPage(parse_url(address), address, headers(text), known)


def target(public_url: str = OURS, *, microphone: bool = False) -> Target:
    return Target(
        public_url, parse_url(public_url), "shop", microphone, origins=("https://shop.example",)
    )


def findings(page: HostPage, ours: Target | None = None) -> list[EmbedFinding]:
    """All findings about headers and addresses, without those that say that something works."""
    every = header_findings(page, ours or target(), lambda host: NAMES.get(host, ()))
    return [each for each in every if each.level is not Level.GOOD]


def as_rows(found: list[EmbedFinding]) -> list[tuple[str, str, str, str]]:
    return [(each.level.lower(), each.header, str(each.breaks), each.line) for each in found]
