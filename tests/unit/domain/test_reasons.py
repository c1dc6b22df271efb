"""Reasons: texts of the gateway map to a closed list of codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.reasons import ReasonCode, of_hosted_error, of_rejection, reason


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("connectionError", ReasonCode.CONNECTION_LOST),
        ("hardwareError", ReasonCode.CAMERA_UNAVAILABLE),
        ("onboardingError", ReasonCode.HOSTED_ERROR),
        ("permissionError", ReasonCode.PERMISSION_DENIED),
        ("PERMISSIONERROR", ReasonCode.PERMISSION_DENIED),
        ("supportError", ReasonCode.HOSTED_ERROR),
        ("timeoutError", ReasonCode.TIMED_OUT),
        ("timeOut", ReasonCode.TIMED_OUT),
        ("somethingNew", ReasonCode.HOSTED_ERROR),
    ],
)
def test_of_hosted_error_maps_each_known_value(error, code):
    assert of_hosted_error(error) is code


@given(st.text())
def test_of_hosted_error_maps_any_text_to_a_code(error):
    assert of_hosted_error(error) in ReasonCode


def test_of_rejection_ignores_case_and_space():
    reason_map = {" Expired Document ": "document_expired"}
    assert of_rejection("EXPIRED DOCUMENT", reason_map) is ReasonCode.DOCUMENT_EXPIRED


@pytest.mark.parametrize("text", [None, "", "  ", "not in the map"])
def test_of_rejection_without_a_match_is_other(text):
    assert (
        of_rejection(text, {"": "underage", "blurred": "document_unreadable"}) is ReasonCode.OTHER
    )


def test_reason_forbids_a_retry_for_three_codes():
    hopeless = {code for code in ReasonCode if not reason(code).retry_allowed}
    assert hopeless == {
        ReasonCode.UNDERAGE,
        ReasonCode.DOCUMENT_NOT_GENUINE,
        ReasonCode.DATA_MISMATCH,
    }
