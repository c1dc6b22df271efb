"""A camera below HD, and the error words of the vendor's pages: each has a note for the user."""

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack
from tests.support.user_journey import start_onboarding

pytestmark = pytest.mark.needs("chromium")

#: A camera with one fixed size, whatever is requested; `wanted` records the request.
FIXED_CAMERA = """
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    window.wanted = wanted;
    const canvas = Object.assign(document.createElement("canvas"), %s);
    canvas.getContext("2d").fillRect(0, 0, 9, 9);
    return canvas.captureStream(5);
  };
"""
POST_ERROR = "([message]) => parent.postMessage(message, '*')"
NOTE_AFTER_MS = 4_500
FINISHED = {"name": "OnboardingFinished"}
WORDS = {
    "PermissionError": "permission_denied",
    "PERMISSION_ERROR": "permission_denied",
    "HardwareError": "camera_unavailable",
    "CONNECTION_ERROR": "connection_lost",
    "TIMEOUT_ERROR": "timed_out",
    "WEBCAM_NOT_SUPPORTED_ERROR": "camera_not_hd",
    "WEBCAM_NOT_FOUND_ERROR": "camera_unavailable",
    "PROTOCOL_ERROR": "page_not_secure",
    "ERROR_DOCUMENT_NOT_CLASSIFIED": "document_unreadable",
    "DOCUMENT_NOT_CLASSIFIED": "document_unreadable",
    "ERROR_WRONG_DOCUMENT_TYPE": "document_type_not_accepted",
    "ERROR_DOCUMENT_ALREADY_SCANNED": "document_already_scanned",
    "ERROR_SCAN_PROCESS_IS_NOT_VALID": "checks_failed",
    "ERROR_SCAN_PROCESS_NOT_STARTED": "hosted_error",
    "ERROR_WRONG_OPERATION_MODE": "hosted_error",
    "PLACEHOLDER_NOT_CONFIGURED_ERROR": "hosted_error",
    "MAX_FILE_SIZE_TO_SCAN_ERROR": "file_too_large",
    "SOMETHING_NEW": "hosted_error",
}
FAILED = "scanProcessFailedValidations"
VALUES: list[tuple[Any, str]] = [
    ({"message": "Not HD", "name": "WEBCAM_NOT_SUPPORTED_ERROR"}, "camera_not_hd"),
    ({"errorCode": "MAX_FILE_SIZE_TO_SCAN_ERROR", "errorDetails": "12 MB"}, "file_too_large"),
    ("ERROR_WRONG_DOCUMENT_TYPE", "document_type_not_accepted"),
    (None, "hosted_error"),
    (
        {
            "message": "ERROR_SCAN_PROCESS_IS_NOT_VALID",
            "extrainfo": {FAILED: ["validationDocumentNotExpired"]},
        },
        "document_expired",
    ),
    (
        {
            "message": "ERROR_SCAN_PROCESS_IS_NOT_VALID",
            "extraInfo": {FAILED: '["validationFacialMatching"]'},
        },
        "face_mismatch",
    ),
    ({"errorCode": "VALIDATION_ERROR", "failedValidations": ["validationNew"]}, "checks_failed"),
]


def log_in(stack: Stack, ada: Person, page: Page) -> Page:
    """Log in with a hand-off, to the home page."""
    page.set_default_timeout(20_000)
    query = urlencode({"token": stack.handoff_token(ada)})
    page.goto(f"{stack.public_url}/handoff?{query}")
    return page


@pytest.fixture
def frame_page(stack: Stack, ada: Person, browser_page: BrowserPage) -> Page:
    """The page with the hosted page in its frame."""
    page = browser_page(viewport=(360, 740))
    page.clock.install()
    log_in(stack, ada, page).locator("main form[action$='/onboardings'] button").click()
    expect(page.frame_locator("#hosted").locator("#begin")).to_be_visible(timeout=20_000)
    return page


def post_error(page: Page, value: Any) -> None:
    """Post an error and the end of the process, as the hosted page does."""
    token = page.locator("#stage").get_attribute("data-onboarding-token")
    for kind, content in (("Error", value), ("Info", FINISHED)):
        message = {"onboarding": {"onboardingToken": token}, "type": kind, "value": content}
        page.frames[1].evaluate(POST_ERROR, [message])


def expect_note(page: Page, name: str) -> None:
    note = page.locator(f"[data-note={name}]")
    for _ in range(20):  # the messages may arrive after the clock has moved once
        if note.is_visible():
            break
        page.clock.run_for(NOTE_AFTER_MS)
    expect(note).to_be_visible()
    assert note.locator("strong").inner_text().strip(" .")
    assert page.locator("[data-note]:visible").count() == 1


def test_frame_error_word_of_the_vendor_shows_its_note(frame_page: Page) -> None:
    for word, note in WORDS.items():
        post_error(frame_page, {"message": word})
        expect_note(frame_page, note)


def test_frame_error_in_other_shape_shows_its_note(frame_page: Page) -> None:
    for value, note in VALUES:
        post_error(frame_page, value)
        expect_note(frame_page, note)


@pytest.mark.parametrize(
    ("size", "notice"),
    [
        ({"width": 1279, "height": 720}, "low"),
        ({"width": 1280, "height": 720}, "works"),
        ({"width": 640, "height": 480}, "low"),
        ({"width": 1280, "height": 700}, "low"),
        ({"width": 720, "height": 1280}, "works"),
    ],
    ids=str,
)
def test_camera_test_below_hd_warns(
    stack: Stack, ada: Person, browser_page: BrowserPage, size: dict[str, int], notice: str
) -> None:
    page = browser_page()
    page.add_init_script(FIXED_CAMERA % size)
    log_in(stack, ada, page)
    page.get_by_role("button", name="Test my camera").click()
    expect(page.locator(f"[data-check={notice}]")).to_be_visible(timeout=20_000)
    wanted = page.evaluate("wanted.video")
    assert (wanted["width"]["ideal"], wanted["height"]["ideal"]) == (1280, 720)


@pytest.mark.parametrize(
    ("word", "heading", "code"),
    [
        ("HARDWARE_ERROR", "The camera did not work", "camera_unavailable"),
        ("WEBCAM_NOT_SUPPORTED_ERROR", "Your camera is not sharp enough", "camera_unavailable"),
        ("WEBCAM_IN_USE_ERROR", "The camera did not work", "camera_unavailable"),
        ("CONNECTION_ERROR", "The connection was lost", "connection_lost"),
        (
            "ERROR_WRONG_DOCUMENT_TYPE",
            "This kind of document is not accepted",
            "document_type_not_accepted",
        ),
        (
            "ERROR_DOCUMENT_NOT_CLASSIFIED",
            "Your document could not be read",
            "document_unreadable",
        ),
        (
            "ERROR_DOCUMENT_ALREADY_SCANNED",
            "This side of your document was already taken",
            "document_unreadable",
        ),
        ("MAX_FILE_SIZE_TO_SCAN_ERROR", "The picture is too large", "document_unreadable"),
        (
            "ERROR_SCAN_PROCESS_IS_NOT_VALID",
            "The pictures did not pass the check",
            "hosted_error",
        ),
        ("PROTOCOL_ERROR", "The page was not opened securely", "hosted_error"),
    ],
)
def test_return_with_error_word_of_the_vendor_explains_it(
    stack: Stack, ada: Person, word: str, heading: str, code: str
) -> None:
    walk = start_onboarding(stack, ada)
    assert walk.come_back(word).heading == heading
    assert [each["code"] for each in walk.status["reasons"]] == [code]
