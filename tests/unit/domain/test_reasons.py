"""Reasons: texts of the gateway map to a closed list of codes."""

import pytest

from webapp.domain.reasons import ReasonCode, of_rejection, reason, rejection_comment


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


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rejection_comment("blurred: see page 2", ReasonCode.DOCUMENT_EXPIRED), "document_expired"),
        (" FACE_MISMATCH : not her", "face_mismatch"),
        ("document_expired without a colon", "other"),
        ("no_such_code: text", "other"),
        (rejection_comment("underage: no", None), "underage"),
    ],
)
def test_of_rejection_finds_our_own_code_without_the_map(text, code):
    assert of_rejection(text, {}) is ReasonCode(code)


def test_of_rejection_takes_the_sent_reason_only_without_a_text():
    assert of_rejection(None, {}, ReasonCode.UNDERAGE) is ReasonCode.UNDERAGE
    assert of_rejection("of a reviewer", {}, ReasonCode.UNDERAGE) is ReasonCode.OTHER
