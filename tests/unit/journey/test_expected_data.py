"""Expected data is compared with the document at each poll; the document's data is not stored."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.unit.journey.harness import SHOP, JourneyHarness
from tests.unit.journey.test_api_create import code_of, create, wanted
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.store.api_tables import onboarding_inputs
from webapp.store.metadata import metadata

EXPECTED = {"name": "Ada", "surname": "Muñoz", "date_of_birth": "1985-12-10"}
DOCUMENT = {
    "name": "ADA",
    "surname": "MUNXXOZ",
    "dateOfBirth": "10/12/1985",
    "documentNumber": "PLANTED-NUMBER",
    "address": "PLANTED STREET",
}


@pytest.fixture
def onboarding(harness: JourneyHarness) -> str:
    """Return the id of a started onboarding with expected data."""
    return started(harness, EXPECTED)


def started(harness: JourneyHarness, expected: dict[str, str]) -> str:
    made, _ = create(harness, wanted(inputs=OnboardingInputs(expected=expected)))
    visitor, _ = harness.links.use(code_of(made.link), None)
    return harness.begin(visitor)


def shown_match(harness: JourneyHarness, onboarding_id: str) -> str:
    """Return what the API shows."""
    return str(harness.host_api.read.onboarding(SHOP, onboarding_id).expected_match)


def stored_hash(harness: JourneyHarness, onboarding_id: str) -> Any:
    column, key = onboarding_inputs.c.expected_match_hash, onboarding_inputs.c.onboarding_id
    with harness.database.reading() as work:
        return work.connection.scalar(select(column).where(key == onboarding_id))


@pytest.mark.parametrize(
    ("document", "result"),
    [
        (DOCUMENT, "match"),
        ({**DOCUMENT, "name": "ADA MARIA"}, "partial"),
        ({**DOCUMENT, "dateOfBirth": None}, "partial"),
        ({"name": "BEN", "surname": "ORTEGA", "dateOfBirth": "1990-01-01"}, "mismatch"),
        ({"address": "PLANTED STREET"}, "not_checked"),
        ({"surname": None, "firstSurname": "Muñoz", "secondSurname": None}, "partial"),
        ({}, "not_checked"),
    ],
)
def test_poll_with_a_document_stores_the_result(harness, onboarding, document, result):
    harness.poll_answered(onboarding, "VERIFIED", document=document)
    assert shown_match(harness, onboarding) == result


def test_poll_compares_in_the_transaction_that_changes_the_status(harness, onboarding):
    harness.poll_answered(onboarding, "VERIFIED", document=DOCUMENT)
    events = harness.events(onboarding)
    assert events.index("expected_data_compared") < events.index("moved")
    (compared,) = [e for e in harness.timeline(onboarding) if e.event == "expected_data_compared"]
    assert compared.detail == {"result": "match"}


def test_poll_with_a_changed_document_changes_the_case_and_not_the_status(harness, onboarding):
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=DOCUMENT)
    before = harness.row(onboarding)
    first = stored_hash(harness, onboarding)
    other = {**DOCUMENT, "name": "BEN"}
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=other)
    after = harness.row(onboarding)
    assert shown_match(harness, onboarding) == "partial"
    assert (after.status, after.case_version) == (before.status, before.case_version + 1)
    assert stored_hash(harness, onboarding) not in (None, first)


def test_poll_with_the_same_document_changes_nothing(harness, onboarding):
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=DOCUMENT)
    before, digest = harness.row(onboarding), stored_hash(harness, onboarding)
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=DOCUMENT)
    after = harness.row(onboarding)
    assert (after.version, after.case_version) == (before.version, before.case_version)
    assert stored_hash(harness, onboarding) == digest
    assert harness.events(onboarding).count("expected_data_compared") == 1


def test_poll_with_a_later_answer_without_document_keeps_the_result(harness, onboarding):
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=DOCUMENT)
    harness.poll_answered(onboarding, "VERIFIED", document={})
    assert shown_match(harness, onboarding) == "match"


def test_poll_without_expected_data_compares_nothing(harness, adas):
    harness.poll_answered(adas, "VERIFIED", document=DOCUMENT)
    with harness.database.reading() as work:
        assert work.generated_keys.get("expected data") is None
    assert "expected_data_compared" not in harness.events(adas)


def test_hash_tells_documents_apart(harness, onboarding):
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=DOCUMENT)
    first = stored_hash(harness, onboarding)
    other = {**DOCUMENT, "documentNumber": "OTHER"}
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=other)
    assert first != stored_hash(harness, onboarding)


def test_hash_of_the_same_data_differs_under_another_key(harness, onboarding):
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=DOCUMENT)
    first = stored_hash(harness, onboarding)
    with harness.database.writing() as work:
        assert work.generated_keys.delete("expected data")
    harness.poll_answered(onboarding, "PENDING_VERIFICATION", document=DOCUMENT)
    assert first != stored_hash(harness, onboarding)


def test_poll_stores_nothing_of_document_and_expected_data_in_plain_text(harness, onboarding):
    harness.poll_answered(onboarding, "VERIFIED", document=DOCUMENT)
    with harness.database.reading() as work:
        stored = "\n".join(
            f"{table.name} {row!r}"
            for table in metadata.sorted_tables
            for row in work.connection.execute(select(table))
        )
    assert onboarding in stored
    for secret in ("PLANTED", "MUNXXOZ", "Muñoz", "1985", "10/12"):
        assert secret not in stored, secret
