"""Addresses that would lead a person elsewhere, sent to the real server in every parameter.

What the server answers with is judged by the URL parser of a real browser.
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
LEADING = re.compile(
    r"(?:href|src|action|formaction|data-[a-z-]*url)=\"([^\"]*)\"|url=([^\"]*)\"", re.IGNORECASE
)
JUDGE = """([base, home, texts]) => JSON.stringify(JSON.parse(texts).filter(text => {
    try {
        const url = new URL(text, base);
        const account = url.pathname === "/account" || url.pathname.startsWith("/account/");
        return !(home.includes(url.origin) || url.origin === "https://shop.test:8443"
                 || url.origin === "https://shop.test" && account);
    } catch { return false; }
}))"""

pytestmark = pytest.mark.needs("chromium")


def corpus() -> list[str]:
    """Some hundreds: of each kind, and what can stand in a token at all."""
    chance = random.Random(3)
    some = [*chance.sample(sorted(bad()), 250), *disturbed(120, seed=3)]
    return [each for each in some if _travels(each)]


def _travels(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def ways_out(page: Page) -> set[str]:
    """Every address on the page that a browser may go to."""
    found = LEADING.findall(page.text)
    return {html.unescape(one or other) for one, other in found}


def elsewhere(chromium: Browser, company: BadInputStack, addresses: set[str]) -> list[str]:
    """Those that lead the browser away from us, the provider and the allowed addresses."""
    home = [company.stack.public_url, company.provider.issuer, company.stack.gateway_url]
    home.append(company.stack.shop_url)
    page = chromium.new_page()
    try:
        texts = json.dumps(sorted(addresses))
        found: list[str] = json.loads(page.evaluate(JUDGE, [f"{home[0]}/x", home, texts]))
    finally:
        page.close()
    return found


@pytest.fixture(scope="module")
def result(company: BadInputStack) -> str:
    """The address of a result page of Ada at the site with the corpus's addresses."""
    walk = begun(company, ADA)
    walk.finish("passes")
    walk.until("verified")
    return walk.path


def begun(company: BadInputStack, person: Person) -> UserJourney:
    """Somebody at the site `target`, with the hosted page open."""
    token = company.stack.handoff_token(person, key=TARGET_KEY, iss="target", return_url=None)
    browser = company.stack.http_session()
    return submit_consent(company.stack, browser, browser.get("/handoff", params={"token": token}))


def enter(company: BadInputStack, browser: HttpSession, return_url: str) -> Page:
    browser.cookies.clear()
    token = company.stack.handoff_token(ADA, key=TARGET_KEY, iss="target", return_url=return_url)
    return browser.get("/handoff", params={"token": token}, follow=False)


def test_no_hand_off_leads_to_another_place_than_the_site_allows(
    company: BadInputStack, chromium: Browser, result: str
) -> None:
    browser = company.stack.http_session()
    let_in, leading = set(), set()
    for address in [*corpus(), *list(good())[::3]]:
        answer = enter(company, browser, address)
        if answer.status == 401:
            assert "location" not in answer.headers
            assert address not in ways_out(answer)
            continue
        assert answer.status == 303, (answer.status, address)
        assert answer.location == f"{company.stack.public_url}/"
        let_in.add(address)
        pages = ways_out(browser.get(result))
        assert address in pages, "the result page leads there"
        leading |= pages
    assert set(list(good())[::3]) <= let_in
    assert elsewhere(chromium, company, leading) == []
    assert elsewhere(chromium, company, {"https://evil.test/", "//shop.test.evil.test/"}), "control"


def test_no_site_of_a_login_is_an_address(company: BadInputStack) -> None:
    url = company.stack.server_url
    for address in corpus()[::2]:
        answer = send_request(url, "GET", f"/login?{urlencode({'site': address})}")
        # An empty site is none: then home asks, or the only one is meant.
        assert answer.status in (400, 404, 414), address
        assert not answer.location


def test_no_parameter_is_an_address(company: BadInputStack, chromium: Browser, result: str) -> None:
    """There is none by these names, and none of ours is taken for one."""
    stack, chance = company.stack, random.Random(5)
    stranger, ada = stack.http_session(), stack.http_session()
    enter(company, ada, "https://shop.test/account")
    evil = ["https://evil.test/x", "//evil.test", "/\\evil.test", "javascript:alert(1)"]
    leading: set[str] = set()
    for place in (*PLACES, result):
        for browser in (stranger, ada):
            values = {name: chance.choice(evil) for name in PARAMETERS}
            if "callback" in place:
                values.pop("error")
            page = browser.get(place, params=values, follow=False)
            assert page.status < 500, place
            leading |= ways_out(page)
            if "location" in page.headers:
                leading.add(urljoin(page.url, page.headers["location"]))
    for forms in (ada.get("/").forms, stranger.get("/").forms):
        names = {name for form in forms for name in form.names}
        assert names <= {"csrf_token", "flow", "consent", "unfinished"}, names
    assert [each for each in leading if "evil" in each and "language" not in each] == []
    # A refused hand-off leads back to the site's own front page, which is configured, not given.
    assert elsewhere(chromium, company, leading - {"https://shop.test/"}) == []


@pytest.mark.parametrize("name", ["returnUrl", "redirect_uri", "next", "error"])
def test_the_way_back_from_the_gateway_leads_to_the_onboarding_only(
    company: BadInputStack, chromium: Browser, name: str
) -> None:
    walk = begun(company, Person(f"ada-{name}", "Ada Lovelace", "en"))
    leading: set[str] = set()
    for address in corpus()[::25]:
        page = walk.browser.get(walk.return_url, params={name: address}, follow=False)
        assert (page.status, "location" in page.headers) == (200, False)
        leading |= ways_out(page)
    assert f"/onboardings/{walk.id}" in leading
    assert elsewhere(chromium, company, leading) == []
