"""Every way in which the element ends, moves or comes back leaves the host page as it was."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.element.conftest import NewShopper
from tests.browser.element.shopper import Shopper
from tests.support.element_host_site import ElementHostSite
from tests.support.eventually import eventually
from webapp.web.embed_script import script_hash, script_integrity

ELEMENT = "document.querySelector('mobbscan-onboarding')"
DISPLAYS = ("modal", "inline", "redirect")
#: Gives tests the ports: `stolen` in the frame, `channels` in the host page.
KEEP_PORTS = """
window.channels = [];
window.MessageChannel = class extends MessageChannel {
  constructor() { super(); window.channels.push(this); }
};
window.addEventListener("message", ({ ports }) => { window.stolen = ports[0] ?? window.stolen; });
window.addEventListener("pageshow", (event) => { window.persisted = event.persisted; });
"""
#: The host page without what the tests themselves have changed.
SNAPSHOT = "document.documentElement.outerHTML.replace(/<script.*?<\\/script>/gs, '')"


@pytest.fixture
def modal(shopper: NewShopper) -> Shopper:
    return shopper(attributes={"display": "modal"})


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        pytest.param(f"{ELEMENT}.close()", "host", id="close", marks=pytest.mark.nightly),
        pytest.param(f"{ELEMENT}.destroy()", "destroyed", id="destroy"),
        pytest.param("window.gone.remove()", "removed", id="removed"),
        pytest.param(
            "window.gone.parentNode.replaceChildren()",
            "removed",
            id="replaced",
            marks=pytest.mark.nightly,
        ),
    ],
)
def test_element_that_ends_leaves_the_page_as_it_was(
    modal: Shopper, action: str, reason: str
) -> None:
    before = modal.page.evaluate(SNAPSHOT)
    modal.click().wait_for("ready")
    modal.page.evaluate(
        f"window.gone = {ELEMENT};"
        "window.gone.addEventListener('closed', (event) => { window.reason = event.detail.reason })"
    )
    modal.page.evaluate(action)
    modal.page.evaluate("window.gone.close(); window.gone.destroy(); window.gone.close()")
    assert modal.page.evaluate("window.reason") == reason
    assert (
        modal.page.evaluate("window.gone.shadowRoot.querySelectorAll('iframe, dialog').length") == 0
    )
    assert modal.page.evaluate("document.documentElement.getAttribute('style')") is None
    if reason != "removed":
        assert modal.page.evaluate(SNAPSHOT) == before
    modal.page.locator("#name").fill("the page takes input")


@pytest.mark.parametrize(
    "display", ["modal", *(pytest.param(each, marks=pytest.mark.nightly) for each in DISPLAYS[1:])]
)
def test_element_closed_by_its_fetch_token_leaves_the_page_as_it_was(
    shopper: NewShopper, display: str
) -> None:
    """A host page closes the element where its user has to log in first."""
    user = shopper(attributes={"display": display, "token-url": None})
    user.page.evaluate(f"{ELEMENT}.fetchToken = async () => {{ {ELEMENT}.close(); return null; }}")
    before = user.page.evaluate(SNAPSHOT)
    user.click().wait_for("closed")
    user.page.wait_for_timeout(200)
    assert [each["name"] for each in user.events("closed") + user.events("ready")] == ["closed"]
    assert user.page.evaluate(f"{ELEMENT}.shadowRoot.querySelector('iframe, dialog')") is None
    assert user.page.evaluate(SNAPSHOT) == before


@pytest.mark.nightly
def test_element_destroyed_by_the_event_of_try_again_stays_closed(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    host_site.give_token = lambda: None
    user = shopper(attributes={"display": "redirect"}, expected=(".",))
    user.page.evaluate(f"{ELEMENT}.addEventListener('closed', () => {ELEMENT}.destroy())")
    user.click().element.get_by_role("button", name="Try again").click()
    assert user.wait_for("closed")[0]["reason"] == "retry"
    assert user.page.evaluate(f"{ELEMENT}.shadowRoot.querySelector('[part=note]')") is None


@pytest.mark.nightly
def test_element_destroyed_is_an_ordinary_link(shopper: NewShopper) -> None:
    user = shopper()
    user.page.evaluate(f"{ELEMENT}.destroy()")
    user.click().page.wait_for_url("**/floor")


@pytest.mark.nightly
def test_element_removed_and_inserted_again_opens(modal: Shopper) -> None:
    modal.click().wait_for("ready")
    modal.page.evaluate(f"window.gone = {ELEMENT}; gone.remove()")
    modal.page.evaluate("document.getElementById('other').append(window.gone)")
    modal.click().wait_for("ready", 2)


@pytest.mark.parametrize("display", [pytest.param("inline", marks=pytest.mark.nightly), "modal"])
def test_element_moved_in_the_document_goes_on(shopper: NewShopper, display: str) -> None:
    user = shopper(attributes={"display": display})
    user.click().start()
    user.page.evaluate(f"document.getElementById('other').append({ELEMENT})")
    user.wait_for("ready", 2)
    assert user.events("closed") == []
    assert user.page.evaluate(f"Boolean({ELEMENT}.shadowRoot.querySelector('dialog:modal'))") is (
        display == "modal"
    )
    user.verify()


@pytest.mark.nightly
def test_element_moved_with_move_before_keeps_its_frame(shopper: NewShopper) -> None:
    user = shopper()
    user.click().start()
    user.page.evaluate(f"document.getElementById('other').moveBefore({ELEMENT}, null)")
    user.finish()
    assert len(user.events("ready")) == 1


@pytest.mark.nightly
def test_element_whose_frame_reloads_goes_on(shopper: NewShopper) -> None:
    user = shopper()
    user.click().start()
    user.documents[0].evaluate("location.reload()")
    user.wait_for("ready", 2)
    user.verify()
    assert user.site.tokens == 2


@pytest.mark.parametrize("is_dead", [False, True], ids=["alive", "dead"])
def test_element_after_back_goes_on(shopper: NewShopper, is_dead: bool) -> None:
    user = shopper()
    user.page.add_init_script(KEEP_PORTS)
    user.visit().click().wait_for("ready")
    expect(user.frame.get_by_role("heading", level=1)).to_be_visible()
    if is_dead:
        user.documents[0].evaluate("stolen.close()")
    user.page.goto(f"{user.site.origin}/elsewhere")
    user.go_back()
    eventually(lambda: user.page.evaluate("window.persisted"))
    user.page.wait_for_timeout(1_300)
    assert len(user.wait_for("ready", 1 + is_dead)) == 1 + is_dead
    assert user.events("closed") == []


@pytest.mark.nightly
def test_element_after_back_from_the_full_screen_can_be_opened(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "redirect"})
    user.click().expect_full_screen()
    user.go_back()
    link = user.page.get_by_role("link", name="Verify my identity")
    expect(link).to_be_visible()
    user.click().expect_full_screen()


@pytest.mark.nightly
def test_two_elements_work_side_by_side(shopper: NewShopper) -> None:
    # High enough for both: Chromium delivers a click right after scrolling to the wrong frame.
    user = shopper(copies=2, browser={"viewport": (1000, 2400)})
    elements = user.page.locator("mobbscan-onboarding")
    for index in (0, 1):
        elements.nth(index).get_by_role("link").first.click()
        # Its height changes the place of the next link.
        frame = elements.nth(index).frame_locator("iframe")
        expect(frame.get_by_role("heading", level=1)).to_be_visible()
        user.page.wait_for_timeout(300)
    user.page.evaluate(f"{ELEMENT}.close()")
    second = user.page.locator("mobbscan-onboarding").nth(1)
    expect(second.frame_locator("iframe").get_by_role("heading", level=1)).to_be_visible()
    expect(user.page.locator("iframe")).to_have_count(1)


@pytest.mark.nightly
def test_two_modal_elements_share_the_scroll_lock(shopper: NewShopper) -> None:
    user = shopper(copies=2, attributes={"display": "modal"})
    overflow = "document.documentElement.style.overflow"
    user.page.evaluate(
        "window.both = [...document.querySelectorAll('mobbscan-onboarding')];"
        "document.documentElement.style.overflow = 'clip'; both.forEach((each) => each.open())"
    )
    user.page.evaluate("both[0].close()")
    assert user.page.evaluate(overflow) == "hidden"
    user.page.evaluate("both[1].destroy()")
    assert user.page.evaluate(overflow) == "clip"


def test_script_loaded_twice_defines_one_element(
    shopper: NewShopper, host_site: ElementHostSite, root: Path
) -> None:
    folder = root / "static"
    again = f"{host_site.stack.public_url}/static/embed-v1.{script_hash(folder)}.js"
    head = (
        f'<script type="module" src="{again}" crossorigin integrity="{script_integrity(folder)}"'
        " onload=\"document.documentElement.dataset.twice = ''\"></script>"
    )
    user = shopper(head=head)
    expect(user.page.locator("html[data-twice]")).to_have_count(1)
    user.click().wait_for("ready")
    expect(user.page.locator("iframe")).to_have_count(1)


@pytest.mark.nightly
def test_element_takes_property_that_was_set_before_the_script(shopper: NewShopper) -> None:
    early = "document.querySelector('mobbscan-onboarding').fetchToken = async () => (await (await "
    early += "fetch('/token', {method: 'POST'})).json()).token;"
    head = f"<script>window.early = () => {{ {early} }}</script>"
    # Module scripts run after the whole page is parsed, so this one is earlier.
    link = '<a href="/floor">Verify my identity</a><script>early()</script>'
    user = shopper(attributes={"token-url": None}, head=head, link=link)
    user.click().start()
