"""Measure the element: size of its script, and the time from a click to the hosted page.

The control is a bare iframe with an address of the hosted page that exists already. The element
loads our page, trades a token, shows the consent, which a script agrees to at once, and has the
process created. Both begin with a click in the same host page of a new browser profile, so with
empty caches, and end with the first contentful paint of the hosted page.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import common
from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright

from tests.conftest import find_program
from tests.support.chromium import FLAGS
from tests.support.element_host_site import ElementHostSite, element_host_site
from tests.support.eventually import eventually
from tests.support.stack import Stack
from tests.support.user_journey import start_onboarding

SCRIPT = common.ROOT / "static/embed-v1.js"
NOW = "performance.timeOrigin + performance.now()"
#: Runs in every document; agrees in ours as soon as the button appears.
AGREE = """if (location.pathname.startsWith("/embed/")) {
  const watch = new MutationObserver(() => {
    const button = document.querySelector("main form[action$='/onboardings'] button");
    if (!button) return;
    watch.disconnect();
    window.agreed = NOW;
    button.click();
  });
  watch.observe(document, { childList: true, subtree: true });
}""".replace("NOW", NOW)
OPEN_ELEMENT = f"""() => {{
  const began = {NOW};
  document.querySelector("mobbscan-onboarding a").click();
  return began;
}}"""
OPEN_IFRAME = f"""(address) => {{
  const button = document.createElement("button"), frame = document.createElement("iframe");
  frame.allow = "camera *; fullscreen *";
  frame.style = "width: 100%; height: 640px; border: 0";
  button.onclick = () => {{ frame.src = address; button.after(frame); }};
  document.querySelector("main").replaceChildren(button);
  const began = {NOW};
  button.click();
  return began;
}}"""
PAINTED = """() => {
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return paint ? performance.timeOrigin + paint.startTime : null;
}"""


@dataclass
class Times:
    """Milliseconds from the click to the hosted page, and to the consent in between."""

    hosted: float
    consent: float = 0.0


def element(browser: Browser, site: ElementHostSite) -> Times:
    """Measure from the click in the element."""
    person = site.stack.person()
    site.give_token = lambda: site.stack.handoff_token(person)
    with _host_page(browser, site) as page:
        page.wait_for_function("customElements.get('mobbscan-onboarding') !== undefined")
        began: float = page.evaluate(OPEN_ELEMENT)
        ours = page.frame_locator("mobbscan-onboarding iframe")
        painted = _painted(ours.frame_locator("#hosted"))
        agreed: float = ours.locator("html").evaluate("window.agreed")
        return Times(painted - began, agreed - began)


def bare_iframe(browser: Browser, site: ElementHostSite) -> Times:
    """Measure from the click that sets the address of a bare iframe."""
    address = start_onboarding(site.stack, site.stack.person()).hosted_url
    with _host_page(browser, site) as page:
        began: float = page.evaluate(OPEN_IFRAME, address)
        return Times(_painted(page.frame_locator("iframe")) - began)


@contextmanager
def _host_page(browser: Browser, site: ElementHostSite) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        context.add_init_script(AGREE)
        page = context.new_page()
        page.goto(site.address())
        yield page


def _painted(hosted: FrameLocator) -> float:
    """Return when the hosted page was painted first, in milliseconds since 1970."""
    begin = hosted.locator("#begin")
    begin.wait_for()
    painted: float = eventually(lambda: begin.evaluate(PAINTED))
    return painted


def _print_size() -> None:
    content = SCRIPT.read_bytes()
    size = f"{len(gzip.compress(content, 9, mtime=0)):,}"
    common.table("Script", ("", "bytes", "gzip"), [(SCRIPT.name, f"{len(content):,}", size)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=15)
    rounds = options.parse_args().rounds
    _print_size()
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Path(folder), database="sqlite") as stack,
        element_host_site(stack) as site,
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=find_program("chromium"),
            args=[*FLAGS, "--test-third-party-cookie-phaseout"],
        ) as browser,
    ):
        candidates = {
            "bare iframe": lambda: bare_iframe(browser, site),
            "element": lambda: element(browser, site),
        }
        common.interleaved(candidates, 1)  # fill the caches of the servers
        found = common.interleaved(candidates, rounds)
    control = [each.hosted for each in found["bare iframe"]]
    measured = {
        "bare iframe": control,
        "element, hosted page": [each.hosted for each in found["element"]],
        "element, consent": [each.consent for each in found["element"]],
    }
    rows = [
        (
            name,
            common.spread(times, "{:.0f}"),
            common.spread(common.ratios(times, control)),
            common.spread([a - b for a, b in zip(times, control, strict=True)], "{:+.0f}"),
        )
        for name, times in measured.items()
    ]
    common.table(
        "From the click to the hosted page",
        ("", "ms", "× control", "more than control, ms"),
        rows,
    )


if __name__ == "__main__":
    main()
