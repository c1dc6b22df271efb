"""Messages that are no part of the protocol change nothing, from any window or port."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.element.conftest import NewShopper
from tests.browser.element.shopper import Shopper
from tests.browser.element.test_element_lifecycle import KEEP_PORTS
from tests.support.chromium import BrowserPage
from tests.support.element_host_site import ElementHostSite
from tests.support.eventually import eventually

COUNTS = [300, pytest.param(10_000, marks=pytest.mark.nightly)]

FORGE = Path(__file__).with_name("forge.js").read_text("utf-8")
STATE = """() => {
  const { shadowRoot } = document.querySelector("mobbscan-onboarding");
  const { outerHTML } = document.documentElement;
  return JSON.stringify([events, location.href, outerHTML, shadowRoot.innerHTML]);
}"""


def open_with_ports(shopper: NewShopper) -> Shopper:
    user = shopper()
    user.page.add_init_script(KEEP_PORTS)
    user.visit().click().wait_for("ready")
    expect(user.frame.get_by_role("heading", level=1)).to_be_visible()
    return wait_until_settled(user)


def wait_until_settled(user: Shopper) -> Shopper:
    """Wait until the frame has not changed for half a second: its scripts add parts by and by."""
    eventually(lambda: html(user) == html(user, after_ms=500))
    return user


def html(user: Shopper, after_ms: float = 0) -> str:
    user.page.wait_for_timeout(after_ms)
    return str(user.documents[0].evaluate("document.documentElement.outerHTML"))


@pytest.mark.nightly
@pytest.mark.parametrize("count", COUNTS)
def test_frame_forged_messages_on_the_port_change_nothing(shopper: NewShopper, count: int) -> None:
    user = open_with_ports(shopper)
    document = user.documents[0]
    before = document.evaluate("document.documentElement.outerHTML")
    user.page.evaluate(
        f"""async ([count, ours]) => {{ {FORGE}
          const random = seeded(count);
          for (let n = 0; n < count; n++) channels.at(-1).port1.postMessage(forge(random, ours));
        }}""",
        [count, user.site.stack.public_url],
    )
    user.page.wait_for_timeout(200)
    assert document.evaluate("document.documentElement.outerHTML") == before
    user.verify()


@pytest.mark.parametrize("count", COUNTS)
def test_forged_messages_on_the_port_and_between_windows_change_nothing(
    shopper: NewShopper, count: int
) -> None:
    user = open_with_ports(shopper)
    document = user.documents[0]
    before = user.page.evaluate(STATE), document.evaluate("document.documentElement.outerHTML")
    document.evaluate(
        f"""async ([count, ours]) => {{ {FORGE}
          const random = seeded(count);
          for (let n = 0; n < count; n++) stolen.postMessage(forge(random, ours));
        }}""",
        [count, user.site.stack.public_url],
    )
    user.page.wait_for_timeout(200)
    assert user.page.evaluate(STATE) == before[0]
    assert user.site.tokens == 1
    script = f"""async ([count, ours]) => {{ {FORGE}
      const random = seeded(count);
      const root = document.querySelector("mobbscan-onboarding")?.shadowRoot;
      const frame = root?.querySelector("iframe").contentWindow;
      for (let n = 0; n < count; n++) {{
        const ports = random() < 0.5 ? [new MessageChannel().port1] : [];
        (frame ?? parent).postMessage(forge(random, ours), "*", ports);
        window.postMessage(forge(random, ours), "*");
      }}
    }}"""
    arguments = [count, user.site.stack.public_url]
    user.page.evaluate(script, arguments)
    document.evaluate(script, arguments)
    user.page.wait_for_timeout(200)
    after = user.page.evaluate(STATE), document.evaluate("document.documentElement.outerHTML")
    assert after == before
    user.verify()


def test_element_with_another_server_than_its_scripts_is_an_ordinary_link(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    """HTML that is injected into a page, without a script, names a server of the attacker."""
    user = shopper(attributes={"server": host_site.stack.gateway_url}, expected=("set server",))
    user.click().page.wait_for_url("**/floor")
    assert host_site.tokens == 0


def test_element_leaves_the_host_page_for_no_message(shopper: NewShopper) -> None:
    user = open_with_ports(shopper)
    opened: list[str] = []
    user.page.on("request", lambda request: opened.append(request.url))
    for address in (f"{user.site.stack.public_url}/", "javascript:document.title='taken'"):
        for kind in ("leave", "navigate", "close", "error"):
            message = {"type": kind, "url": address, "href": address}
            user.documents[0].evaluate("(message) => stolen.postMessage(message)", message)
    user.page.wait_for_timeout(200)
    assert opened == []
    assert user.page.title() == "Shop"


#: Offers a port to `target` and returns whether it is answered within half a second.
OFFER = """async (target) => {
  const { port1, port2 } = new MessageChannel();
  let answered = false;
  port1.onmessage = () => { answered = true; };
  target.postMessage({ type: "mobbscan-embed:hello", v: 1 }, "*", [port2]);
  await new Promise((done) => setTimeout(done, 500));
  return answered;
}"""


@pytest.fixture
def attacker(browser_page: BrowserPage, host_site: ElementHostSite) -> Page:
    """A page of another site, which may embed nothing of ours."""
    page = browser_page(expected_complaints=(".",))
    page.goto(f"{host_site.stack.gateway_url}/nothing")
    return page


@pytest.mark.nightly
def test_attacker_cannot_frame_our_page(attacker: Page, host_site: ElementHostSite) -> None:
    address = f"{host_site.stack.public_url}/embed/shop"
    script = f"""async (address) => {{
      const frame = document.createElement("iframe");
      frame.src = address;
      document.body.append(frame);
      await new Promise((done) => {{ frame.onload = done; }});
      return ({OFFER})(frame.contentWindow);
    }}"""
    assert attacker.evaluate(script, address) is False


@pytest.mark.nightly
def test_attacker_who_opens_our_page_in_a_popup_is_not_answered(
    attacker: Page, host_site: ElementHostSite
) -> None:
    address = f"{host_site.stack.public_url}/embed/shop"
    with attacker.expect_popup() as opened:
        attacker.evaluate("(address) => { window.popup = window.open(address) }", address)
    opened.value.wait_for_load_state()
    assert attacker.evaluate(f"({OFFER})(window.popup)") is False


def test_attacker_who_opens_the_host_page_reaches_no_frame(
    attacker: Page, host_site: ElementHostSite
) -> None:
    address = host_site.address()
    with attacker.expect_popup() as opened:
        attacker.evaluate("(address) => { window.popup = window.open(address) }", address)
    victim = Shopper(host_site, opened.value)
    victim.click().wait_for("ready")
    expect(victim.frame.get_by_role("heading", level=1)).to_be_visible()
    victim.page.wait_for_timeout(200)
    assert attacker.evaluate("window.popup.frames.length") == 0
    before: Any = victim.page.evaluate(STATE)
    assert attacker.evaluate(f"({OFFER})(window.popup)") is False
    attacker.evaluate("window.popup.postMessage({ type: 'close', reason: 'user' }, '*')")
    assert victim.page.evaluate(STATE) == before


#: Returns the cookies that a page can keep where it stands.
KEEP_COOKIE = """() => {
  try { document.cookie = 'a=1; SameSite=None; Secure'; return document.cookie } catch { return '' }
}"""


@pytest.mark.nightly
def test_third_party_cookies_are_blocked_in_these_tests(shopper: NewShopper) -> None:
    """The control of every test here: a cookie is kept at top level, but not in the frame."""
    user = shopper()
    user.click().wait_for("ready")
    assert user.documents[0].evaluate(KEEP_COOKIE) == ""
    assert user.page.context.cookies() == []
    user.page.goto(f"{user.site.stack.public_url}/healthz")
    assert user.page.evaluate(KEEP_COOKIE) == "a=1"
    assert [each["name"] for each in user.page.context.cookies()] == ["a"]


@pytest.mark.nightly
@pytest.mark.engine("chromium")
def test_partitioned_cookie_of_the_frame_is_seen_by_these_tests(shopper: NewShopper) -> None:
    """The control of `context.cookies()`: a partitioned cookie is kept in the frame, and listed."""
    user = shopper()
    user.click().wait_for("ready")
    user.documents[0].evaluate("document.cookie = 'a=1; SameSite=None; Secure; Partitioned'")
    assert [each["name"] for each in user.page.context.cookies()] == ["a"]
