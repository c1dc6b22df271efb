"""Where a frame or the camera cannot work: the element says why, and leads on."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.element.conftest import PLAIN_HTTP_HOST, NewShopper
from tests.browser.element.shopper import Shopper
from tests.support.element_host_site import ElementHostSite

CSP, COEP = "Content-Security-Policy", "Cross-Origin-Embedder-Policy"
COOP, POLICY = "Cross-Origin-Opener-Policy", "Permissions-Policy"
INSTAGRAM = "Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 Instagram 400.0.0"
ANYTHING = (".",)


def strict_csp(host_site: ElementHostSite, **changes: str) -> dict[str, str]:
    """A strict policy with what the element needs; `changes` replace directives (`_` for `-`)."""
    ours = host_site.stack.public_url
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {ours}",
        "frame-src": ours,
        "connect-src": f"'self' {ours}",
        "form-action": ours,
        "img-src": "data:",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {CSP: "; ".join(f"{name} {value}" for name, value in rules.items())}


def codes_of(user: Shopper) -> list[str]:
    return [each["code"] for each in user.events("error")]


@pytest.mark.parametrize("display", [pytest.param("inline", marks=pytest.mark.nightly), "modal"])
def test_element_under_strict_csp_and_trusted_types_leads_to_verified(
    shopper: NewShopper, host_site: ElementHostSite, display: str
) -> None:
    user = shopper(attributes={"display": display}, headers=strict_csp(host_site))
    user.click().verify()
    assert user.events("error") == []


@pytest.mark.nightly
def test_element_redirect_under_strict_csp_leads_full_screen(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(attributes={"display": "redirect"}, headers=strict_csp(host_site))
    user.click().expect_full_screen()


def test_element_whose_frame_the_csp_blocks_leads_full_screen(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(headers=strict_csp(host_site, frame_src="'none'"), expected=ANYTHING)
    user.click().expect_full_screen()


@pytest.mark.nightly
def test_element_whose_frame_and_form_the_csp_blocks_follows_the_link(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    blocked = strict_csp(host_site, frame_src="'none'", form_action="'self'")
    user = shopper(headers=blocked, expected=ANYTHING)
    user.click().page.wait_for_url("**/floor")


@pytest.mark.nightly
def test_element_error_that_the_host_prevents_leads_nowhere(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(headers=strict_csp(host_site, frame_src="'none'"), expected=ANYTHING)
    user.page.evaluate("window.prevented = 'error'")
    user.click()
    assert user.wait_for("closed")[0]["reason"] == "error"
    error = user.events("error")[0]
    ours = host_site.stack.public_url
    assert error == {
        "name": "error",
        "code": "frame_blocked_by_csp",
        "retry": False,
        "doc": f"{ours}/problems/frame_blocked_by_csp",
    }
    expect(user.page.get_by_role("link", name="Verify my identity")).to_be_visible()


@pytest.mark.nightly
def test_element_blocked_form_that_the_host_prevents_leads_nowhere(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    blocked = strict_csp(host_site, form_action="'self'")
    user = shopper(headers=blocked, attributes={"display": "redirect"}, expected=ANYTHING)
    user.page.evaluate("window.prevented = 'error'")
    # Playwright's click would wait for the end of the blocked navigation.
    user.page.evaluate("document.querySelector('mobbscan-onboarding').open()")
    assert user.wait_for("closed")[0]["reason"] == "error"
    assert user.page.url.endswith("/account")


@pytest.mark.nightly
def test_element_ignores_violations_of_a_policy_that_only_reports(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    reported = {f"{CSP}-Report-Only": strict_csp(host_site, frame_src="'none'")[CSP]}
    user = shopper(headers=reported, expected=ANYTHING)
    user.click().wait_for("ready")
    assert user.events("error") == []


@pytest.mark.nightly
@pytest.mark.parametrize(
    "policy", ["camera=*", 'camera=(self "OURS")', pytest.param("geolocation=()", id="unnamed")]
)
def test_element_on_page_that_allows_the_camera_stays(
    shopper: NewShopper, host_site: ElementHostSite, policy: str
) -> None:
    value = policy.replace("OURS", host_site.stack.public_url)
    user = shopper(headers={POLICY: value})
    user.click().start()
    assert user.events("error") == []


@pytest.mark.nightly
@pytest.mark.parametrize("policy", ["camera=()", "camera=(self)"])
def test_element_on_page_that_blocks_the_camera_leads_full_screen(
    shopper: NewShopper, policy: str
) -> None:
    shopper(headers={POLICY: policy}).click().expect_full_screen()


@pytest.mark.nightly
def test_element_of_flow_with_microphone_on_page_that_blocks_it_leads_full_screen(
    shopper: NewShopper,
) -> None:
    user = shopper(headers={POLICY: "microphone=()"}, attributes={"microphone": ""})
    user.click().expect_full_screen()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({COEP: "require-corp"}, id="coep"),
        pytest.param(
            {COEP: "require-corp", COOP: "same-origin"},
            id="coep-and-coop",
            marks=pytest.mark.nightly,
        ),
    ],
)
def test_element_on_page_with_embedder_policy_leads_to_the_hosted_page(
    shopper: NewShopper, headers: dict[str, str]
) -> None:
    user = shopper(headers=headers, expected=ANYTHING)
    user.click().start()
    assert user.events("error") == []


@pytest.mark.engine("chromium")
def test_two_elements_on_page_with_embedder_policy_stay_side_by_side(shopper: NewShopper) -> None:
    """The report about the frame of the second one is none about the first."""
    user = shopper(headers={COEP: "require-corp"}, copies=2, expected=ANYTHING)
    user.page.evaluate("document.querySelectorAll('mobbscan-onboarding')[0].open()")
    user.wait_for("ready")
    user.page.evaluate("document.querySelectorAll('mobbscan-onboarding')[1].open()")
    user.wait_for("ready", 2)
    assert user.events("error") == []
    assert len(user.documents) == 2


@pytest.mark.nightly
def test_element_in_browser_of_an_app_leads_full_screen(shopper: NewShopper) -> None:
    user = shopper(browser={"user_agent": INSTAGRAM})
    user.click().expect_full_screen()
    expect(user.page.get_by_text("You are inside another app")).to_be_visible()


@pytest.mark.nightly
def test_element_whose_server_refuses_the_frame_offers_the_full_screen(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(attributes={"site": "nothing"}, expected=ANYTHING)
    user.click()
    assert user.wait_for("error")[0]["code"] == "frame_silent"
    alert = user.page.get_by_role("alert")
    expect(alert).to_contain_text("does not open inside this page")
    alert.get_by_role("button", name="Open it full screen").click()
    user.expect_full_screen()


@pytest.mark.nightly
def test_element_that_was_silent_heals_with_a_late_answer(shopper: NewShopper) -> None:
    user = shopper(expected=ANYTHING)
    held: list[Route] = []
    user.page.route("**/static/embed/frame.js*", lambda route: held.append(route))
    user.click()
    # The script holds back the `load` of the frame, for which the element waits 10 seconds.
    expect(user.page.get_by_role("alert")).to_be_visible()
    held[0].continue_()
    user.wait_for("ready")
    expect(user.page.get_by_role("alert")).to_have_count(0)
    user.verify()


def test_element_silent_server_offers_to_try_again(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(expected=ANYTHING)
    logged: list[str] = []
    user.page.on("console", lambda message: logged.append(message.text))
    user.page.route("**/static/embed/frame.js*", lambda route: route.abort())
    user.click()
    assert user.wait_for("error")[0] | {"doc": ""} == {
        "name": "error", "code": "frame_silent", "retry": True, "doc": "",
    }  # fmt: skip
    cause = f"no answer from {host_site.stack.public_url}/embed/shop"
    assert any(cause in each for each in logged), logged
    user.page.unroute("**/static/embed/frame.js*")
    user.page.get_by_role("button", name="Try again").click()
    user.wait_for("ready")
    expect(user.page.get_by_role("alert")).to_have_count(0)
    user.start()


def test_element_token_that_fails_once_is_requested_again(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    give = host_site.give_token
    host_site.give_token = lambda: None if host_site.tokens == 1 else give()
    user = shopper(expected=ANYTHING)
    user.click().start()
    assert host_site.tokens == 2
    assert codes_of(user) == []


@pytest.mark.nightly
def test_element_token_that_keeps_failing_can_be_tried_again(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    give, host_site.give_token = host_site.give_token, lambda: None
    user = shopper(expected=ANYTHING)
    user.click()
    retry = user.frame.get_by_role("button", name="Try again")
    expect(retry).to_be_visible()
    assert (host_site.tokens, codes_of(user)) == (2, ["token_failed"])
    host_site.give_token = give
    retry.click()
    user.start()


@pytest.mark.nightly
def test_element_redirect_without_token_says_so(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    give, host_site.give_token = host_site.give_token, lambda: None
    user = shopper(attributes={"display": "redirect"}, expected=ANYTHING)
    user.click()
    alert = user.page.get_by_role("alert")
    expect(alert).to_contain_text("could not sign you in")
    assert (host_site.tokens, codes_of(user)) == (2, ["token_failed"])
    host_site.give_token = give
    alert.get_by_role("button", name="Try again").click()
    user.expect_full_screen()


@pytest.mark.nightly
@pytest.mark.engine("chromium")
def test_element_redirect_whose_token_never_comes_says_so(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "redirect", "token-url": None}, expected=ANYTHING)
    user.page.clock.install()
    user.page.evaluate(
        "const element = document.querySelector('mobbscan-onboarding');"
        "void (element.fetchToken = () => new Promise(() => {}))"
    )
    user.click()
    for _ in range(2):
        expect(user.page.get_by_text("One moment")).to_be_visible()
        user.page.clock.run_for(62_000)
    expect(user.page.get_by_role("alert")).to_contain_text("could not sign you in")
    assert codes_of(user) == ["token_failed"]


@pytest.mark.nightly
def test_element_redirect_without_token_stays_if_the_host_prevents_it(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "redirect", "token-url": "/nothing"}, expected=ANYTHING)
    user.page.evaluate("window.prevented = 'error'")
    user.click()
    assert user.wait_for("closed")[0]["reason"] == "error"
    expect(user.page.get_by_role("link", name="Verify my identity")).to_be_visible()


@pytest.mark.nightly
def test_element_token_url_of_another_origin_is_refused(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    foreign = f"{host_site.stack.shop_url}/token"
    user = shopper(attributes={"token-url": foreign, "display": "redirect"}, expected=ANYTHING)
    user.click()
    assert user.wait_for("error")[0]["code"] == "token_failed"


@pytest.mark.nightly
@pytest.mark.engine("chromium")
def test_element_on_plain_http_page_leads_full_screen(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(expected=ANYTHING)
    port = host_site.origin.rpartition(":")[2]
    user.page.goto(f"http://{PLAIN_HTTP_HOST}:{port}/account")
    assert user.page.evaluate("isSecureContext") is False
    user.page.evaluate("window.prevented = 'error'")
    user.click().wait_for("closed")
    assert codes_of(user) == ["insecure_context"]
    user.page.evaluate("window.prevented = ''")
    user.click().expect_full_screen()


@pytest.mark.nightly
@pytest.mark.engine("firefox")
def test_element_on_page_that_is_no_secure_context_leads_full_screen(shopper: NewShopper) -> None:
    user = shopper()
    user.page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    user.visit().click().expect_full_screen()
