"""Return addresses as hosted pages, proxies and templates spell them, and what they mean."""

import pytest

from tests.support.http_session import Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, start_onboarding

BACK = "You are back"
CAMERA = "The camera was not allowed"
NO_ERRORS = [
    "?error=undefined", "?error=null", "?error=None", "?error=NaN", "?error=false", "?error=",
    "?error", "?error=%20undefined%20", "?error=%22undefined%22", "?error='null'", "?error=(null)",
    "?Error=Undefined", "?error=undefined&error=null", ";jsessionid=0A1B", "?errors_seen=0", "?",
    "&error=undefined", "/", "/?error=null", "?scanId=x&verificationError=x",
]  # fmt: skip
ERRORS = [
    "?error=PermissionError", "?Error=PermissionError", "?ERROR=PermissionError",
    "??error=PermissionError", "?&error=PermissionError", "&error=PermissionError",
    ";jsessionid=0A1B?error=PermissionError", "?error=PermissionError;jsessionid=0A1B",
    "?scanId=x;error=PermissionError", "?a=b?error=PermissionError", "/?error=PermissionError",
    "%3Ferror=PermissionError", "%3Ferror%3DPermissionError", "%26error=PermissionError",
    "?amp;error=PermissionError", "?a=b&amp;error=PermissionError", "?error%3DPermissionError",
    "?error=undefined&error=PermissionError", "?error=PermissionError?error=PermissionError",
    "?error[]=PermissionError", "?%20error=%20PermissionError%20", "?errorCode=PermissionError",
    "?error=PERMISSION_ERROR", "?error=permission-error", "?error=%22PermissionError%22",
    "?error=Permission", "?error=Permission+Error", "&amp;error=PermissionError",
]  # fmt: skip


@pytest.fixture
def walk(stack: Stack, ada: Person) -> UserJourney:
    return start_onboarding(stack, ada)


def come_back(walk: UserJourney, ending: str) -> Page:
    """Open the return address with an ending, sent as it is written."""
    return walk.browser.get(walk.return_url + ending)


@pytest.mark.parametrize("ending", NO_ERRORS)
def test_return_with_literal_non_value_is_no_error(walk: UserJourney, ending: str) -> None:
    page = come_back(walk, ending)
    assert (page.status, page.heading) == (200, BACK)
    assert walk.status["status"] == "submitted"


@pytest.mark.parametrize("ending", ERRORS)
def test_return_with_error_in_other_spelling_is_explained(walk: UserJourney, ending: str) -> None:
    page = come_back(walk, ending)
    assert (page.status, page.heading) == (200, CAMERA)
    assert walk.status["status"] == "interrupted"
    assert walk.status["reasons"] == [{"code": "permission_denied", "retry_allowed": True}]


@pytest.mark.parametrize("ending", ["?error=SomethingNew", "?error=undefinedError", "?error=0x1"])
def test_return_with_unknown_error_stays_an_error(walk: UserJourney, ending: str) -> None:
    assert come_back(walk, ending).heading == "Something went wrong during the check"
    assert walk.status["status"] == "interrupted"


@pytest.mark.parametrize("ending", ["x", "x?error=null", ".x", "/x", "%2Fx", "%00", "x&error=null"])
def test_return_with_altered_reference_stays_404(walk: UserJourney, ending: str) -> None:
    assert come_back(walk, ending).status == 404
    assert walk.status["status"] == "started"
