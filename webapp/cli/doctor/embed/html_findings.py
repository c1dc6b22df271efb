"""Check the tags of the page: the script's type, the element's `server` and `site`."""

from __future__ import annotations

from collections.abc import Container, Iterator

from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, fails, warns
from webapp.cli.doctor.embed.page import HostPage, Target

_SCRIPT = "<script>"
_ELEMENT = "<mobbscan-onboarding>"


def findings(page: HostPage, target: Target, sites: Container[str]) -> Iterator[EmbedFinding]:
    """Yield nothing for tags that scripts add later: the HTML does not have them."""
    script = page.script
    if script is not None and script.type.lower() != "module":
        yield fails(
            Breaks.SCRIPT,
            _SCRIPT,
            'is no module: without type="module" the browser stops at `export`',
            target.script_tag,
        )
    for element in page.elements:
        if element.server.rstrip("/") != target.public_url:
            yield fails(
                Breaks.SCRIPT,
                f"{_ELEMENT} server",
                "is not PUBLIC_URL of this server",
                f'server="{target.public_url}"',
            )
        if element.site not in sites:
            yield fails(
                Breaks.SCRIPT,
                f"{_ELEMENT} site",
                "is no site of sites.toml",
                f'site="{target.site}"',
            )
        if target.microphone and not element.microphone:
            yield warns(
                Breaks.CAMERA,
                f"{_ELEMENT} microphone",
                "is missing, and a flow of the site needs the microphone",
                "microphone",
            )
