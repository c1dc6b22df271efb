"""Reasons: texts of the gateway map to a closed list of codes."""

import pytest

from webapp.domain.reasons import ReasonCode, of_rejection, reason


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
