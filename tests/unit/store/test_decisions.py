"""Test that decisions are stored as they are, and that an onboarding has one unsettled one."""

from datetime import timedelta

import pytest

from tests.unit.store.rows import NOW, add, admit, decision_record, onboarding, written
from webapp.domain.decision_transitions import dead_letter, settle
from webapp.domain.decisions import (
    DecisionContent,
    DecisionKind,
    DecisionOutcome,
    DecisionRequester,
    DecisionState,
    GatewayReply,
)
from webapp.domain.onboarding import Onboarding
from webapp.domain.reasons import ReasonCode
from webapp.store.errors import AlreadyExists
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def row(database: Database) -> Onboarding:
    return add(database, onboarding(admit(database)))


def test_decision_is_stored_with_every_field(database: Database, row: Onboarding):
    decision = decision_record(
        row.id,
        kind=DecisionKind.REJECT,
        content=DecisionContent("not her", {"name": "Íñigo"}, ReasonCode.FACE_MISMATCH),
        requester=DecisionRequester("Olga", "ops"),
        attempts=2,
        reply=GatewayReply(503, "busy"),
        unconfirmed_since=NOW,
    )
    written(database, lambda work: work.decisions.add(decision))
    assert written(database, lambda work: work.decisions.unsettled(row.id)) == decision
    assert written(database, lambda work: work.decisions.get(decision.id)) == decision


def test_second_unsettled_decision_raises_already_exists(database: Database, row: Onboarding):
    written(database, lambda work: work.decisions.add(decision_record(row.id)))
    with pytest.raises(AlreadyExists):
        written(database, lambda work: work.decisions.add(decision_record(row.id)))


def test_settled_decision_makes_room_for_the_next(database: Database, row: Onboarding):
    first, second = decision_record(row.id), decision_record(row.id, case_version=2)
    settled = settle(first, LATER, DecisionOutcome.REFUSED, GatewayReply(400, "no"))
    with database.writing() as work:
        work.decisions.add(first)
        work.decisions.save(settled)
        work.decisions.add(second)
    assert written(database, lambda work: work.decisions.of(row.id)) == [settled, second]
    assert written(database, lambda work: work.decisions.unsettled(row.id)) == second


def test_dead_decision_is_counted_and_listed(database: Database, row: Onboarding):
    with database.writing() as work:
        work.decisions.add(dead_letter(decision_record(row.id), LATER))
        assert work.decisions.count_waiting(DecisionState.DEAD) == 1
        assert work.decisions.count_waiting(DecisionState.PARKED) == 0
        (one,) = work.decisions.waiting(DecisionState.DEAD)
    assert (one.onboarding_id, one.kind, one.attempts) == (row.id, "accept", 0)


def test_repr_of_a_decision_hides_its_content(row: Onboarding):
    decision = decision_record(
        row.id, content=DecisionContent("secret"), requester=DecisionRequester("secret")
    )
    assert "secret" not in repr(decision)
