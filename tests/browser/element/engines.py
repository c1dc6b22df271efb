"""Which tests of the element run in which browser engine.

Every test that opens a page of the host site runs in Chromium, and at night in Firefox as well.
A test with `@pytest.mark.engine("firefox")` runs in that engine only.
"""

import pytest

#: Tests that cannot run in Firefox, and why.
NOT_IN_FIREFOX = {
    "test_element_modal_leads_to_verified_and_gives_focus_and_scroll_back": (
        "Playwright scrolls the page at each click; test_element_firefox.py uses the keyboard"
    ),
    "test_element_moved_with_move_before_keeps_its_frame": (
        "Firefox loads a frame in a shadow root again; see test_element_firefox.py"
    ),
    "test_element_on_page_that_blocks_the_camera_leads_full_screen": (
        "Firefox ignores Permissions-Policy"
    ),
    "test_element_of_flow_with_microphone_on_page_that_blocks_it_leads_full_screen": (
        "Firefox ignores Permissions-Policy"
    ),
    "test_report_of_the_element_is_counted": "Firefox ignores Permissions-Policy",
    "test_element_after_back_from_the_full_screen_can_be_opened": (
        "Playwright waits for the end of a navigation that Firefox does not report"
    ),
    "test_element_on_page_with_embedder_policy_leads_to_the_hosted_page": (
        "Firefox has no credentialless frames; test_element_firefox.py expects the full screen"
    ),
}


def engines_of(test: pytest.Function) -> list[object]:
    """Return the parameters of the fixture `engine` for this test."""
    if only := test.get_closest_marker("engine"):
        return [_parameter(name) for name in only.args]
    if test.originalname in NOT_IN_FIREFOX:
        return [_parameter("chromium")]
    return [_parameter("chromium"), _parameter("firefox", pytest.mark.nightly)]


def _parameter(engine: str, *marks: pytest.MarkDecorator) -> object:
    program = {"chromium": "chromium", "firefox": "firefox-esr"}[engine]
    return pytest.param(engine, marks=[pytest.mark.needs(program), *marks])
