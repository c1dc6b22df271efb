"""Foreign addresses in each parameter: the server redirects and links to allowed origins only.

The URL parser of Chromium decides where an address leads.
"""

import html
import json
import random
import re
from urllib.parse import urlencode, urljoin

import pytest
from playwright.sync_api import Browser

from tests.support.bad_input_stack import TARGET_KEY, BadInputStack
from tests.support.http_session import HttpSession, Page
from tests.support.raw_http import send_request
from tests.support.stack import Person
from tests.support.user_journey import UserJourney, submit_consent
from tests.unit.hostsite.return_url_payloads import bad, disturbed, good
from webapp.basics.url_encoding import encode_url

ADA = Person("ada-of-targets", "Ada Lovelace", "en")
PARAMETERS = (
    "next", "url", "return_url", "returnUrl", "redirect", "redirect_uri", "redirect_url", "return",
    "continue", "target", "dest", "goto", "back", "r", "u", "state", "iss", "error",
    "error_description", "post_logout_redirect_uri", "origin", "ref", "lang", "locale", "flow",
)  # fmt: skip
PLACES = (
    "/", "/login", "/login/callback", "/handoff", "/l/no-such-code", "/return/no-such-reference",
    "/onboardings/6f9619ff-8b86-4011-b42d-00c04fc964ff", "/sites/shop/theme.css", "/static/x",
    "/healthz", "/nothing-here",
)  # fmt: skip
SIGNED_RESULT = re.compile(r"[?&]mobbscan_result=[^&]*$")
LEADING = re.compile(
    r"(?:href|src|action|formaction|data-[a-z-]*url)=\"([^\"]*)\"|url=([^\"]*)\"", re.IGNORECASE
)
IS_FOREIGN = """([base, home, texts]) => JSON.stringify(JSON.parse(texts).filter(text => {
    try {
        const url = new URL(text, base);
        const account = url.pathname === "/account" || url.pathname.startsWith("/account/");
        return !(home.includes(url.origin) || url.origin === "https://shop.test:8443"
                 || url.origin === "https://shop.test" && account);
    } catch { return false; }
}))"""

pytestmark = pytest.mark.needs("chromium")


