"""Two hosts on one PostgreSQL: users are spread over both, and one of them dies for good."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest

from tests.faults.conftest import Tell
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

#: A job that has not been done after half a minute is made anew; and machines are busy.
ANEW_SECONDS = 90
#: Reads take so long while hosts are to die in the middle of them.
SLOW_MS = 4000


def begin(fleet: Fleet, name: str, host: Node) -> UserJourney:
    return submit_consent(fleet.stack, *fleet.arrive(Person(name, "Ada Lovelace", "en"), host))


def moved_to(fleet: Fleet, walk: UserJourney, host: Node) -> UserJourney:
    """The same browser, led to another host by the balancer."""
    browser = fleet.browser_at(host)
    browser.cookies.update(walk.browser.cookies)
    return UserJourney(fleet.stack, browser, walk.id, walk.page)


def delivered(walk: UserJourney) -> bool:
    return [each["state"] for each in sent_notices(walk.stack, walk.id)] == ["delivered"]


def jobs_of(fleet: Fleet, host: Node) -> list[str]:
    """Jobs that the library believes this host is doing."""
    found = fleet.stack.rows(
        "SELECT workflow_uuid FROM dbos.workflow_status"
        " WHERE executor_id = ? AND status = 'PENDING'",
        host.executor_id,
    )
    return [row["workflow_uuid"] for row in found]


def test_both_hosts_are_one_server_to_everybody(fleet: Fleet) -> None:
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

    with ThreadPoolExecutor(2) as at_once:
        pages = list(at_once.map(press, (browser, other_tab)))
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
        told = {event["status"] for event in _until(events, "verified")}
    assert "submitted" in told, "the other host's page hears of it at once"


def _until(events: Iterator[dict[str, str]], status: str) -> Iterator[dict[str, str]]:
    for event in events:
        yield event
        if event["status"] == status:
            return


@pytest.mark.parametrize(
    "told_again",
    [
        pytest.param(True, id="told again"),
        pytest.param(False, id="silence", marks=pytest.mark.nightly),
    ],
)
def test_when_one_dies_for_good_nothing_is_lost_and_nobody_stuck(
    fleet: Fleet, tell: Tell, told_again: bool
) -> None:
    """With all jobs of the fleet in its hands; the gateway may say once more what it has said."""
    dying, left = fleet.hosts
    stack = fleet.stack
    creates = gateway_call_counts(stack)["creates"]
    walks = [
        begin(fleet, f"ada-{n}-{told_again}", host)
        for n, host in zip(range(8), cycle(fleet.hosts), strict=False)
    ]
    waiting, *others = [moved_to(fleet, walk, left) for walk in walks]
    slow = {"at": ["data"], "kind": "slow", "delay_ms": SLOW_MS, "times": len(walks)}
    stack.gateway_control.post("/faults", json=slow).raise_for_status()
    with waiting.browser.events(f"{waiting.path}/stream", seconds=ANEW_SECONDS) as events:
        assert next(events)["status"] == "started"
        with left.jobs_paused():
            for walk in (waiting, *others):
                force_outcome(stack, walk.id, "passes")
            eventually(lambda: all(map(delivered, (waiting, *others))), seconds=20)
            in_flight = eventually(lambda: len(found := jobs_of(fleet, dying)) == 8 and found)
            dying.kill()
        for walk in (waiting, *others) if told_again else ():
            assert send_notice(stack, walk.id, "VERIFIED") == 204
        assert list(_until(events, "verified")), "the survivor's page hears what it has read"

    for walk in (waiting, *others):
        walk.until("verified", seconds=ANEW_SECONDS)
        assert count_processes(stack, walk.id) == 1
    assert gateway_call_counts(stack)["creates"] == creates + len(walks)
    assert gateway_call_counts(stack)["token_log_ins"] == 1
    unsettled = "SELECT 1 FROM inbox JOIN onboardings o ON o.id = verification_id"
    assert stack.rows(f"{unsettled} WHERE settled_at IS NULL") == []
    assert (
        stack.rows(
            "SELECT 1 FROM onboardings WHERE status = 'verified' AND next_poll_at IS NOT NULL"
        )
        == []
    )
    tell(f"{len(in_flight)} jobs were in flight on the host that died")
    _what_the_dead_host_left_in_the_job_library_is_cleared_away(fleet, dying)


def _what_the_dead_host_left_in_the_job_library_is_cleared_away(fleet: Fleet, dead: Node) -> None:
    assert jobs_of(fleet, dead), "nobody does them, and nobody needs to"
    day = 24 * 3600 * 1000
    fleet.stack.change(
        "UPDATE dbos.workflow_status SET created_at = created_at - ? WHERE executor_id = ?",
        day,
        dead.executor_id,
    )
    # A jobs process cleans when it starts, and every hour.
    fleet.hosts[1].kill_jobs()
    eventually(lambda: not jobs_of(fleet, dead), seconds=30)
