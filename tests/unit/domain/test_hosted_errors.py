"""Hosted errors: words of the hosted page map to notes and to a closed list of reasons."""

import pytest

from webapp.domain.hosted_errors import FAILED_CHECKS, NOTES, HostedError, hosted_error, is_no_error
from webapp.domain.reasons import ReasonCode


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("connectionError", ReasonCode.CONNECTION_LOST),
        ("hardwareError", ReasonCode.CAMERA_UNAVAILABLE),
        ("onboardingError", ReasonCode.HOSTED_ERROR),
        ("permissionError", ReasonCode.PERMISSION_DENIED),
        ("PERMISSIONERROR", ReasonCode.PERMISSION_DENIED),
        ("ERROR_PERMISSION", ReasonCode.PERMISSION_DENIED),
        ("supportError", ReasonCode.HOSTED_ERROR),
        ("timeoutError", ReasonCode.TIMED_OUT),
        ("timeOut", ReasonCode.TIMED_OUT),
        ("", ReasonCode.HOSTED_ERROR),
        ("somethingNew", ReasonCode.HOSTED_ERROR),
    ],
)
def test_hosted_error_known_word_has_its_reason(error, code):
    assert hosted_error(error) == HostedError(str(code), code)


def test_hosted_error_special_note_has_reason_of_closed_list():
    assert hosted_error("WEBCAM_NOT_SUPPORTED_ERROR") == HostedError(
        "camera_not_hd", ReasonCode.CAMERA_UNAVAILABLE
    )


def test_hosted_error_words_are_found_by_their_own_beginning():
    """No word is hidden by a shorter one that stands before it."""
    assert {word: hosted_error(word).note for word in NOTES} == dict(NOTES)


def test_failed_checks_lead_to_reason_codes():
    assert set(FAILED_CHECKS.values()) <= set(ReasonCode)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("undefined", True), ("N/A", True), (" NULL ", True), ("", True), ("undefinedX", False)],
)
def test_is_no_error_is_true_for_names_of_missing_values(word, expected):
    assert is_no_error(word) is expected
