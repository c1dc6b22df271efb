"""Two nodes with one PostgreSQL: a user may reach either, and one node dies for good."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle

import pytest

from tests.faults.conftest import ReportLine
from tests.support.eventually import eventually
from tests.support.fleet import Fleet, Node
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person
from tests.support.user_journey import (
    UserJourney,
    count_processes,
    force_outcome,
    gateway_call_counts,
    send_notice,
    sent_notices,
    submit_consent,
)

#: Time limit on a busy machine; a job that is not done after 30 seconds is queued again.
RETRY_SECONDS = 90
#: Duration of gateway reads, so that a node can die during them.
READ_MS = 4000


def submit_consent_at(fleet: Fleet, name: str, node: Node) -> UserJourney:
    return submit_consent(fleet.stack, *fleet.arrive(Person(name, "Ada Lovelace", "en"), node))


def moved_to(fleet: Fleet, journey: UserJourney, node: Node) -> UserJourney:
    """Return the journey with the same cookies, continued at another node."""
    browser = fleet.browser_at(node)
    browser.cookies.update(journey.browser.cookies)
    return UserJourney(fleet.stack, browser, journey.id, journey.page)


def delivered(journey: UserJourney) -> bool:
    return [each["state"] for each in sent_notices(journey.stack, journey.id)] == ["delivered"]


def jobs_of(fleet: Fleet, node: Node) -> list[str]:
    """Return the jobs that the job library has assigned to this node."""
    found = fleet.stack.rows(
        "SELECT workflow_uuid FROM dbos.workflow_status"
        " WHERE executor_id = ? AND status = 'PENDING'",
        node.executor_id,
    )
    return [row["workflow_uuid"] for row in found]


def test_nodes_share_sessions_tokens_and_events(fleet: Fleet) -> None:
    first, second = fleet.hosts
    ada = Person("ada-of-both", "Ada Lovelace", "en")
    token = fleet.stack.handoff_token(ada)
    browser = fleet.browser_at(first)
    home = browser.get("/handoff", params={"token": token})
    assert home.status == 200
    assert fleet.browser_at(second).get("/handoff", params={"token": token}).status == 401

    other_tab = fleet.browser_at(second)
    other_tab.cookies.update(browser.cookies)

    def press(tab: HttpSession) -> Page:
        return tab.submit(home, home.form("/onboardings"))

    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(press, (browser, other_tab)))
    assert {page.status for page in pages} == {200}
    assert len({page.path for page in pages}) == 1
    here = UserJourney(
        fleet.stack, browser, pages[0].path.rpartition("/")[2], browser.get(pages[0].path)
    )
    assert count_processes(fleet.stack, here.id) == 1
    assert gateway_call_counts(fleet.stack)["token_log_ins"] == 1, "one for the fleet"

    with other_tab.events(f"{here.path}/stream") as events:
        assert next(events)["status"] == "started"
        here.come_back(here.capture("passes"))
        statuses = {event["status"] for event in _until(events, "verified")}
    assert "submitted" in statuses, "the page at the other node gets the event"


def _until(events: Iterator[dict[str, str]], status: str) -> Iterator[dict[str, str]]:
    for event in events:
        yield event
        if event["status"] == status:
            return


@pytest.mark.parametrize(
    "notice_repeated",
    [
        pytest.param(True, id="notice repeated"),
        pytest.param(False, id="no further notice", marks=pytest.mark.nightly),
    ],
)
def test_death_of_a_node_leaves_no_onboarding_stuck(
    fleet: Fleet, report_line: ReportLine, notice_repeated: bool
) -> None:
    """The dying node holds all jobs; the gateway may repeat its notices."""
    dying, surviving = fleet.hosts
    stack = fleet.stack
    creates = gateway_call_counts(stack)["creates"]
    journeys = [
        submit_consent_at(fleet, f"ada-{n}-{notice_repeated}", node)
        for n, node in zip(range(8), cycle(fleet.hosts), strict=False)
    ]
    waiting, *others = [moved_to(fleet, journey, surviving) for journey in journeys]
    slow = {"at": ["data"], "kind": "slow", "delay_ms": READ_MS, "times": len(journeys)}
    with waiting.browser.events(f"{waiting.path}/stream", seconds=RETRY_SECONDS) as events:
        assert next(events)["status"] == "started"
        with ExitStack() as until_death:
            surviving_jobs, dying_jobs = eventually(
                lambda: _paused_while_idle(fleet, (surviving, dying), until_death)
            )
            stack.gateway_control.post("/faults", json=slow).raise_for_status()
            for journey in (waiting, *others):
                force_outcome(stack, journey.id, "passes")
            eventually(lambda: all(map(delivered, (waiting, *others))))
            dying_jobs.close()
            in_flight = eventually(lambda: len(found := jobs_of(fleet, dying)) == 8 and found)
            dying.kill()
            surviving_jobs.close()
        for journey in (waiting, *others) if notice_repeated else ():
            assert send_notice(stack, journey.id, "VERIFIED") == 204
        assert list(_until(events, "verified")), "the page at the other node gets the event"

    for journey in (waiting, *others):
        journey.until("verified", seconds=RETRY_SECONDS)
        assert count_processes(stack, journey.id) == 1
    assert gateway_call_counts(stack)["creates"] == creates + len(journeys)
    assert gateway_call_counts(stack)["token_log_ins"] == 1
    unsettled = "SELECT 1 FROM inbox JOIN onboardings o ON o.id = verification_id"
    assert stack.rows(f"{unsettled} WHERE settled_at IS NULL") == []
    assert (
        stack.rows(
            "SELECT 1 FROM onboardings WHERE status = 'verified' AND next_poll_at IS NOT NULL"
        )
        == []
    )
    report_line(f"{len(in_flight)} jobs were in flight on the node that died")
    _assert_jobs_of_dead_node_are_deleted(fleet, dying)


def _paused_while_idle(
    fleet: Fleet, nodes: Sequence[Node], pauses: ExitStack
) -> list[ExitStack] | None:
    """Pause the jobs of these nodes; return one stack for each, which resumes them when closed.

    None, with all resumed, when a job is in flight or a transaction open: others would wait for it.
    """
    paused = [pauses.enter_context(ExitStack()) for _ in nodes]
    for node, pause in zip(nodes, paused, strict=True):
        pause.enter_context(node.jobs_paused())
    open_transactions = fleet.stack.rows(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state <> 'idle'"
        # The job library keeps one open for the lock of its leader.
        " AND query NOT LIKE 'SELECT pg_try_advisory_xact_lock%'"
    )
    if not open_transactions and not any(jobs_of(fleet, node) for node in nodes):
        return paused
    for pause in paused:
        pause.close()
    return None


def _assert_jobs_of_dead_node_are_deleted(fleet: Fleet, dead: Node) -> None:
    assert jobs_of(fleet, dead), "still assigned to the dead node"
    day = 24 * 3600 * 1000
    fleet.stack.change(
        "UPDATE dbos.workflow_status SET created_at = created_at - ? WHERE executor_id = ?",
        day,
        dead.executor_id,
    )
    # A jobs process deletes old jobs when it starts, and every hour.
    fleet.hosts[1].kill_jobs()
    eventually(lambda: not jobs_of(fleet, dead), seconds=30)
