"""An erasure meets every other change of the same onboarding and user at the same time."""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from tests.unit.journey.erasures import carried_out
from tests.unit.journey.harness import SHOP, JourneyHarness
from webapp.domain.actors import Actor
from webapp.domain.errors import Conflict, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.journey.api_create import CreateInput
from webapp.journey.erase import Erase
from webapp.store.api_tables import onboarding_inputs
from webapp.store.numbering import number_committed_rows
from webapp.store.schema import links, onboardings, people

ROUNDS = 8
#: What a caller may get when the erasure was faster.
EXPECTED = (Conflict, NotFound, GatewayUnavailable)


def at_once(*tasks: Callable[[], Any]) -> list[Exception]:
    """Run the tasks in threads at the same time; return what they raised unexpectedly."""
    gate, raised = threading.Barrier(len(tasks)), []

    def run(task: Callable[[], Any]) -> None:
        gate.wait(timeout=30)
        try:
            task()
        except EXPECTED:
            pass
        except Exception as error:  # noqa: BLE001 - returned to the test
            raised.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def test_erasure_at_the_same_time_as_all_other_changes_wins(harness: JourneyHarness, ben):
    harness.poll_answered(harness.begin(ben), "VERIFIED")
    for round_ in range(ROUNDS):
        assert_that_the_erasure_wins(harness, f"ada-{round_}")
    with harness.database.reading() as work:
        owned = select(onboardings.c.person_id).where(onboardings.c.person_id.is_not(None))
        known = set(work.connection.scalars(select(people.c.id)))
        assert set(work.connection.scalars(owned)) <= known


def assert_that_the_erasure_wins(harness: JourneyHarness, subject: str) -> None:
    erase, api = Erase(harness.deps), harness.host_api
    wanted = CreateInput(subject, "default", None, None, OnboardingInputs(metadata={"a": "b"}))
    made, _ = api.create.create(SHOP, wanted)
    ada = harness.visitor(subject)
    harness.begin(ada)
    harness.set_gateway_word(made.id, "VERIFIED")

    raised = at_once(
        lambda: erase.onboarding(made.id, actor=Actor.HOST),
        lambda: erase.onboarding(made.id, actor=Actor.HOST),
        lambda: erase.subject(SHOP, subject, actor=Actor.HOST),
        lambda: harness.gateway_poll.poll(made.id),
        lambda: harness.gateway_poll.poll(made.id),
        lambda: api.change.link(SHOP, made.id),
        lambda: api.change.cancel(SHOP, made.id),
        lambda: api.create.create(SHOP, wanted),
        lambda: harness.begin(ada, "host"),
        lambda: harness.notice(made.id, "VERIFIED"),
        lambda: harness.back(made.id),
        lambda: harness.visitor(subject),
        lambda: number_committed_rows(harness.database),
    )
    assert raised == []
    carried_out(harness, erase, made.id)
    harness.clock.advance(seconds=30)
    harness.run_due()

    row = harness.row(made.id)
    assert (row.status, row.person_id, row.hosted_url) == (Status.ERASED, None, None)
    assert made.id not in harness.gateway.processes
    with harness.database.reading() as work:
        for table in (links, onboarding_inputs):
            about = select(table).where(table.c.onboarding_id == made.id)
            assert work.connection.execute(about).all() == []
        bodies = work.messages.of(made.id)
    assert bodies[-1].type == "onboarding.erased"
    assert not any(subject in each.body for each in bodies)
