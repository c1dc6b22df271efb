"""The pages of docs/host-guide.md with the element, run from the page, verify a user."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.element.shopper import Shopper
from tests.support.chromium import BrowserPage
from tests.support.element_host_site import RECORD_EVENTS, ElementHostSite
from tests.support.eventually import eventually
from tests.support.guide_pages import FRAMEWORKS, GuidePages
from tests.support.guide_stack import GuideStack, guide, guide_stack
from tests.support.guide_websites import LANGUAGES, PHP, Website, run_program
from tests.support.host_guide import HostGuide

__all__ = ["guide", "guide_stack"]

OPTIONS = {"php": ("-t", "public")}
IS_DEFINED = "customElements.get('mobbscan-onboarding') !== undefined"
WORDPRESS = Path(__file__).parents[2] / "support" / "wordpress.php"
#: Makes page.py send the headers of the guide.
SEND_HEADERS = """
@app.after_request
def add_headers(response):
    response.headers.update({headers})
    return response


if __name__"""

StartWebsite = Callable[..., Website]
OpenPage = Callable[..., Shopper]


def language_parameters(*, nightly: tuple[str, ...] = ()) -> list[object]:
    def marks(name: str) -> list[pytest.MarkDecorator]:
        needs = LANGUAGES[name].needs
        found = [pytest.mark.needs(needs)] if needs else []
        return [*found, pytest.mark.nightly] if name in nightly else found

    return [pytest.param(name, marks=marks(name)) for name in LANGUAGES]


@pytest.fixture
def pages(root: Path, guide: HostGuide, guide_stack: GuideStack) -> Callable[[str], GuidePages]:
    """Return a function that gives the pages for the site of a language's programs."""
    return lambda language: GuidePages(root, guide, guide_stack.settings(language))


@pytest.fixture
def start(
    guide_stack: GuideStack, pages: Callable[[str], GuidePages], tmp_path: Path
) -> Iterator[StartWebsite]:
    """Return a function that starts `page.…` of the guide in `tmp_path`, for a user of its own."""
    with ExitStack() as running:

        def start_website(language: str, change: Callable[[str], str] = str) -> Website:
            (tmp_path / "public").mkdir(exist_ok=True)
            kind = LANGUAGES[language]
            text = pages(language).program(f"page{kind.suffix}", f"user-{uuid.uuid4().hex[:8]}")
            settings = guide_stack.settings(language)
            (tmp_path / "public" / "index.html").touch()
            website = Website(tmp_path, kind, change(text), settings, OPTIONS.get(language, ()))
            return running.enter_context(website)

        yield start_website


@pytest.fixture
def open_page(guide_stack: GuideStack, browser_page: BrowserPage) -> OpenPage:
    """Return a function that opens a page and records the events of its element."""

    def visit(address: str, page: Page | None = None) -> Shopper:
        page = page or browser_page()
        page.add_init_script(RECORD_EVENTS)
        page.goto(address)
        eventually(lambda: page.evaluate(IS_DEFINED))
        return Shopper(ElementHostSite(guide_stack.stack), page)

    return visit


def test_html_page_with_the_headers_of_the_guide_verifies_a_user(
    guide_stack: GuideStack,
    pages: Callable[[str], GuidePages],
    start: StartWebsite,
    open_page: OpenPage,
    tmp_path: Path,
) -> None:
    html = pages("python")
    html.write_html(tmp_path)
    headers = SEND_HEADERS.replace("{headers}", repr(html.headers()))
    website = start("python", lambda text: text.replace("\nif __name__", headers))
    user = open_page(website.url).click()
    expect(user.page.get_by_role("dialog", name="Identity check")).to_be_visible()
    user.verify()
    expect(user.page.locator("#outcome")).to_have_text("You are verified.")
    assert user.events("error") == []
    names = [each["name"] for each in user.page.evaluate("events")]
    assert [name for name in names if name != "status"] == ["ready", "started", "submitted"]
    checked = guide_stack.stack.command("doctor", "embed", f"{website.url}/", "--json")
    assert checked.returncode == 0, checked.stdout
    assert [each for each in json.loads(checked.stdout) if each["level"] != "ok"] == []


