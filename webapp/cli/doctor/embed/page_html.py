"""Read from the HTML of a page what matters to the element."""

from __future__ import annotations

from html.parser import HTMLParser

from webapp.cli.doctor.embed.csp import HEADER
from webapp.cli.doctor.embed.page import ElementTag, PageHtml, ScriptTag

#: A browser does not act on tags inside of these.
_INERT = ("template", "noscript")


def read_html(text: str) -> PageHtml:
    """Return the policies, scripts and elements of the page."""
    reader = _Reader()
    # Without `close()`, which would read an unfinished tag at the end again for each `<` in it.
    # Browsers drop such a tag too.
    reader.feed(text)
    return PageHtml(tuple(reader.policies), tuple(reader.scripts), tuple(reader.elements))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.policies: list[str] = []
        self.scripts: list[ScriptTag] = []
        self.elements: list[ElementTag] = []
        self._inert = 0
        self._is_in_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: (value or "").strip() for name, value in reversed(attrs)}
        if tag in _INERT:
            self._inert += 1
        elif self._inert:
            return
        elif tag == "body":
            self._is_in_body = True
        elif tag == "meta":
            self._meta(given)
        elif tag == "script" and given.get("src"):
            names = ("src", "type", "nonce", "integrity")
            src, type_, nonce, integrity = (given.get(name, "") for name in names)
            self.scripts.append(ScriptTag(src, type_, nonce, integrity))
        elif tag == "mobbscan-onboarding":
            names = ("server", "site", "display", "token-url")
            server, site, display, token_url = (given.get(name, "") for name in names)
            self.elements.append(
                ElementTag(server, site, display.lower(), token_url, "microphone" in given)
            )

    def handle_endtag(self, tag: str) -> None:
        if tag in _INERT and self._inert:
            self._inert -= 1

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Skip `<![…>` as browsers do; HTMLParser raises AssertionError for most of them."""
        return self.parse_bogus_comment(i, report)

    def _meta(self, given: dict[str, str]) -> None:
        # Browsers obey it in the head only (HTML Standard, 4.2.5.3).
        is_policy = given.get("http-equiv", "").lower() == HEADER.lower()
        if is_policy and not self._is_in_body:
            self.policies.append(given.get("content", ""))