def corpus(count: int = 40) -> list[str]:
    """Return addresses of each kind that a token can hold."""
    chance = random.Random(3)
    addresses = [*chance.sample(sorted(bad()), count), *disturbed(count // 2, seed=3)]
    return [each for each in addresses if _is_encodable(each)]


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def link_targets(page: Page) -> set[str]:
    """Return each address on the page that a browser may open."""
    found = LEADING.findall(page.text)
    return {html.unescape(one or other) for one, other in found}


def without_result(address: str) -> str:
    """Return the address of a host site without the signed result that is added to it."""
    address, mark, fragment = address.partition("#")
    return SIGNED_RESULT.sub("", address) + mark + fragment


def foreign_targets(chromium: Browser, bad_input: BadInputStack, addresses: set[str]) -> list[str]:
    """Return the addresses that lead to other origins than those of the test."""
    home = [bad_input.stack.public_url, bad_input.provider.issuer, bad_input.stack.gateway_url]
    home.append(bad_input.stack.shop_url)
    page = chromium.new_page()
    try:
        texts = json.dumps(sorted(addresses))
        found: list[str] = json.loads(page.evaluate(IS_FOREIGN, [f"{home[0]}/x", home, texts]))
    finally:
        page.close()
    return found


@pytest.fixture(scope="module")
def result(bad_input: BadInputStack) -> str:
    """Return the path of Ada's result page at site `target`."""
    walk = start_at_target_site(bad_input, ADA)
    walk.finish("passes")
    walk.until("verified")
    return walk.path


def start_at_target_site(bad_input: BadInputStack, person: Person) -> UserJourney:
    """Start an onboarding of this user at site `target`."""
    token = bad_input.stack.handoff_token(person, key=TARGET_KEY, iss="target", return_url=None)
    browser = bad_input.stack.http_session()
    return submit_consent(
        bad_input.stack, browser, browser.get("/handoff", params={"token": token})
    )


def use_handoff_with(bad_input: BadInputStack, browser: HttpSession, return_url: str) -> Page:
    browser.cookies.clear()
    token = bad_input.stack.handoff_token(ADA, key=TARGET_KEY, iss="target", return_url=return_url)
    return browser.get("/handoff", params={"token": token}, follow=False)


@pytest.mark.parametrize("count", [40, pytest.param(250, marks=pytest.mark.nightly)])
def test_handoff_return_url_leads_to_allowed_origins_only(
    bad_input: BadInputStack, chromium: Browser, result: str, count: int
) -> None:
    browser = bad_input.stack.http_session()
    accepted, leading = set(), set()
    for address in [*corpus(count), *list(good())[::3]]:
        answer = use_handoff_with(bad_input, browser, address)
        if answer.status == 401:
            assert "location" not in answer.headers
            assert address not in link_targets(answer)
            continue
        assert answer.status == 303, (answer.status, address)
        assert answer.location == f"{bad_input.stack.public_url}/"
        accepted.add(address)
        pages = link_targets(browser.get(result))
        written = {without_result(each) for each in pages}
        assert encode_url(address) in written, "the result page leads there"
        leading |= pages
    assert set(list(good())[::3]) <= accepted
    assert foreign_targets(chromium, bad_input, leading) == []
    assert foreign_targets(chromium, bad_input, {"https://evil.test/", "//shop.test.evil.test/"}), (
        "control"
    )


def test_login_site_parameter_never_redirects(bad_input: BadInputStack) -> None:
    url = bad_input.stack.server_url
    for address in corpus():
        answer = send_request(url, "GET", f"/login?{urlencode({'site': address})}")
        # An empty site counts as missing.
        assert answer.status in (400, 404, 414), address
        assert not answer.location


def test_url_parameters_never_become_links(
    bad_input: BadInputStack, chromium: Browser, result: str
) -> None:
    """No parameter is an address, neither by these names nor by the names of the server."""
    stack, chance = bad_input.stack, random.Random(5)
    anonymous, ada = stack.http_session(), stack.http_session()
    use_handoff_with(bad_input, ada, "https://shop.test/account")
    evil = ["https://evil.test/x", "//evil.test", "/\\evil.test", "javascript:alert(1)"]
    leading: set[str] = set()
    for place in (*PLACES, result):
        for browser in (anonymous, ada):
            values = {name: chance.choice(evil) for name in PARAMETERS}
            if "callback" in place:
                values.pop("error")
            page = browser.get(place, params=values, follow=False)
            assert page.status < 500, place
            leading |= link_targets(page)
            if "location" in page.headers:
                leading.add(urljoin(page.url, page.headers["location"]))
    for forms in (ada.get("/").forms, anonymous.get("/").forms):
        names = {name for form in forms for name in form.names}
        assert names <= {"csrf_token", "flow", "consent", "unfinished"}, names
    assert [each for each in leading if "evil" in each and "language" not in each] == []
    # A refused hand-off links to the configured front page of the site.
    assert foreign_targets(chromium, bad_input, leading - {"https://shop.test/"}) == []


def test_return_page_parameters_never_become_links(
    bad_input: BadInputStack, chromium: Browser
) -> None:
    walk = start_at_target_site(bad_input, Person("ada-of-parameters", "Ada Lovelace", "en"))
    leading: set[str] = set()
    names = ("returnUrl", "redirect_uri", "next", "error")
    for address in corpus()[::4]:
        parameters = dict.fromkeys(names, address)
        page = walk.browser.get(walk.return_url, params=parameters, follow=False)
        assert (page.status, "location" in page.headers) == (200, False)
        leading |= link_targets(page)
    assert f"/onboardings/{walk.id}?site=target" in leading
    assert foreign_targets(chromium, bad_input, leading) == []
