"""Return URLs as people and programs write them: encoded as browsers do, and judged after that."""

from collections.abc import Iterator

import pytest

from tests.support.eventually import eventually
from tests.support.http_session import HttpSession
from tests.support.signed_results import split_result
from tests.support.stack import Person, Stack
from tests.support.user_journey import submit_consent

KEY = "key-of-the-field-tests-of-32-bytes-and-more"
ADA = Person("ada-of-return-urls", "Ada Lovelace", "en")
ACCOUNT = "https://shop.test/account"
ALLOWED = (ACCOUNT, "https://xn--espaa-rta.test/")

#: Written by the host site → the link on our page.
WRITTEN = {
    f"{ACCOUNT}?q=espa\u00f1a": f"{ACCOUNT}?q=espa%C3%B1a",
    f"{ACCOUNT}?q=\u65e5\u672c&b=1#top": f"{ACCOUNT}?q=%E6%97%A5%E6%9C%AC&b=1#top",
    f"{ACCOUNT}?q=two words": f"{ACCOUNT}?q=two%20words",
    f"{ACCOUNT}?q=%C3%B1\u00f1": f"{ACCOUNT}?q=%C3%B1%C3%B1",
    f'{ACCOUNT}?q="<x>"': f"{ACCOUNT}?q=%22%3Cx%3E%22",
    f"{ACCOUNT}#secci\u00f3n": f"{ACCOUNT}#secci%C3%B3n",
    f"{ACCOUNT}/a\u00f1o": f"{ACCOUNT}/a%C3%B1o",
    f"{ACCOUNT}/two words": f"{ACCOUNT}/two%20words",
    f" {ACCOUNT}?a=1 ": f"{ACCOUNT}?a=1",
    "https://espa\u00f1a.test/x": "https://xn--espaa-rta.test/x",
    "https://ESPA\u00d1A.test/x": "https://xn--espaa-rta.test/x",
    "https://xn--espaa-rta.test/\u00f1": "https://xn--espaa-rta.test/%C3%B1",
}
#: Valid for every browser; servers read the encoded form in the same way.
LOOSE = [
    f"{ACCOUNT}?cart[0]=1&cart[1]=2",
    f"{ACCOUNT}?discount=100%",
    f"{ACCOUNT}?next=a\\b",
    f"{ACCOUNT}?q=a|b^c{{d}}`e`",
    f"{ACCOUNT}#a#b",
]
NOT_ALLOWED = [
    "https://shop.test/accounts\u00f1",
    "https://shop.test/\u00e4ccount",
    "https://\u00e9vil.test/account?q=\u00f1",
    "https://shop.t\u00e9st/account",
    "https://shop.test\u3002evil.test/account",
    "https://shop.test/account /x?\u00f1",
]
UNUSABLE = [
    "/account?q=\u00f1",
    "javascript:alert('\u00f1')",
    f"{ACCOUNT}/../\u00f1",
    f"{ACCOUNT}/\uff0e\uff0e/admin",
    f"{ACCOUNT}\\\u00f1",
    f"{ACCOUNT}?q=\u00f1\nx",
    f"{ACCOUNT}?q=\u00f1\t",
    "https://\u00f1@shop.test/account",
    "https://shop.test\uff0fevil/account",
    "https://stra\u00dfe.test/account",
    f"{ACCOUNT}?q=" + "\u00f1" * 400,
]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_of_site(tmp_path_factory, return_urls=list(ALLOWED)) as stack:
        yield stack


def stack_of_site(tmp_path_factory: pytest.TempPathFactory, **site: object) -> Stack:
    return Stack(
        tmp_path_factory.mktemp("return-urls"),
        database="sqlite",
        tables={"sites.target": {"name": "Target", "handoff_keys": [KEY], **site}},
        leave_out=("provider", "shop"),
    )


@pytest.fixture(scope="module")
def waiting(target: Stack) -> str:
    """Return the path of Ada's page that waits for the result and links back to the site."""
    browser = target.http_session()
    hand_off(target, browser, ACCOUNT)
    walk = submit_consent(target, browser, browser.get("/"))
    walk.come_back()
    return walk.path


def hand_off(target: Stack, browser: HttpSession, return_url: object) -> int:
    browser.cookies.clear()
    token = target.handoff_token(ADA, key=KEY, iss="target", return_url=return_url)
    return browser.get("/handoff", params={"token": token}, follow=False).status


def link_back(target: Stack, path: str, return_url: str) -> str:
    browser = target.http_session()
    assert hand_off(target, browser, return_url) == 303, return_url
    return split_result(browser.get(path).link("Back to Target").href)[0]


@pytest.mark.parametrize("written", WRITTEN, ids=ascii)
def test_return_url_as_written_leads_back_encoded(
    target: Stack, waiting: str, written: str
) -> None:
    assert link_back(target, waiting, written) == WRITTEN[written]


@pytest.mark.parametrize("written", LOOSE, ids=ascii)
def test_return_url_that_only_a_browser_accepts_leads_back(
    target: Stack, waiting: str, written: str
) -> None:
    assert link_back(target, waiting, written).startswith(ACCOUNT)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *((url, "return_url_not_allowed") for url in NOT_ALLOWED),
        *((url, "return_url_unusable") for url in UNUSABLE),
    ],
    ids=ascii,
)
def test_return_url_refused_logs_the_fix_that_fits(target: Stack, written: str, code: str) -> None:
    before = target.logs("server").count(code)
    browser = target.http_session()
    assert hand_off(target, browser, written) == 401
    eventually(lambda: target.logs("server").count(code) == before + 1)
    assert not [link for link in browser.get("/").links if "evil" in link.href]


def test_sites_file_with_raw_letters_in_addresses_is_accepted(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    stack = stack_of_site(
        tmp_path_factory,
        return_urls=["https://shop.test/se\u00f1ales/", "https://espa\u00f1a.test/"],
        origins=["https://espa\u00f1a.test"],
        privacy_url="https://shop.test/protecci\u00f3n?q=\u00f1",
    )
    printed = stack.command("database", "upgrade")
    assert printed.returncode == 0, printed.stderr
    with stack:
        browser = stack.http_session()
        for allowed in (
            "https://shop.test/se\u00f1ales/1",
            "https://shop.test/se%c3%b1ales/1",
            "https://shop.test/se%C3%B1ales/",
            "https://espa\u00f1a.test/x",
            "https://xn--espaa-rta.test/x",
        ):
            assert hand_off(stack, browser, allowed) == 303, allowed
        privacy = browser.get("/").link("Privacy").href
        assert privacy == "https://shop.test/protecci%C3%B3n?q=%C3%B1"
        assert hand_off(stack, browser, "https://shop.test/senales/") == 401
