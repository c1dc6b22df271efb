"""Steps that read an onboarding before an erasure and store something after it."""
# ruff: noqa: F811 - a fixture is asked for by its name

import json
import threading
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.support.eventually import eventually
from tests.unit.journey.decisions import deciding  # noqa: F401 - a fixture
from tests.unit.journey.erasures import carried_out
from tests.unit.journey.harness import SHOP, unknown_id
from tests.unit.journey.test_api_decide import wanted
from webapp.domain.erasures import Erasure, ErasureState
from webapp.domain.errors import Conflict
from webapp.domain.onboarding import Status
from webapp.journey.api_decide import ApiDecide
from webapp.journey.erase import Erase
from webapp.journey.gateway_slots import GatewaySlots
from webapp.journey.local_erasure import LocalErasure


class DecisionBeforeErasure:
    """Decides, and erases the onboarding before the caller goes on."""

    def __init__(self, harness):
        self._harness = harness

    def decide(self, onboarding_id, request, *, wait):
        result = self._harness.decision.decide(onboarding_id, request, wait=wait)
        carried_out(self._harness, Erase(self._harness.deps), onboarding_id)
        return result


def add_another(harness, onboarding_id):
    """Give the user of this onboarding a second one, which has ended."""
    with harness.database.writing() as work:
        row = work.onboardings.get(onboarding_id)
        other = replace(row, id=str(uuid.uuid4()), status=Status.REJECTED, next_poll_at=None)
        work.onboardings.add(other)
    harness.gateway.processes[other.id] = "NOT_VERIFIED"


@pytest.mark.parametrize("has_another", [True, False])
def test_decision_on_an_onboarding_erased_meanwhile_answers_and_stores_the_tombstone(
    harness, deciding, has_another
):
    if has_another:
        add_another(harness, deciding)
    api = ApiDecide(harness.deps, DecisionBeforeErasure(harness), GatewaySlots())
    idempotency = harness.host_api.idempotency
    claim = idempotency.begin("shop", "key", "call")
    settled = []

    def settle(work, answer, status):
        settled.append(answer)
        idempotency.settle(work, claim, status, json.dumps({"subject": answer.subject}), answer.id)

    answer, status = api.decide(SHOP, deciding, wanted(), settle)

    assert harness.status(deciding) is Status.ERASED
    assert (status, answer.status, answer.subject) == (200, Status.ERASED, None)
    assert settled == [answer]
    assert json.loads(idempotency.begin("shop", "key", "call").body) == {"subject": None}


def waits_for_lock(harness) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with harness.engine.connect() as connection:
        return bool(connection.scalar(text(query)))


@pytest.mark.parametrize("make_link", ["by the host", "by an operator"])
def test_link_for_an_onboarding_erased_meanwhile_is_refused(harness, ada, make_link):
    made = harness.begin(ada)
    add_another(harness, made)
    raised = []

    def link():
        try:
            if make_link == "by the host":
                harness.host_api.change.link(SHOP, made)
            else:
                harness.links.create(made, "cli")
        except Conflict as error:
            raised.append(error.status)

    thread = threading.Thread(target=link)
    local, now = LocalErasure(harness.deps), harness.clock()
    erasure = Erasure(unknown_id(), made, "shop", "host", ErasureState.CONFIRMED, now, now)
    with harness.deps.changing_status() as work:
        row = harness.deps.lock_with_person(work, made)
        thread.start()
        if harness.engine.dialect.name == "postgresql":  # on SQLite nothing is read meanwhile
            eventually(lambda: waits_for_lock(harness), seconds=20)
        work.erasures.add(local.delete(work, row, erasure))
    thread.join(timeout=30)

    assert raised == [Status.ERASED]


def test_notice_erased_before_it_was_handed_on_is_no_dead_letter(harness):
    id_ = unknown_id()
    harness.webhook.store(b'{"verificationId":"%s","status":"VERIFIED"}' % id_.encode())
    with harness.database.writing() as work:
        failed = "UPDATE inbox SET forward_error = 'http_status', forward_attempts = 3"
        work.connection.exec_driver_sql(failed)
        work.erased_data.delete(id_)
    with harness.database.reading() as work:
        assert work.notice_forwards.dead_lettered() == []


def test_notice_without_a_body_is_never_due_for_forwarding(harness):
    id_, now = unknown_id(), harness.clock()
    harness.webhook.store(b'{"verificationId":"%s","status":"VERIFIED"}' % id_.encode())
    with harness.database.writing() as work:
        work.erased_data.delete(id_)
        work.connection.execute(text("UPDATE inbox SET forward_at = :now"), {"now": now})
    with harness.database.writing() as work:
        assert not work.notice_forwards.has_due(now)
        assert work.notice_forwards.claim_due(now, now, 10) == []
