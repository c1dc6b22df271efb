"""`doctor embed` predicts what Chromium does with a page: script, frame and camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import pytest
from playwright.sync_api import Browser, Page

from tests.unit.cli.doctor_embed.web_servers import Answer, Headers, WebServer, web_server
from webapp.basics.urls import parse_url
from webapp.cli.doctor.embed.command import header_findings
from webapp.cli.doctor.embed.finding import Breaks
from webapp.cli.doctor.embed.page import HostPage, Target
from webapp.cli.doctor.embed.page_html import read_html
from webapp.cli.doctor.finding import Level

CSP, PP, COEP = "Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Embedder-Policy"
COOP = "Cross-Origin-Opener-Policy"
_ALL_SANDBOX = "allow-scripts allow-same-origin allow-forms allow-popups"
#: `OURS` stands for our origin, `HOST` for the page's, `PORT` for our port.
EVERY_RUN: list[Headers] = [
    [],
    [(CSP, "default-src 'self'")],
    [(CSP, "frame-src OURS/embed/; script-src OURS")],
    [(CSP, "child-src OURS; default-src 'none'; script-src 127.0.0.1:PORT")],
    [(CSP, "frame-src *, img-src 'self', frame-src 'self'")],
    [(CSP, "script-src 'nonce-abc' 'strict-dynamic' OURS")],
    [(f"{CSP}-Report-Only", "default-src 'none'"), (f"{COEP}-Report-Only", "require-corp")],
    [(PP, "camera=(self)")],
    [(PP, 'camera=("OURS")')],
    [(PP, 'camera=(self "OURS")')],
    [(COEP, "require-corp")],
]
NIGHTLY: list[Headers] = [
    [(CSP, f"frame-src {source}; script-src {source}")]
    for source in (
        "", "'none'", "'none' OURS", "*", "http:", "https:", "data:", "127.0.0.1", "127.0.0.1:*",
        "http://127.0.0.1:PORT", "https://127.0.0.1:PORT", "HTTP://127.0.0.1:PORT/", "OURS/other/",
        "OURS/embed/shop", "OURS/%65mbed/shop", "OURS/embed/shop/", "OURS/static/embed-v1.js",
        "*.0.0.1:PORT", "*:PORT", "*:*", "'self'", "HOST", "'unsafe-inline'", "localhost:PORT",
        "OURS?x=1", "OURS/embed/shop?x=1", "'nonce-other'", "HTTP:", "127.0.0.1:80",
    )
]  # fmt: skip
NIGHTLY += [
    [(CSP, policy)]
    for policy in (
        "script-src 'none'; script-src-elem OURS", "script-src OURS; script-src-elem 'none'",
        "frame-src 'none'; frame-src OURS", "FRAME-SRC 'none'", "frame-src\tOURS ;; child-src x",
        "child-src 'none'", "child-src 'none'; frame-src OURS", "default-src OURS",
        "default-src 'none'; frame-src OURS; script-src OURS", ",", ";", "default-src *;,",
        "upgrade-insecure-requests", "form-action 'none'; frame-ancestors 'none'",
        "frame-src 'self', frame-src *", "require-trusted-types-for 'script'; trusted-types",
        f"sandbox {_ALL_SANDBOX}", "sandbox allow-scripts allow-forms", "style-src 'none'",
    )
]  # fmt: skip
NIGHTLY += [
    [(PP, value)]
    for value in (
        "camera=()", "camera=*", "camera=self", 'camera="OURS"', "camera 'self'", "camera=(self",
        "Camera=()", "usb=()", "camera=(), camera=*", "camera=*, camera=()", "camera=?0", "camera",
        'camera=(self "OURS" "https://other.example")', 'camera=(self "OURS/")', "camera=1",
        'camera=("HOST" "OURS")', 'camera=(self "http://127.0.0.1")', "camera=();report-to=x",
        'camera=(self "OURS/path")', "camera=(none)", "camera=(*)", "camera=( self )", "",
        "camera=(self 'OURS')", "camera=(self OURS)", "camera=('self')",
    )
]  # fmt: skip
NIGHTLY += [
    [(CSP, "frame-src *"), (CSP, "frame-src 'self'")],
    [(PP, "camera=()"), (PP, "camera=*")],
    [(PP, "camera=*"), (PP, "camera=()")],
    [(PP, "usb=()"), (PP, "unreadable (")],
    [("Feature-Policy", "camera 'none'")],
    [("Feature-Policy", "usb 'none'; camera 'self'")],
    [("Feature-Policy", "camera OURS")],
    [("Feature-Policy", "camera 'self' OURS")],
    [("Feature-Policy", "camera *, camera 'none'")],
    [("Feature-Policy", "camera 'none'; camera *")],
    [("Feature-Policy", "camera")],
    [("Feature-Policy", "camera 'none'"), (PP, "camera=*")],
    [("Feature-Policy", "camera *"), (PP, "camera=()")],
    [("Feature-Policy", "camera 'none'"), (PP, "usb=()")],
    [("Feature-Policy", "camera 'none'"), (PP, "unreadable (")],
    [(COEP, "credentialless")],
    [(COEP, "require-corp"), (COOP, "same-origin")],
    [(COEP, "require-corp"), (COEP, "require-corp")],
    [(COEP, 'require-corp; report-to="x"')],
    [(COEP, "Require-Corp")],
    [(COEP, "require-corp, unsafe-none")],
    [(COOP, "same-origin")],
    [("X-Frame-Options", "DENY")],
]


@dataclass(frozen=True)
class Parties:
    host: WebServer
    ours: WebServer
    page: Page
    numbers: Iterator[int]

    @property
    def host_url(self) -> str:
        return self.host.url.replace("127.0.0.1", "localhost")

    def written(self, text: str) -> str:
        port = self.ours.url.rpartition(":")[2]
        for name, value in (("OURS", self.ours.url), ("HOST", self.host_url), ("PORT", port)):
            text = text.replace(name, value)
        return text


@pytest.fixture(scope="module")
def parties(chromium: Browser) -> Iterator[Parties]:
    with web_server() as host, web_server() as ours, chromium.new_context() as context:
        found = Parties(host, ours, context.new_page(), count())
        ours.answers["/static/embed-v1.js"] = Answer(
            b"document.documentElement.dataset.loaded = 'yes';",
            [
                ("Content-Type", "text/javascript"),
                ("Access-Control-Allow-Origin", "*"),
                ("Cross-Origin-Resource-Policy", "cross-origin"),
            ],
        )
        ours.answers["/embed/shop"] = Answer(
            b"<!doctype html><p>frame",
            [("Content-Type", "text/html"), (CSP, f"frame-ancestors {found.host_url}")],
        )
        yield found


def observed(parties: Parties, address: str) -> tuple[bool, bool, bool]:
    """Open the page; return whether the script ran, the frame was shown, and has the camera."""
    parties.page.goto(address, wait_until="load")
    loaded = parties.page.locator("html").get_attribute("data-loaded") == "yes"
    frame = parties.page.frames[1]
    shown = frame.url.startswith(parties.ours.url)
    camera = shown and frame.evaluate("document.featurePolicy.allowsFeature('camera')")
    return loaded, shown, bool(camera)


def predicted(parties: Parties, page: HostPage) -> tuple[bool, bool, bool]:
    ours = parties.ours.url
    target = Target(ours, parse_url(ours), "shop", origins=(parties.host_url,))
    found = header_findings(page, target, lambda _: ())
    broken = {each.breaks for each in found if each.level is Level.FAILURE}
    # A page without an origin is refused by the frame.
    shown = not broken & {Breaks.FRAME, Breaks.MESSAGES}
    return Breaks.SCRIPT not in broken, shown, shown and Breaks.CAMERA not in broken


def compare(parties: Parties, given: Headers, *, in_meta: bool = False) -> None:
    headers = [(name, parties.written(value)) for name, value in given]
    ours = parties.ours.url
    metas = ""
    if in_meta:
        metas = "".join(f'<meta http-equiv="{name}" content="{text}">' for name, text in headers)
    html = (
        f'<!doctype html><head>{metas}<script type="module" src="{ours}/static/embed-v1.js">'
        f'</script></head><body><iframe src="{ours}/embed/shop" allow="camera {ours}"></iframe>'
    )
    path = f"/page/{next(parties.numbers)}"
    sent = [] if in_meta else headers
    answer = Answer(html.encode(), [("Content-Type", "text/html"), *sent])
    parties.host.answers[path] = answer
    address = parties.host_url + path
    page = HostPage(parse_url(address), address, tuple(answer.headers), read_html(html))
    assert predicted(parties, page) == observed(parties, address), headers


@pytest.mark.parametrize("given", EVERY_RUN, ids=repr)
def test_findings_agree_with_chromium(parties: Parties, given: Headers) -> None:
    compare(parties, given)


@pytest.mark.nightly
@pytest.mark.parametrize("given", NIGHTLY, ids=repr)
def test_findings_agree_with_chromium_in_many_forms(parties: Parties, given: Headers) -> None:
    compare(parties, given)


@pytest.mark.parametrize("policy", ["frame-src 'self'", "frame-src *, x; script-src 'none'"])
def test_findings_about_meta_policies_agree_with_chromium(parties: Parties, policy: str) -> None:
    compare(parties, [(CSP, policy)], in_meta=True)


def test_findings_lines_make_chromium_embed_the_element(parties: Parties) -> None:
    """The page is broken in all ways; the lines are written into it; then all works."""
    bad = [(CSP, "default-src 'self'"), (PP, "camera=(), usb=()"), (COEP, "require-corp")]
    path = "/page/mended"
    address = parties.host_url + path
    page = HostPage(parse_url(address), address, tuple(bad), None)
    ours = parties.ours.url
    target = Target(ours, parse_url(ours), "shop", origins=(parties.host_url,))
    lines = [each.line for each in header_findings(page, target, lambda _: ())]
    whole = [each.partition(": ") for each in lines if each.startswith((PP, COEP))]
    directives = [each for each in lines if not each.startswith((PP, COEP))]
    mended = [(name, value) for name, _, value in whole]
    mended.append((CSP, "; ".join(("default-src 'self'", *directives))))
    assert not any(predicted(parties, replace(page, headers=tuple(bad))))
    compare(parties, mended)
    assert observed(parties, f"{parties.host_url}/page/{next(parties.numbers) - 1}") == (True,) * 3
