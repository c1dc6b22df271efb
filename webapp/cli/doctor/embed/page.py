"""The page of a host site under examination, and what it is to embed."""

from __future__ import annotations

from dataclasses import dataclass, field

from webapp.basics.urls import Url, resolve_url

SCRIPT_PATH = "/static/embed-v1.js"


@dataclass(frozen=True)
class ScriptTag:
    """A `<script src>`; attributes that it lacks are empty."""

    src: str
    type: str = ""
    nonce: str = ""
    integrity: str = ""


@dataclass(frozen=True)
class ElementTag:
    """A `<mobbscan-onboarding>`; attributes that it lacks are empty."""

    server: str = ""
    site: str = ""
    display: str = ""
    token_url: str = ""
    microphone: bool = False


@dataclass(frozen=True)
class PageHtml:
    """What the HTML of the page says. `policies` are those of its `<meta>` tags."""

    policies: tuple[str, ...] = ()
    scripts: tuple[ScriptTag, ...] = ()
    elements: tuple[ElementTag, ...] = ()


@dataclass(frozen=True)
class HostPage:
    """A page: its address, its headers in order, and its HTML. None: not known."""

    url: Url
    address: str
    headers: tuple[tuple[str, str], ...] | None = ()
    html: PageHtml | None = None

    def values(self, name: str) -> list[str]:
        """Return the values of all headers of this name."""
        return [value for each, value in self.headers or () if each.lower() == name.lower()]

    @property
    def elements(self) -> tuple[ElementTag, ...]:
        return self.html.elements if self.html else ()

    @property
    def script(self) -> ScriptTag | None:
        """The tag that loads the element; None if a script adds it, or the HTML is not known."""
        scripts = self.html.scripts if self.html else ()
        return next((each for each in scripts if _is_embed_script(self.address, each)), None)


@dataclass(frozen=True)
class Target:
    """This server, as the page embeds it. `microphone`: a flow of the site needs it."""

    public_url: str
    url: Url
    site: str
    microphone: bool = False
    #: Origins that may frame the site's pages.
    origins: tuple[str, ...] = field(default=())

    @property
    def origin(self) -> str:
        return self.url.origin

    @property
    def script(self) -> str:
        return self.public_url + SCRIPT_PATH

    @property
    def frame(self) -> str:
        return f"{self.public_url}/embed/{self.site}"

    @property
    def handoff(self) -> str:
        return f"{self.public_url}/handoff"

    @property
    def script_tag(self) -> str:
        return f'<script type="module" src="{self.script}"></script>'


def _is_embed_script(address: str, tag: ScriptTag) -> bool:
    path = resolve_url(address, tag.src).partition("?")[0]
    return "/static/embed-v1." in path and path.endswith(".js")
