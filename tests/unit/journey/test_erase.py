"""Requests to erase an onboarding or a user."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.journey.erasures import carried_out, outcome, requested
from tests.unit.journey.harness import SHOP
from tests.unit.store.rows import decision_record
from webapp.config.sites import Flow
from webapp.domain.actors import Actor
from webapp.domain.erasures import ErasureState
from webapp.domain.errors import NotFound, RetentionRequired
from webapp.domain.onboarding import Status


def test_erasure_repeated_returns_the_same_one(harness, erase, verified, other):
    first = requested(erase, verified)
    assert requested(erase, verified).id == first.id
    harness.run_due()
    assert requested(erase, verified).id == first.id
    harness.run_due()
    assert harness.gateway.count("delete") == 1


def test_erasure_of_another_sites_onboarding_is_not_found(harness, erase, verified):
    with pytest.raises(NotFound):
        erase.onboarding(verified, actor=Actor.HOST, site=harness.sites["bank"])
    with pytest.raises(NotFound):
        erase.onboarding("00000000-0000-4000-8000-000000000000", actor=Actor.HOST)
    erasure = requested(erase, verified)
    with pytest.raises(NotFound):
        erase.get(erasure.id, harness.sites["bank"])


def test_erasure_without_a_create_call_asks_no_gateway(harness, erase, ada):
    onboarding_id = harness.start.prepare(ada, None, "en")

    erasure = requested(erase, onboarding_id)

    assert outcome(erasure) == ("confirmed", None)
    assert erasure.evidence is None
    assert harness.status(onboarding_id) is Status.ERASED
    assert harness.gateway.calls == []
    assert harness.due_ids() == []


def test_erasure_of_an_unfinished_onboarding_withdraws_it_at_once(harness, erase, adas, other):
    erasure = requested(erase, adas)
    assert harness.status(adas) is Status.CANCELED
    harness.gateway.processes[adas] = "PENDING_VERIFICATION"

    harness.run_due()

    assert erase.get(erasure.id).state is ErasureState.CONFIRMED
    assert harness.status(adas) is Status.ERASED


def test_erasure_before_the_retention_floor_is_refused(harness, erase, verified):
    flows = {"default": Flow(keep_at_least_days=30)}
    harness.deps.sites["shop"] = with_flows(SHOP, flows)
    with pytest.raises(RetentionRequired) as refused:
        requested(erase, verified)
    decided_at = harness.row(verified).decided_at
    assert refused.value.keep_until == decided_at + timedelta(days=30)
    assert harness.status(verified) is Status.VERIFIED
    with pytest.raises(RetentionRequired):
        erase.subject(SHOP, "ada", actor=Actor.HOST)

    harness.clock.advance(days=30)
    assert requested(erase, verified).state is ErasureState.PENDING


def with_flows(site: Any, flows: dict[str, Flow]) -> Any:
    return site.model_copy(update={"flows": flows})


def test_subject_without_other_onboardings_is_deleted_with_sessions(harness, erase, ada, verified):
    harness.put(verified, next_poll_at=None)
    found = erase.subject(SHOP, "ada", actor=Actor.HOST)
    assert [each.onboarding_id for each in found] == [verified]
    assert harness.admit.find_visitor(ada.session_id) is not None
    assert erase.subject(SHOP, "ada", actor=Actor.HOST)[0].id == found[0].id

    harness.run_due()

    assert harness.admit.find_visitor(ada.session_id) is None
    assert erase.subject(SHOP, "ada", actor=Actor.HOST) == []
    assert erase.get(found[0].id).is_person_erased


def test_subject_who_has_only_signed_in_is_deleted_at_once(harness, erase, ada):
    assert erase.subject(SHOP, "ada", actor=Actor.HOST) == []
    assert harness.admit.find_visitor(ada.session_id) is None


def test_open_decision_is_withdrawn_by_the_erasure(harness, erase, ada, other):
    onboarding_id = harness.begin(ada, "host")
    harness.poll_answered(onboarding_id, "PENDING_VALIDATION")
    with harness.database.writing() as work:
        work.decisions.add(decision_record(onboarding_id, due_at=harness.clock()))

    carried_out(harness, erase, onboarding_id)

    assert harness.gateway.count("accept") == 0
    with harness.database.reading() as work:
        (decision,) = work.decisions.of(onboarding_id)
    assert (str(decision.outcome), decision.content) == ("withdrawn", None)
