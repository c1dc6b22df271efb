"""Tests of `onboardings reconcile`, with failures of single onboardings and of the gateway."""

import uuid

import pytest
from sqlalchemy import text

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import ANOTHER_KEY, Installation
from tests.unit.cli.test_database import plain
from tests.unit.jobs.fake_gateway import FakeGateway
from webapp.domain.onboarding import Status


def add_one_of_another_key(ready: Installation) -> str:
    other = Installation(ready.folder, ready.environ["MOBBSCAN_GATEWAY_URL"], DATA_KEYS=ANOTHER_KEY)
    return other.add("olga", id=f"7{str(uuid.uuid4())[1:]}").id


def add_around(ready: Installation, gateway: FakeGateway) -> list[str]:
    """Add two onboardings before the bad one, and two after it, in the order of ids."""
    ids = [f"{first}{str(uuid.uuid4())[1:]}" for first in "01ef"]
    for id_ in ids:
        ready.add(id_, id=id_)
    gateway.words = dict.fromkeys(ids, "VERIFIED")
    return ids


def test_reconcile_without_id_polls_all_unfinished_onboardings(
    run: Run, ready: Installation, gateway: FakeGateway
):
    adas, bens = ready.add("ada"), ready.add("ben")
    done = ready.add("olga", status=Status.VERIFIED)
    gateway.words = {adas.id: "VERIFIED", bens.id: "PENDING_VERIFICATION"}
    result = run("onboardings", "reconcile")
    assert result.exit_code == 0
    printed = [line.split()[:2] for line in plain(result).splitlines()]
    assert printed == sorted([[adas.id, "verified"], [bens.id, "in_review"]])
    assert gateway.polls_of(done.id) == 0


def test_reconcile_undecryptable_row_is_named_and_others_are_polled(
    run: Run, ready: Installation, gateway: FakeGateway
):
    ids, bad = add_around(ready, gateway), add_one_of_another_key(ready)
    result = run("onboardings", "reconcile")
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == ids
    assert f"\n{bad}  no key of DATA_KEYS opens" in f"\n{result.stderr}"
    assert result.stderr.endswith("Error: 1 could not be reconciled, named above\n")
    assert {ready.row(id_).status for id_ in ids} == {Status.VERIFIED}


def test_reconcile_unexpected_error_prints_its_type_only(
    run: Run, ready: Installation, gateway: FakeGateway
):
    ids = add_around(ready, gateway)
    with ready.parts() as parts, parts.engine.begin() as connection:
        invalid_row = text("UPDATE onboardings SET reasons = '[1]' WHERE id = :id")
        connection.execute(invalid_row, {"id": ids[1]})
    result = run("onboardings", "reconcile")
    assert result.exit_code == 1
    assert f"{ids[1]}  TypeError" in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == [ids[0], *ids[2:]]


def test_reconcile_failing_poll_is_named_and_others_are_polled(
    run: Run, ready: Installation, gateway: FakeGateway
):
    ids = add_around(ready, gateway)
    gateway.broken.add(ids[1])
    result = run("onboardings", "reconcile")
    assert result.exit_code == 1
    assert f"{ids[1]}  the gateway cannot be asked just now" in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == [ids[0], *ids[2:]]


def test_reconcile_unavailable_gateway_ends_after_three_failures(
    run: Run, ready: Installation, gateway: FakeGateway
):
    ids = add_around(ready, gateway)
    gateway.status = 503
    result = run("onboardings", "reconcile")
    assert result.exit_code == 1
    assert f"nothing was changed for {ids[2]}, and those after it were not polled" in plain(result)
    assert gateway.polls_of(ids[3]) == 0


@pytest.mark.parametrize("status", [403, 503])
def test_reconcile_with_id_and_failing_gateway_changes_nothing(
    run: Run, ready: Installation, gateway: FakeGateway, status
):
    row = ready.add()
    gateway.status = status
    result = run("onboardings", "reconcile", row.id)
    assert result.exit_code == 1
    assert f"nothing was changed for {row.id}" in plain(result)
    assert ready.row(row.id) == row
