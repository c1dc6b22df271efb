"""What differs in Firefox, and the ways through the element that are tested there in every run."""

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import take_pictures
from tests.browser.element.conftest import NewShopper
from tests.browser.element.test_element_ways_out import strict_csp
from tests.support.element_host_site import ElementHostSite
from tests.support.eventually import eventually

pytestmark = pytest.mark.engine("firefox")

COEP = {"Cross-Origin-Embedder-Policy": "require-corp"}
ISOLATED = {**COEP, "Cross-Origin-Opener-Policy": "same-origin"}
ELEMENT = "document.querySelector('mobbscan-onboarding')"


def test_element_inline_takes_pictures_and_leads_to_verified(shopper: NewShopper) -> None:
    user = shopper()
    user.click().start()
    take_pictures(user.hosted)
    user.hosted.locator("#outcome-passes").click()
    eventually(lambda: any(each["final"] for each in user.events("status")))
    assert user.events("status")[-1]["status"] == "verified"
    assert user.events("error") == []
    assert user.page.context.cookies() == []


def test_element_modal_leads_to_verified_and_gives_focus_and_scroll_back(
    shopper: NewShopper,
) -> None:
    user = shopper(attributes={"display": "modal"}, filling="<br>" * 200)
    user.page.evaluate(f"scrollTo(0, 40); {ELEMENT}.querySelector('a').focus()")
    user.page.keyboard.press("Enter")
    assert user.page.evaluate("scrollY") == 40
    user.verify()
    user.page.evaluate("scrollTo(0, 40)")
    dialog = user.page.get_by_role("dialog", name="Identity check")
    dialog.get_by_role("button", name="Close").press("Enter")
    assert user.wait_for("closed")[0]["reason"] == "user"
    assert user.page.evaluate("document.activeElement.textContent") == "Verify my identity"
    assert user.page.evaluate("scrollY") == 40
    assert user.page.evaluate("document.documentElement.getAttribute('style')") is None


def test_element_redirect_under_strict_csp_leads_full_screen(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(attributes={"display": "redirect"}, headers=strict_csp(host_site))
    user.click().expect_full_screen()


def test_element_whose_frame_the_csp_blocks_leads_full_screen(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(headers=strict_csp(host_site, frame_src="'none'"), expected=(".",))
    user.click().expect_full_screen()


def test_element_on_isolated_page_leads_full_screen(shopper: NewShopper) -> None:
    user = shopper(headers=ISOLATED, expected=(".",))
    user.page.evaluate("window.prevented = 'error'")
    user.click()
    assert user.wait_for("error")[0]["code"] == "cross_origin_isolated"
    user.page.evaluate("window.prevented = ''")
    user.click().expect_full_screen()


def test_element_on_page_with_embedder_policy_alone_offers_the_full_screen(
    shopper: NewShopper,
) -> None:
    """Nothing tells a page in Firefox that its policy has blocked a frame."""
    user = shopper(headers=COEP, expected=(".",))
    user.click()
    assert user.wait_for("error")[0]["code"] == "frame_silent"
    user.page.get_by_role("alert").get_by_role("button", name="Open it full screen").click()
    user.expect_full_screen()


def test_element_after_back_is_alive(shopper: NewShopper) -> None:
    user = shopper()
    user.click().wait_for("ready")
    # Firefox keeps no page that waits for an answer.
    expect(user.frame.get_by_role("heading", level=1)).to_be_visible()
    user.page.evaluate("addEventListener('pageshow', (event) => { persisted = event.persisted })")
    user.page.goto(f"{user.site.origin}/elsewhere")
    user.go_back()
    eventually(lambda: user.page.evaluate("window.persisted"))
    user.page.wait_for_timeout(1_300)
    assert len(user.events("ready")) == 1
    assert user.events("closed") == []


@pytest.mark.nightly
@pytest.mark.parametrize("policy", ["camera=()", "camera=(self)"])
def test_element_on_page_that_blocks_the_camera_stays(shopper: NewShopper, policy: str) -> None:
    user = shopper(headers={"Permissions-Policy": policy})
    user.click().start()
    take_pictures(user.hosted)
    assert user.events("error") == []


@pytest.mark.nightly
def test_element_moved_with_move_before_loads_its_frame_again(shopper: NewShopper) -> None:
    user = shopper()
    user.click().start()
    user.page.evaluate(f"document.getElementById('other').moveBefore({ELEMENT}, null)")
    user.wait_for("ready", 2)
    eventually(lambda: user.site.tokens == 2)
    assert user.events("closed") == []