@pytest.mark.needs("node", "npm")
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_component_of_the_guide_verifies_a_user(
    pages: Callable[[str], GuidePages],
    start: StartWebsite,
    open_page: OpenPage,
    tmp_path: Path,
    framework: str,
) -> None:
    pages("node").build(framework, tmp_path)
    user = open_page(start("node").url)
    user.click().verify()
    # Each event once, although the page was rendered anew in between, and the frame stayed.
    statuses = [each["status"] for each in user.events("status")]
    expect(user.page.locator("#statuses")).to_have_text(",".join(statuses))
    assert len(user.events("ready")) == 1
    assert user.events("error") == []


@pytest.mark.needs("node", "npm")
def test_components_of_the_guide_pass_the_type_checker(
    pages: Callable[[str], GuidePages], tmp_path: Path
) -> None:
    pages("node").check_types(tmp_path)


@pytest.mark.nightly
@pytest.mark.needs("php", "node")
@pytest.mark.parametrize("language", ["node", "php"])
def test_html_page_on_other_programs_verifies_a_user(
    pages: Callable[[str], GuidePages],
    start: StartWebsite,
    open_page: OpenPage,
    tmp_path: Path,
    language: str,
) -> None:
    pages(language).write_html(tmp_path)
    user = open_page(start(language).url)
    user.click().verify()
    expect(user.page.locator("#outcome")).to_have_text("You are verified.")


@pytest.mark.parametrize("language", language_parameters())
def test_program_serves_the_page_a_token_and_the_way_without_script(
    guide_stack: GuideStack, start: StartWebsite, tmp_path: Path, language: str
) -> None:
    website = start(language)
    (tmp_path / "public" / "account.js").write_text("// a script")
    with httpx.Client(base_url=website.url, trust_env=False) as client:
        script = client.get("/account.js")
        assert "javascript" in script.headers["content-type"]
        assert client.get(f"/..%2fwebsite{LANGUAGES[language].suffix}").status_code == 404
        assert client.get(f"{website.url}//").status_code < 500
        assert "eyJ" not in client.get("/identity-token").text
        answer = client.post("/identity-token")
        assert answer.headers["cache-control"] == "no-store"
        home = guide_stack.stack.http_session().get(client.get("/verify").headers["location"])
    assert (home.status, home.path) == (200, "/")
    session = f"{guide_stack.stack.public_url}/embed/{language}-site/session"
    opened = httpx.post(
        session, data=answer.json(), headers={"Origin": guide_stack.stack.public_url}
    )
    assert opened.status_code == 200, opened.text


def test_script_tag_with_integrity_names_what_the_server_sends(
    guide_stack: GuideStack, guide: HostGuide, browser_page: BrowserPage, tmp_path: Path
) -> None:
    settings = guide_stack.settings("python")
    tag = run_program(
        tmp_path, LANGUAGES["python"], "integrity", guide.program("integrity.py"), settings
    )
    page = browser_page()
    page.set_content(tag)
    eventually(lambda: page.evaluate(IS_DEFINED))


@pytest.fixture
def wordpress(
    guide_stack: GuideStack, pages: Callable[[str], GuidePages], tmp_path: Path
) -> Iterator[Website]:
    """Return a website with the plugin of the guide, and the functions of WordPress around it."""
    plugin = tmp_path / "identity-check.php"
    plugin.write_text(pages("php").text("identity-check.php"))
    own = {"PLUGIN": str(plugin), "USER_ID": str(uuid.uuid4().int % 10**9)}
    settings = {**guide_stack.settings("php"), **own}
    with Website(tmp_path, PHP, WORDPRESS.read_text(), settings) as website:
        yield website


@pytest.mark.needs("php")
def test_wordpress_plugin_verifies_a_user_who_is_logged_in(
    wordpress: Website, open_page: OpenPage, browser_page: BrowserPage
) -> None:
    page = browser_page()
    page.goto(wordpress.url)
    expect(page.get_by_role("link", name="Log in to verify your identity")).to_be_visible()
    for path in (
        "admin-ajax.php?action=identity_check_token",
        "admin-post.php?action=identity_check",
    ):
        answer = httpx.post(f"{wordpress.url}/wp-admin/{path}", trust_env=False)
        assert (answer.status_code, answer.text) == (400, "0")
    page.context.add_cookies([{"name": "logged_in", "value": "1", "url": wordpress.url}])
    open_page(wordpress.url, page).click().verify()
