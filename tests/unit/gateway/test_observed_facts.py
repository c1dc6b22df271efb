"""Facts of process data: names, shapes and words, and none of the values."""

import pytest

from webapp.gateway.contract import DOCUMENT, DOCUMENTED, PROCESS_DATA
from webapp.gateway.models import ProcessData
from webapp.gateway.observed_facts import FactKind, ObservedFact, facts_of, safe_word, shape_of

PERSON = {
    "scanId": "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77",
    "verificationResult": "VERIFIED",
    "document": {
        "name": "MARKER ADA",
        "dateOfBirth": "02/03/1990",
        "documentNumber": "ZZZ000000MARKER",
        "marker@example.com": "MARKER",
        "facialMatchingScore": 0.91,
    },
    "validations": {"validationMRZ": "VALID", "MARKER ADA": {"MARKER": 1}},
    "images": ["https://gw.test/MARKER"],
    "extraParameters": [{"name": "MARKER", "value": "MARKER"}],
    "clientInfo": {"MARKER": "MARKER"},
}


def test_facts_hold_no_value_of_a_person():
    assert "MARKER" not in str(facts_of(PERSON)).upper().replace("(ANOTHER", "")


def test_facts_have_names_shapes_and_the_word():
    found = {(each.name, each.shape) for each in facts_of(PERSON) if each.kind is FactKind.FIELD}
    assert found == {
        ("scanId", "text: UUID"),
        ("verificationResult", "text"),
        ("document", "object"),
        ("document.name", "text"),
        ("document.dateOfBirth", "text: dd/MM/yyyy"),
        ("document.documentNumber", "text"),
        ("document.(another name)", "text"),
        ("document.facialMatchingScore", "number"),
        ("validations", "object"),
        ("validations.validationMRZ", "text"),
        ("validations.(another name)", "object"),
        ("images", "list of text: web address"),
        ("extraParameters", "list of object {name, value}"),
        ("clientInfo", "object"),
    }
    assert ObservedFact(FactKind.WORD, "verificationResult", "VERIFIED") in facts_of(PERSON)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, "null"),
        (True, "boolean"),
        (3, "number"),
        ("", "text: empty"),
        ("0,97", "text: number"),
        ("2026-01-10T09:06:12.123+01:00", "text: ISO 8601"),
        ([], "list: empty"),
        ([1, "a"], "list of number or text"),
        ([{f"k{number}": 1 for number in range(9)}], "list of object"),
        ([{"a" * 40: 1, "b" * 40: 1}], "list of object {" + "a" * 40 + ", " + "b" * 6),
    ],
)
def test_shape_of_a_value_is_its_type_and_form(value, shape):
    assert shape_of(value) == shape
    assert len(shape_of(value)) <= 64


@pytest.mark.parametrize(
    ("word", "safe"),
    [("verified ", "VERIFIED"), ("ON_HOLD", "ON_HOLD"), ("Ada Lovelace", "(another text)")],
)
def test_safe_word_keeps_words_of_an_enumeration_only(word, safe):
    assert safe_word(word) == safe


def test_contract_names_exactly_what_the_models_read():
    read = {field.alias for field in ProcessData.model_fields.values()} - {"raw"}
    assert PROCESS_DATA.keys() == read
    assert len(DOCUMENT) == 23
    assert all(len(name) <= 128 for name in DOCUMENTED)
