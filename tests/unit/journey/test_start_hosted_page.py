"""start: a create answer whose hosted page cannot be shown is not repeated."""

import pytest
from sqlalchemy import Engine, event

from tests.unit.journey.fakes import HOSTED
from tests.unit.journey.harness import JourneyHarness
from webapp.domain.errors import GatewayUnreadable, HostedPageUntrusted
from webapp.domain.onboarding import Status
from webapp.gateway.errors import NoHostedPage


def alarms(harness: JourneyHarness) -> dict[str, str]:
    with harness.database.reading() as work:
        return work.alarms.details()


def test_begin_with_untrusted_page_keeps_it_until_its_origin_is_trusted(harness, ada, ben):
    harness.gateway.trusted = False
    for _ in range(2):
        with pytest.raises(HostedPageUntrusted):
            harness.begin(ada)
    (row,) = harness.rows(ada)
    assert (row.status, row.create_called_at) == (Status.CREATED, None)
    assert alarms(harness) == {"hosted_origin_untrusted": HOSTED}
    harness.gateway.trusted = True
    assert harness.begin(ada) == row.id
    assert harness.gateway.count("create") == 1
    started = harness.row(row.id)
    assert (started.status, started.hosted_url) == (Status.STARTED, f"{HOSTED}/o/{row.id}")
    assert started.next_poll_at is not None
    assert alarms(harness) == {}


def test_begin_with_untrusted_page_locks_the_onboarding_before_the_alarm(harness, ada):
    harness.gateway.trusted = False
    statements: list[str] = []

    def record(_connection, _cursor, statement, *_more):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    try:
        with pytest.raises(HostedPageUntrusted):
            harness.begin(ada)
    finally:
        event.remove(Engine, "before_cursor_execute", record)
    raised = next(n for n, each in enumerate(statements) if "INTO alarms" in each)
    assert statements[raised - 1].startswith("SELECT onboardings.")


def test_begin_without_hosted_page_in_the_answer_is_not_repeated(harness, ada):
    harness.gateway.errors["create"].append(
        NoHostedPage("create: token or url missing", status=200)
    )
    with pytest.raises(GatewayUnreadable):
        harness.begin(ada)
    assert harness.gateway.count("create") == 1
    (row,) = harness.rows(ada)
    assert alarms(harness) == {"gateway_unreadable": row.id}
