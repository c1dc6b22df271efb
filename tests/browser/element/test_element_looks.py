"""How the element looks: the dialog and its colours, notes, small screens, languages."""

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.element.conftest import NewShopper

BACKGROUND = "(element) => getComputedStyle(element).backgroundColor"
RADIUS = "(element) => getComputedStyle(element).borderTopLeftRadius"
SCHEME = "(element) => getComputedStyle(element).colorScheme"
IS_DARK = "() => matchMedia('(prefers-color-scheme: dark)').matches"
DESKTOP = (1280, 740)
PHONE = (360, 740)


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box is not None
    return box


@pytest.mark.engine("chromium")
def test_modal_is_apart_from_the_edges_on_a_desktop_and_fills_a_phone(
    shopper: NewShopper,
) -> None:
    dark = {"viewport": DESKTOP, "color_scheme": "dark"}
    head = "<style>:root { color-scheme: light dark }</style>"
    user = shopper(attributes={"display": "modal"}, browser=dark, head=head)
    user.click().wait_for("ready")
    dialog = user.page.get_by_role("dialog")
    box = box_of(dialog)
    assert (box["y"], box["height"], box["width"]) == (32, 740 - 64, 480)
    assert dialog.evaluate(RADIUS) == "16px"
    assert dialog.evaluate(BACKGROUND) == user.frame.locator("body").evaluate(BACKGROUND)
    user.page.set_viewport_size({"width": 360, "height": 740})
    assert box_of(dialog) == {"x": 0, "y": 0, "width": 360, "height": 740}
    assert dialog.evaluate(RADIUS) == "0px"


@pytest.mark.engine("chromium")
@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("", "light"),
        pytest.param(":root { color-scheme: light dark }", "light dark", marks=pytest.mark.nightly),
        pytest.param("mobbscan-onboarding { color-scheme: dark }", "dark"),
    ],
)
def test_frame_takes_the_colour_scheme_of_the_host_page(
    shopper: NewShopper, style: str, expected: str
) -> None:
    """The browser hands it to the pages in the frame, whose media queries then match."""
    user = shopper(head=f"<style>{style}</style>", browser={"color_scheme": "null"})
    user.click().wait_for("ready")
    scheme = user.element.locator("iframe").evaluate(
        "(frame) => getComputedStyle(frame).colorScheme"
    )
    assert scheme == expected
    user.start()
    pages = [each for each in user.page.frames if each != user.page.main_frame]
    assert len(pages) == 2
    for page in pages:
        is_dark = page.locator("html").evaluate(
            "matchMedia('(prefers-color-scheme: dark)').matches"
        )
        assert is_dark == (expected == "dark")


def test_frame_on_a_phone_links_to_the_consent_and_has_no_gap(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "modal"}, browser={"viewport": PHONE})
    user.click().wait_for("ready")
    link = user.frame.get_by_role("link", name="Next: your consent")
    expect(link).to_be_visible()
    notice = user.frame.locator("[data-check][data-shown]")
    expect(notice).to_have_count(1)
    button = box_of(user.frame.locator("#test-camera"))
    assert button["y"] - box_of(notice)["y"] - box_of(notice)["height"] < 10
    link.click()
    expect(link).to_be_hidden()


def test_inline_frame_has_no_link_to_the_consent(shopper: NewShopper) -> None:
    user = shopper(browser={"viewport": PHONE})
    user.click().wait_for("ready")
    expect(user.frame.get_by_role("heading", name="What you agree to")).to_be_visible()
    expect(user.frame.locator("#scroll-to-consent")).to_be_hidden()


def test_frame_uses_the_language_of_the_handoff_everywhere(shopper: NewShopper) -> None:
    user = shopper(browser={"locale": "es-ES"}, lang="es")
    user.click().wait_for("ready")
    expect(user.frame.get_by_role("heading", name="Verify your identity")).to_be_visible()
    expect(user.frame.locator("html")).to_have_attribute("lang", "en")
    expect(user.frame.locator("body > header")).to_contain_text("nothing is really checked")
    expect(user.frame.locator("body > footer")).to_contain_text("Privacy")


def test_note_shows_its_buttons_one_below_the_other(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "redirect"}, expected=("503", "no hand-off token"))
    user.site.give_token = lambda: None
    user.click()
    first, second = (
        box_of(user.page.get_by_role("button", name=name))
        for name in ("Try again", "Open it full screen")
    )
    assert second["y"] - first["y"] - first["height"] == 16
    assert first["x"] == second["x"]
    assert first["width"] == second["width"]
