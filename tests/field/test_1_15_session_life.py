"""How long a session lives, also while the user is on the gateway's page, and where a return leads.

The time of the database's rows is moved back in place of waiting.
"""

from collections.abc import Iterator

import pytest

from tests.support.eventually import eventually
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, log_in_by_handoff, start_onboarding

KEY = "key-of-the-field-tests-of-32-bytes-and-more"
#: Statuses in which the user still has something to do on the gateway's page.
OPEN = ["created", "started", "interrupted"]


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the shop, and a bank that has hand-offs only."""
    bank = {
        "name": "Example Bank",
        "origins": ["https://bank.test"],
        "return_urls": ["https://bank.test/account"],
        "handoff_keys": [KEY],
    }
    plain = {**bank, "name": "Plain Bank", "origins": []}
    tables = {"sites.bank": bank, "sites.plain": plain}
    with Stack(
        tmp_path_factory.mktemp("life"), database="sqlite", tables=tables, leave_out=("shop",)
    ) as stack:
        yield stack


@pytest.fixture
def stack(two_sites: Stack) -> Stack:
    return two_sites


def later(stack: Stack, *, idle: bool = True, minutes: float = 0, hours: float = 0) -> None:
    """Let time pass for all sessions; `idle`: without a request of their users."""
    seconds = round(60 * (minutes + 60 * hours))
    for column in ("created_at", "expires_at", *(["seen_at"] if idle else [])):
        moved = f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-{seconds} seconds')"
        assert stack.change(f"UPDATE sessions SET {column} = {moved}")


def is_signed_in(browser: HttpSession) -> bool:
    return browser.get("/onboardings/x/status").status != 401


def set_of_statuses(stack: Stack, walk: UserJourney) -> set[object]:
    rows = stack.rows("SELECT status FROM onboardings WHERE id = ?", walk.id)
    return {row["status"] for row in rows}


def set_status(stack: Stack, walk: UserJourney, status: str) -> None:
    assert stack.change("UPDATE onboardings SET status = ? WHERE id = ?", status, walk.id) == 1


def test_session_after_31_minutes_on_the_gateways_page_shows_the_result(
    stack: Stack, ada: Person
) -> None:
    walk = start_onboarding(stack, ada)
    later(stack, minutes=31)
    walk.capture("passes")
    page = walk.browser.click(walk.come_back(), "Continue")
    assert (page.status, page.path) == (200, walk.path)
    assert "Ada Lovelace" in walk.browser.get("/").text


def test_session_after_31_minutes_and_a_notice_before_the_return_shows_the_result(
    stack: Stack, ada: Person
) -> None:
    walk = start_onboarding(stack, ada)
    later(stack, minutes=60)
    walk.capture("passes")
    eventually(lambda: set_of_statuses(stack, walk) == {"verified"})
    later(stack, minutes=29)
    page = walk.browser.click(walk.come_back(), "Continue")
    assert (page.status, page.path) == (200, walk.path)


def test_session_without_return_ends_30_minutes_after_the_result(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.capture("passes")
    eventually(lambda: set_of_statuses(stack, walk) == {"verified"})
    submitted = "strftime('%Y-%m-%d %H:%M:%f000', submitted_at, '-31 minutes')"
    stack.change(f"UPDATE onboardings SET submitted_at = {submitted} WHERE id = ?", walk.id)
    later(stack, minutes=31)
    assert not is_signed_in(walk.browser)


@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize("hours", [1, 9, 23.9])
def test_session_lives_24_hours_while_its_process_awaits_the_user(
    stack: Stack, ada: Person, status: str, hours: float
) -> None:
    walk = start_onboarding(stack, ada)
    set_status(stack, walk, status)
    later(stack, hours=hours)
    assert is_signed_in(walk.browser)


@pytest.mark.parametrize("status", OPEN)
def test_session_ends_after_24_hours_also_with_an_open_process(
    stack: Stack, ada: Person, status: str
) -> None:
    walk = start_onboarding(stack, ada)
    set_status(stack, walk, status)
    later(stack, idle=False, hours=24.1)
    assert not is_signed_in(walk.browser)


@pytest.mark.parametrize("status", ["expired", "canceled", "erased"])
def test_session_ends_after_30_idle_minutes_without_an_open_process(
    stack: Stack, ada: Person, status: str
) -> None:
    walk = start_onboarding(stack, ada)
    set_status(stack, walk, status)
    later(stack, minutes=29)
    assert is_signed_in(walk.browser)
    later(stack, minutes=31)
    assert not is_signed_in(walk.browser)


def test_session_without_a_process_ends_after_30_idle_minutes(stack: Stack, ada: Person) -> None:
    browser, _ = log_in_by_handoff(stack, ada)
    later(stack, minutes=31)
    assert not is_signed_in(browser)


def test_session_without_a_process_ends_after_8_hours_of_use(stack: Stack, ada: Person) -> None:
    browser, _ = log_in_by_handoff(stack, ada)
    later(stack, idle=False, hours=7.9)
    assert is_signed_in(browser)
    later(stack, idle=False, hours=0.2)
    assert not is_signed_in(browser)


def test_session_is_not_kept_by_a_process_of_another_user(
    stack: Stack, ada: Person, ben: Person
) -> None:
    start_onboarding(stack, ben)
    browser, _ = log_in_by_handoff(stack, ada)
    later(stack, minutes=31)
    assert not is_signed_in(browser)


def test_session_that_was_logged_out_stays_ended_with_an_open_process(
    stack: Stack, ada: Person
) -> None:
    walk = start_onboarding(stack, ada)
    cookies = dict(walk.browser.cookies)
    home = walk.browser.get("/")
    walk.browser.submit(home, home.form("/logout"))
    attacker = stack.http_session()
    attacker.cookies.update(cookies)
    assert not is_signed_in(attacker)


def links_of(page: Page) -> set[str]:
    return {link.href for link in page.links}


def start_at(stack: Stack, site: str, person: Person) -> UserJourney:
    browser = stack.http_session()
    token = stack.handoff_token(person, key=KEY, iss=site, return_url=None)
    home = browser.get("/handoff", params={"token": token})
    page = browser.submit(home, home.form("/onboardings"))
    return UserJourney(stack, browser, page.path.rpartition("/")[2], page)


@pytest.mark.parametrize(
    ("site", "name", "link"),
    [
        ("bank", "Example Bank", "https://bank.test/"),
        ("plain", "Plain Bank", "https://bank.test/account"),
    ],
)
@pytest.mark.parametrize("opened_in", ["the same browser", "another browser"])
def test_return_after_the_session_leads_to_the_right_site(
    stack: Stack, ada: Person, site: str, name: str, link: str, opened_in: str
) -> None:
    walk = start_at(stack, site, ada)
    later(stack, idle=False, hours=25)
    if opened_in == "another browser":
        walk.browser = stack.http_session()
    page = walk.browser.click(walk.come_back(), "Continue")
    assert page.status == 200
    assert name in page.text
    assert link in links_of(page)
    assert not [href for href in links_of(page) if "/login" in href], "the bank has hand-offs only"


def test_return_after_the_session_leads_to_the_login_of_the_right_site(
    stack: Stack, ada: Person
) -> None:
    walk = start_onboarding(stack, ada)
    walk.browser = stack.http_session()
    page = walk.browser.click(walk.come_back("PermissionError"), "Try again")
    assert page.link("Log in").href.endswith("/login?site=shop")
    assert f"{stack.shop_url}/" in links_of(page)
    assert walk.id not in page.text


def test_return_that_has_expired_leads_to_the_right_site(stack: Stack, ada: Person) -> None:
    walk = start_at(stack, "bank", ada)
    address = walk.return_url
    moved = "strftime('%Y-%m-%d %H:%M:%f000', expires_at, '-80 hours')"
    stack.change(f"UPDATE onboardings SET expires_at = {moved} WHERE id = ?", walk.id)
    browser = stack.http_session()
    expired = browser.get(address)
    assert expired.status == 410
    page = browser.click(expired, "Go to the start page")
    assert "https://bank.test/" in links_of(page)
    assert walk.id not in expired.text + page.text


@pytest.mark.parametrize("path", ["/", "/onboardings/6f9619ff-8b86-4011-b42d-00c04fc964ff"])
def test_page_of_a_session_that_has_ended_links_to_its_site(
    stack: Stack, ada: Person, path: str
) -> None:
    walk = start_at(stack, "bank", ada)
    later(stack, idle=False, hours=25)
    assert "https://bank.test/" in links_of(walk.browser.get(path))


@pytest.mark.parametrize("site", ["unknown", "https://evil.test/", "//evil.test", "\u00f1", ""])
def test_start_page_with_an_unknown_site_links_to_no_site(stack: Stack, site: str) -> None:
    page = stack.http_session().get("/", params={"site": site})
    assert page.status == 200
    assert not [href for href in links_of(page) if "evil" in href or "bank" in href]
