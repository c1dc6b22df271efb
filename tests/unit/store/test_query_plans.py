"""Test that no step scans a whole table.

The steps run, and the database explains each statement they sent: a new query without an index
fails here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from tests.support.bulk_rows import insert_people
from tests.unit.journey.harness import SHOP, JourneyHarness
from tests.unit.store.rows import NOW
from webapp.domain.actors import Actor
from webapp.domain.decisions import DecisionState
from webapp.domain.messages import Attempt, AttemptError
from webapp.domain.onboarding import Status
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.gateway.token_cache import Token
from webapp.journey.api_create import CreateInput
from webapp.journey.decision import Decision
from webapp.journey.erase import Erase
from webapp.journey.idempotency import Claim
from webapp.journey.shared_token_cache import SharedTokenCache
from webapp.store.numbering import number_committed_rows
from webapp.store.polling_source import SINCE

Sent = dict[str, Any]
#: Tables that do not grow with the number of people.
FEW_ROWS = (
    "gateway_token",
    "generated_keys",
    "alarms",
    "heartbeats",
    "failed_polls",
    "counters",
    "limit_counts",
    "element_reports",
    "gateway_facts",
    "receivers",
)
_EXPLAINABLE = ("SELECT", "UPDATE", "DELETE", "INSERT")


@pytest.fixture
def harness(address: str) -> Iterator[JourneyHarness]:
    harness = JourneyHarness(address)
    insert_people(harness.engine, 3000, NOW, harness.database.cipher.seal("x"))
    yield harness
    harness.close()


@contextmanager
def heard(engine: Engine) -> Iterator[Sent]:
    """Record the statements of the block with their parameters."""
    sent: Sent = {}

    def hear(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, many: bool) -> None:
        if statement.lstrip().startswith(_EXPLAINABLE):
            sent[statement] = values[0] if many else values

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def everything_that_is_waited_for(harness: JourneyHarness) -> None:
    """Run every step: start, pages, status, notice, return, poll, login, links, lists, sweep."""
    ada = harness.visitor("ada")
    first = harness.begin(ada, "agreed", "2026-01")
    harness.begin(ada, "agreed", "2026-01")
    harness.put(first, status=Status.INTERRUPTED, interruptions=2)
    harness.begin(ada, "agreed", "2026-01")
    (current,) = [row.id for row in harness.rows(ada) if row.active]
    harness.notice(current, "PENDING_VALIDATION")
    harness.set_gateway_word(current, "PENDING_VALIDATION")
    harness.back(current)
    harness.run_due()
    harness.present.home(ada)
    harness.present.show(ada, current)
    harness.result.status(ada, current)
    harness.admit.find_visitor(ada.session_id)
    harness.gateway_poll.postpone(current)
    code = harness.links.create(harness.begin(harness.visitor("ben")), "cli").url.rpartition("/")[2]
    harness.links.preview(code)
    harness.links.use(code, None)
    harness.put(current, status=Status.IN_REVIEW)
    Decision(harness.deps, harness.gateway_poll, confirmation_seconds=0).accept(
        current, actor="cli"
    )
    harness.put(current, status=Status.REJECTED, reasons=(), submitted_at=NOW)
    harness.begin(ada, "agreed", "2026-01")
    SharedTokenCache(harness.database, harness.clock, "account").get(lambda: Token("t", NOW, NOW))
    if harness.engine.dialect.name == "sqlite":
        with harness.engine.connect() as connection:
            connection.exec_driver_sql(SINCE, (0,))  # elsewhere it is not heard here
    with harness.database.reading() as work:
        work.timeline.newest_id()
        work.onboardings.unfinished()
        work.onboardings.listed(site=None, status="started", limit=50)
        work.onboardings.listed(site="shop", status=None, limit=50)
        work.timeline.of(current)
        work.decisions.of(current)
        work.decisions.waiting(DecisionState.DEAD)
        work.decisions.count_waiting(DecisionState.PARKED)
    send_and_list_messages(harness, current)
    call_the_api(harness)
    erase_and_list(harness, current)
    harness.database.sweep(NOW)


def erase_and_list(harness: JourneyHarness, onboarding_id: str) -> None:
    """Erase an onboarding and all of a user, and read the erasures."""
    erase = Erase(harness.deps)
    harness.put(onboarding_id, next_poll_at=None)
    erasure = erase.onboarding(onboarding_id, actor=Actor.CLI)
    harness.gateway_poll.poll(onboarding_id)
    assert erase.get(erasure.id).erased_at is not None
    harness.gateway_poll.poll(onboarding_id)
    erase.subject(SHOP, "ben", actor=Actor.CLI)
    harness.present.site_of_erased(onboarding_id)
    with harness.database.reading() as work:
        work.erasures.erased_since(NOW, 100)
        work.erasures.listed(site=None, state=None, limit=50)


def call_the_api(harness: JourneyHarness) -> None:
    """Create, read, list, link and cancel, with a key for repetitions."""
    api, wanted = harness.host_api, CreateInput("eve", None, None, None, OnboardingInputs())
    for _ in range(2):
        begun = api.idempotency.begin("shop", "key", "call")
        if isinstance(begun, Claim):
            api.idempotency.store(begun, 200, "")
    api.idempotency.release(api.idempotency.begin("shop", "other", "call"))
    made, _status = api.create.create(SHOP, wanted)
    number_committed_rows(harness.database)
    api.read.onboarding(SHOP, made.id)
    api.read.timeline(SHOP, made.id)
    api.read.subject(SHOP, "eve")
    for after in (None, 1, NOW):
        api.read.page(SHOP, after=after, limit=20)
    api.read.page(SHOP, after=None, limit=20, subject="eve")
    api.change.link(SHOP, made.id)
    api.change.cancel(SHOP, made.id)
    api.key_log.record("shop", "key")


def send_and_list_messages(harness: JourneyHarness, onboarding_id: str) -> None:
    """Claim, fail and deliver messages, number them, and list them in all ways."""
    now, later = harness.clock(), harness.clock() + timedelta(seconds=30)
    with harness.database.writing() as work:
        work.messages.make_due([each.id for each in work.messages.of(onboarding_id)], now)
        first, second, *_ = work.messages.claim_due("shop", now, later, 8)
        for one in (first, second):
            work.messages.add_attempt(one.id, Attempt(now, 1, 500, AttemptError.HTTP_STATUS))
        work.messages.mark_failed(first.id, later, later)
        work.messages.mark_delivered(second.id)
    number_committed_rows(harness.database)
    with harness.database.reading() as work:
        work.messages.has_due("shop", now)
        work.messages.get(first.id)
        work.messages.attempts_of(first.id)
        work.messages.numbered_after("shop", 0, 100)
        work.messages.undelivered("shop", now)
        work.messages.pending("shop")
        work.messages.listed(site=None, state=None, limit=50)
        work.messages.listed(site="shop", state="dead", limit=50)


def test_query_plans_of_all_steps_scan_no_whole_table(harness: JourneyHarness):
    with heard(harness.engine) as sent:
        everything_that_is_waited_for(harness)
    assert len(sent) > 30
    with harness.engine.connect() as connection:
        bad = [f"{found}\n   {sql}" for sql in sent for found in scans(connection, sql, sent[sql])]
    assert not bad, "\n".join(bad)


def test_query_plan_of_awaited_polls_reads_no_backlog(harness: JourneyHarness):
    with harness.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE onboardings SET next_poll_at = created_at")
        connection.exec_driver_sql("ANALYZE")
    with heard(harness.engine) as sent:
        harness.gateway_poll.due_polls()
    (awaited,) = [sql for sql in sent if "poll_reason" in sql]
    explain = "EXPLAIN QUERY PLAN" if harness.engine.dialect.name == "sqlite" else "EXPLAIN"
    with harness.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"{explain} {awaited}", sent[awaited]).all()
    assert "ix_onboardings_awaited" in str(plan), plan
    assert "Sort" not in str(plan), plan
    assert "B-TREE" not in str(plan), plan


@pytest.mark.parametrize("status", [Status.IN_REVIEW, Status.VERIFIED, None])
def test_query_plan_of_the_listing_reads_no_other_statuses(
    harness: JourneyHarness, status: Status | None
) -> None:
    with heard(harness.engine) as sent:
        harness.host_api.read.page(SHOP, after=1, limit=20, status=status)
    (listing,) = [sql for sql in sent if "change_number > " in sql]
    explain = "EXPLAIN QUERY PLAN" if harness.engine.dialect.name == "sqlite" else "EXPLAIN"
    with harness.engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"{explain} {listing}", sent[listing]).all())
    by_status = "ix_onboardings_site_status_change_number"
    rare_by_status = by_status in plan or status is Status.VERIFIED
    assert rare_by_status if status else "ix_onboardings_site_change_number" in plan, plan
    assert "Sort" not in plan, plan
    assert "B-TREE" not in plan, plan


def test_query_plan_without_an_index_is_detected(harness: JourneyHarness):
    with harness.engine.connect() as connection:
        for sql in (
            "SELECT id FROM onboardings WHERE mode = 'iframe'",
            "SELECT id FROM onboardings ORDER BY attempt LIMIT 1",
            "DELETE FROM timeline WHERE event = 'moved'",
            "UPDATE inbox SET times = 2 WHERE status = 'VERIFIED'",
        ):
            assert scans(connection, sql, ()), sql


def scans(connection: Connection, sql: str, values: Any) -> list[str]:
    """The parts of the plan that walk through all rows of a table, or through all of an index.

    In the order of an index up to a limit is no walk through all.
    """
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        walks = [row.detail for row in plan if row.detail.startswith("SCAN")]
        # A virtual table is what was handed over with the statement, as a batch of notices is.
        real = [each for each in walks if "VIRTUAL TABLE" not in each]
        many = [each for each in real if each.split()[1] not in (*FEW_ROWS, "CONSTANT")]
        return [each for each in many if " USING " not in each or "LIMIT" not in sql]
    tree = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", values).scalar_one()
    return list(_whole_walks(tree[0]["Plan"], limited=False))


def _whole_walks(node: dict[str, Any], *, limited: bool) -> Iterator[str]:
    kind = node["Node Type"]
    unaimed = kind.startswith("Index") and "Index Cond" not in node and not limited
    if (kind == "Seq Scan" and node["Relation Name"] not in FEW_ROWS) or unaimed:
        yield f"{kind} of {node.get('Relation Name')}"
    # A sort reads all of its rows before it gives the first.
    limited = kind == "Limit" or (limited and kind != "Sort")
    for inner in node.get("Plans", ()):
        yield from _whole_walks(inner, limited=limited)
