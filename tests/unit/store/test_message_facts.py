"""What a message states besides the row of its onboarding."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.domain.samples import NOW
from tests.unit.store.rows import add, admit, onboarding
from tests.unit.store.test_messages import message, store
from webapp.domain.onboarding import Onboarding
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.store.message_facts import MessageFacts
from webapp.store.unit_of_work import Database


def facts(database: Database, row: Onboarding) -> MessageFacts:
    with database.reading() as work:
        return work.message_facts.of(row.id, row.person_id)


def test_message_facts_before_the_first_message_are_those_of_the_person(
    database: Database,
) -> None:
    row = add(database, onboarding(admit(database, "ada")))
    other = add(database, onboarding(admit(database, "ben")))
    store(database, message(other.id, 7))
    assert facts(database, row) == MessageFacts("ada", {}, None, 0, None)


def test_message_facts_after_several_messages_are_those_of_the_last_one(
    database: Database,
) -> None:
    row = add(database, onboarding(admit(database, "ada")))
    for sequence in (2, 11, 9):
        at = NOW + timedelta(minutes=sequence)
        store(database, replace(message(row.id, sequence), created_at=at))
    found = facts(database, row)
    assert (found.last_sequence, found.last_created_at) == (11, NOW + timedelta(minutes=11))


def test_message_facts_contain_the_inputs_of_the_host_site(database: Database) -> None:
    row = add(database, onboarding(admit(database, "ada")))
    with database.writing() as work:
        work.inputs.add(row.id, OnboardingInputs(metadata={"order": "7"}))
        work.inputs.set_expected_match(row.id, "partial", "digest")
    assert facts(database, row) == MessageFacts("ada", {"order": "7"}, "partial", 0, None)
