"""How many jobs are made of what is due, by whom, and how often."""

import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.cli.installation import Installation
from tests.unit.jobs.pretend_fleet import Key, PretendFleet
from webapp.jobs.process import AT_ONCE, IN_HAND, JobsProcess
from webapp.jobs.queue import READS_AT_ONCE, REMAKE_SECONDS

MANY = [f"id-{number}" for number in range(1500)]


@pytest.mark.parametrize("read_seconds", [1.0, 8.0])
def test_a_slow_gateway_is_asked_once_about_each_however_long_they_wait(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, read_seconds: float
):
    fleet = PretendFleet(monkeypatch, tmp_path)
    fleet.read_seconds = read_seconds
    fleet.add(*MANY)
    least = len(MANY) * read_seconds / READS_AT_ONCE
    fleet.until(lambda: not fleet.due, seconds=1.2 * least)
    assert set(fleet.made.values()) == {1}
    assert fleet.machines[0].reads == len(MANY)


def test_a_job_that_lasts_long_is_not_made_again_by_whoever_does_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fleet = PretendFleet(monkeypatch, tmp_path)
    fleet.read_seconds = 3.0 * REMAKE_SECONDS
    fleet.add(*MANY[:IN_HAND])
    fleet.until(lambda: not fleet.due, seconds=7 * REMAKE_SECONDS)
    assert set(fleet.made.values()) == {1}


def test_what_comes_in_front_waits_for_a_place_and_not_for_the_backlog(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fleet = PretendFleet(monkeypatch, tmp_path)
    fleet.add(*MANY)
    fleet.until(lambda: len(fleet.due) < 1200, seconds=60)
    fleet.add("fresh", in_front=True)
    waiting = 2 * fleet.read_seconds
    fleet.until(lambda: not any(id_ == "fresh" for id_, _ in fleet.due), seconds=waiting + 2)


def test_two_machines_share_a_backlog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    fleet = PretendFleet(monkeypatch, tmp_path, machines=2)
    fleet.add(*MANY)
    least = len(MANY) / READS_AT_ONCE / 2
    fleet.until(lambda: not fleet.due, seconds=1.3 * least)
    # What one has in hand when half a minute is over may be made by the other once more.
    assert sum(machine.reads for machine in fleet.machines) < 1.05 * len(MANY)
    assert min(machine.reads for machine in fleet.machines) > len(MANY) / 3


def test_what_a_dead_machine_had_in_hand_is_done_by_another_within_half_a_minute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fleet = PretendFleet(monkeypatch, tmp_path, machines=2)
    fleet.add(*MANY)
    fleet.until(lambda: len(fleet.due) < 1200, seconds=60)
    lost = fleet.machines.pop(0).in_hand
    assert len(lost) == IN_HAND
    took = fleet.until(
        lambda: not any(key in fleet.due for key in lost), seconds=REMAKE_SECONDS + 10
    )
    assert took > 2, "a job that another may be doing is left to it for a while"


class Asked(list[str]):
    """Takes jobs for others to do and never does one."""

    in_hand: frozenset[Key] = frozenset()

    def ask_for(self, onboarding_id: str, planned: datetime) -> bool:
        self.append(onboarding_id)
        return False


def test_what_others_have_in_hand_hides_nothing(tmp_path: Path):
    installed = Installation(tmp_path, "http://127.0.0.1:9")
    installed.upgrade()
    ids = {installed.add("first").id}
    with installed.parts() as parts, parts.database.writing() as work:
        first = work.onboardings.get(*ids)
        assert first is not None
        for number in range(AT_ONCE + 5):
            one = replace(first, id=str(uuid.uuid4()), flow=f"flow-{number}")
            work.onboardings.add(one)
            ids.add(one.id)
    asked = Asked()
    with installed.parts() as parts:
        process = JobsProcess(parts, lambda: True)
        for _ in range(3):
            process.hand_over(asked)
    assert sorted(asked) == sorted(ids)
