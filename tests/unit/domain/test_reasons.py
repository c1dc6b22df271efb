"""Reasons: the gateway's free words become one of a closed list."""

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
def test_each_hosted_error_has_its_reason(error, code):
    assert of_hosted_error(error) is code


@given(st.text())
def test_any_hosted_error_at_all_has_a_reason(error):
    assert of_hosted_error(error) in ReasonCode


def test_a_rejection_is_read_through_the_flows_map_without_case_and_space():
    reason_map = {" Expired Document ": "document_expired"}
    assert of_rejection("EXPIRED DOCUMENT", reason_map) is ReasonCode.DOCUMENT_EXPIRED


@pytest.mark.parametrize("told", [None, "", "  ", "not in the map"])
def test_a_rejection_without_a_match_is_other(told):
    assert (
        of_rejection(told, {"": "underage", "blurred": "document_unreadable"}) is ReasonCode.OTHER
    )


def test_some_reasons_leave_nothing_to_try_again():
    hopeless = {code for code in ReasonCode if not reason(code).retry_allowed}
    assert hopeless == {
        ReasonCode.UNDERAGE,
        ReasonCode.DOCUMENT_NOT_GENUINE,
        ReasonCode.DATA_MISMATCH,
    }
