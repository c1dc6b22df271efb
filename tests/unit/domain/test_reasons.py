"""Reasons: texts of the gateway map to a closed list of codes."""

import pytest

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
        ("", ReasonCode.HOSTED_ERROR),
        ("somethingNew", ReasonCode.HOSTED_ERROR),
    ],
)
def test_of_hosted_error_maps_each_known_value(error, code):
    assert of_hosted_error(error) is code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EXPIRED DOCUMENT", ReasonCode.DOCUMENT_EXPIRED),
        (None, ReasonCode.OTHER),
        ("  ", ReasonCode.OTHER),
        ("not in the map", ReasonCode.OTHER),
    ],
)
def test_of_rejection_matches_the_map_without_case_and_space(text, code):
    reason_map = {"": "underage", " Expired Document ": "document_expired"}
    assert of_rejection(text, reason_map) is code


def test_reason_forbids_a_retry_for_three_codes():
    hopeless = {str(code) for code in ReasonCode if not reason(code).retry_allowed}
    assert hopeless == {"underage", "document_not_genuine", "data_mismatch"}
