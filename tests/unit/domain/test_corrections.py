"""Corrections of a decision are compared with what the gateway shows."""

import pytest

from webapp.domain.corrections import CorrectionResult, compare_corrections
from webapp.domain.decisions import DecisionOutcome, outcome_of_corrections

CONFIRMED, DIFFERS, CANNOT_TELL = CorrectionResult


@pytest.mark.parametrize(
    ("name", "sent", "shown", "result"),
    [
        ("name", "José  María", "JOSÉ MARÍA", CONFIRMED),
        ("name", "Jose\u0301", "Jos\u00e9", CONFIRMED),
        ("name", "José", "JOSE", DIFFERS),
        ("name", "Ada", None, DIFFERS),
        ("mrz", "IDESP1\nADA", "IDESP1ADA", CONFIRMED),
        ("document_number", "ZZZ 000 000", "zzz000000", CONFIRMED),
        ("address", "Main St 1", "MainSt 1", DIFFERS),
    ],
)
def test_compare_corrections_with_a_shown_field_returns_its_result(name, sent, shown, result):
    assert compare_corrections({name: sent}, {name: shown}) == {name: result}


def test_compare_corrections_without_the_field_returns_cannot_tell():
    assert compare_corrections({"post_code": "28001"}, {"name": "ADA"}) == {
        "post_code": CANNOT_TELL
    }


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ([], DecisionOutcome.CONFIRMED),
        ([CONFIRMED, CANNOT_TELL], DecisionOutcome.CONFIRMED),
        ([CONFIRMED, DIFFERS], DecisionOutcome.DIFFERS),
        ([CANNOT_TELL], DecisionOutcome.CANNOT_TELL),
    ],
)
def test_outcome_of_corrections_is_that_of_the_worst_comparable_field(results, outcome):
    assert outcome_of_corrections(results) is outcome
