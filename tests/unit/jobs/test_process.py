"""How many jobs `enqueue_due` makes, on which node, and how often."""

import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.cli.installation import Installation
from tests.unit.jobs.simulated_nodes import Key, SimulatedNodes
from webapp.jobs.process import MAX_IN_FLIGHT, SEARCH_LIMIT, JobsProcess
from webapp.jobs.queue import CONCURRENT_POLLS, REENQUEUE_SECONDS

MANY = [f"id-{number}" for number in range(1500)]


@pytest.mark.parametrize("poll_seconds", [1.0, 8.0])
def test_enqueue_due_with_slow_gateway_makes_one_job_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, poll_seconds: float
):
    fleet = SimulatedNodes(monkeypatch, tmp_path)
    fleet.poll_seconds = poll_seconds
    fleet.add(*MANY)
    least = len(MANY) * poll_seconds / CONCURRENT_POLLS
    fleet.until(lambda: not fleet.due, seconds=1.2 * least)
    assert set(fleet.made.values()) == {1}
    assert fleet.nodes[0].polls == len(MANY)


def test_enqueue_due_while_job_is_in_flight_makes_no_second_job(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fleet = SimulatedNodes(monkeypatch, tmp_path)
    fleet.poll_seconds = 3.0 * REENQUEUE_SECONDS
    fleet.add(*MANY[:MAX_IN_FLIGHT])
    fleet.until(lambda: not fleet.due, seconds=7 * REENQUEUE_SECONDS)
    assert set(fleet.made.values()) == {1}


def test_enqueue_due_takes_urgent_poll_before_backlog(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fleet = SimulatedNodes(monkeypatch, tmp_path)
    fleet.add(*MANY)
    fleet.until(lambda: len(fleet.due) < 1200, seconds=60)
    fleet.add("fresh", in_front=True)
    waiting = 2 * fleet.poll_seconds
    fleet.until(lambda: not any(id_ == "fresh" for id_, _ in fleet.due), seconds=waiting + 2)


def test_enqueue_due_on_two_nodes_shares_the_backlog(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fleet = SimulatedNodes(monkeypatch, tmp_path, nodes=2)
    fleet.add(*MANY)
    least = len(MANY) / CONCURRENT_POLLS / 2
    fleet.until(lambda: not fleet.due, seconds=1.3 * least)
    # Jobs in flight when REENQUEUE_SECONDS are over may be made by the other node once more.
    assert sum(node.polls for node in fleet.nodes) < 1.05 * len(MANY)
    assert min(node.polls for node in fleet.nodes) > len(MANY) / 3


def test_enqueue_due_after_node_died_takes_its_jobs_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fleet = SimulatedNodes(monkeypatch, tmp_path, nodes=2)
    fleet.add(*MANY)
    fleet.until(lambda: len(fleet.due) < 1200, seconds=60)
    lost = fleet.nodes.pop(0).in_flight
    assert len(lost) == MAX_IN_FLIGHT
    took = fleet.until(
        lambda: not any(key in fleet.due for key in lost), seconds=REENQUEUE_SECONDS + 10
    )
    assert took > 2, "a job that may still run elsewhere was made again at once"


class OtherNodesQueue(list[str]):
    """A queue whose jobs other nodes have made already and never finish."""

    in_flight: frozenset[Key] = frozenset()

    def enqueue(self, onboarding_id: str, planned: datetime) -> bool:
        self.append(onboarding_id)
        return False


def test_enqueue_due_behind_jobs_of_other_nodes_reaches_every_row(tmp_path: Path):
    installed = Installation(tmp_path, "http://127.0.0.1:9")
    installed.upgrade()
    ids = {installed.add("first").id}
    with installed.parts() as parts, parts.database.writing() as work:
        first = work.onboardings.get(*ids)
        assert first is not None
        for number in range(SEARCH_LIMIT + 5):
            one = replace(first, id=str(uuid.uuid4()), flow=f"flow-{number}")
            work.onboardings.add(one)
            ids.add(one.id)
    queue = OtherNodesQueue()
    with installed.parts() as parts:
        process = JobsProcess(parts, lambda: True)
        for _ in range(3):
            process.enqueue_due(queue)  # type: ignore[arg-type]
    assert sorted(queue) == sorted(ids)
