"""Two cookies of one of our names: another site has set one of them, so neither counts."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import log_in_by_handoff

PREFIX = "/verify"


@pytest.fixture(scope="module", params=["", PREFIX], ids=["root", "prefix"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack at a root, and one below a path prefix."""
    folder = tmp_path_factory.mktemp("cookies")
    with Stack(folder, database="sqlite", leave_out=("server", "shop")) as stack:
        stack.settings["PUBLIC_URL"] += request.param
        server = stack.children.by_name["server"]
        environment = {**server.program.environment, **stack.settings}
        server.program = replace(server.program, environment=environment)
        stack.start("server")
        yield stack


def session_cookie(browser: HttpSession) -> str:
    (cookie,) = [one for one in browser.cookies.jar if one.name.endswith("mobbscan")]
    return f"{cookie.name}={cookie.value}"


def get(stack: Stack, path: str, cookies: str, **more: object) -> Page:
    """Request a page with exactly this Cookie header, without following redirects."""
    headers = {"Cookie": cookies, "Accept": "text/html"}
    address = f"{stack.public_url}{path}"
    return Page(httpx.get(address, headers=headers, trust_env=False, timeout=30, **more))


@pytest.fixture
def ada(served: Stack) -> Person:
    return served.person("Ada Lovelace", "en")


@pytest.fixture
def ben(served: Stack) -> Person:
    return served.person("Ben Ortega", "en")


def test_two_session_cookies_of_two_users_do_not_sign_in(
    served: Stack, ada: Person, ben: Person
) -> None:
    adas, bens = (session_cookie(log_in_by_handoff(served, one)[0]) for one in (ada, ben))
    assert "Ada Lovelace" in get(served, "/", adas).text, "one cookie signs in"
    for both in (f"{adas}; {bens}", f"{bens}; {adas}", f"{adas}; other=1; {bens}"):
        page = get(served, "/", both)
        assert page.status == 200
        assert "Ada Lovelace" not in page.text
        assert "Ben Ortega" not in page.text
        assert get(served, "/onboardings/x/status", both).status == 401


@pytest.mark.parametrize("planted", ["{name}=", "{name}=junk", "{whole}", "{name}", '{name}="x"'])
def test_session_cookie_beside_any_other_of_its_name_does_not_sign_in(
    served: Stack, ada: Person, planted: str
) -> None:
    adas = session_cookie(log_in_by_handoff(served, ada)[0])
    other = planted.format(name=adas.partition("=")[0], whole=adas)
    for both in (f"{adas}; {other}", f"{other};{adas}"):
        assert "Ada Lovelace" not in get(served, "/", both).text, both


def test_two_cookies_of_other_names_do_not_matter(served: Stack, ada: Person) -> None:
    adas = session_cookie(log_in_by_handoff(served, ada)[0])
    name = adas.partition("=")[0]
    others = f"theme=a; theme=b; {name}2=x; x{name}=y; {name.upper()}=z"
    assert "Ada Lovelace" in get(served, "/", f"{others}; {adas}").text


def test_two_handoff_cookies_use_no_token_up(served: Stack, ada: Person, ben: Person) -> None:
    """A form of another site hands its token over in a cookie of our own."""
    browser = served.http_session()
    adas, bens = served.handoff_token(ada), served.handoff_token(ben)
    sent_from = "https://shop.example/account"
    browser.post("/handoff", {"token": adas}, sent_from=sent_from, follow=False)
    (cookie,) = browser.cookies.jar
    both = f"{cookie.name}={bens}; {cookie.name}={cookie.value}"
    assert get(served, "/handoff", both).status == 401
    assert get(served, "/handoff", "", params={"token": bens}).status == 303
    assert get(served, "/handoff", f"{cookie.name}={cookie.value}").status == 303


def test_two_cookies_of_an_open_login_finish_no_login(served: Stack, ada: Person) -> None:
    browser = served.http_session()
    provider = browser.get(f"{served.public_url}/login?site=shop")
    form = provider.form(with_field="sub")
    cookies = [f"{one.name}={one.value}" for one in browser.cookies.jar if "mobbscan" in one.name]
    assert cookies, "the login is in a cookie"
    back = browser.submit(provider, form, follow=False, sub=ada.sub)
    callback = back.location.removeprefix(served.public_url)
    refused = get(served, callback, "; ".join([*cookies, *cookies]))
    assert refused.status == 400
    assert "Ada Lovelace" not in refused.text


def test_two_session_cookies_leave_the_session_alone(served: Stack, ada: Person) -> None:
    browser, _ = log_in_by_handoff(served, ada)
    adas = session_cookie(browser)
    get(served, "/", f"{adas}; {adas.partition('=')[0]}=planted")
    assert "Ada Lovelace" in browser.get("/").text
