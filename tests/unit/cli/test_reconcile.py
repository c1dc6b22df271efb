"""`onboardings reconcile`: the gateway is asked now, and one bad row does not end it."""

import uuid

import pytest
from sqlalchemy import text

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import ANOTHER_KEY, Installation
from tests.unit.cli.test_database import plain
from tests.unit.jobs.fake_gateway import FakeGateway
from webapp.domain.onboarding import Status


def add_one_of_another_key(ready: Installation) -> str:
    beside = Installation(
        ready.folder, ready.environ["MOBBSCAN_GATEWAY_URL"], DATA_KEYS=ANOTHER_KEY
    )
    return beside.add("olga", id=f"7{str(uuid.uuid4())[1:]}").id


def add_around(ready: Installation, gateway: FakeGateway) -> list[str]:
    """Two whose ids come before that of the bad one, and two whose ids come after it."""
    ids = [f"{first}{str(uuid.uuid4())[1:]}" for first in "01ef"]
    for id_ in ids:
        ready.add(id_, id=id_)
    gateway.words = dict.fromkeys(ids, "VERIFIED")
    return ids


def test_all_that_are_unfinished_are_asked_about(
    run: Run, ready: Installation, gateway: FakeGateway
):
    adas, bens = ready.add("ada"), ready.add("ben")
    done = ready.add("olga", status=Status.VERIFIED)
    gateway.words = {adas.id: "VERIFIED", bens.id: "PENDING_VERIFICATION"}
    result = run("onboardings", "reconcile")
    assert result.exit_code == 0
    said = [line.split()[:2] for line in plain(result).splitlines()]
    assert said == sorted([[adas.id, "verified"], [bens.id, "in_review"]])
    assert gateway.polls_of(done.id) == 0


def test_one_that_no_key_opens_is_named_and_the_others_are_asked_about(
    run: Run, ready: Installation, gateway: FakeGateway
):
    ids, bad = add_around(ready, gateway), add_one_of_another_key(ready)
    result = run("onboardings", "reconcile")
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == ids
    assert f"\n{bad}  no key of DATA_KEYS opens" in f"\n{result.stderr}"
    assert result.stderr.endswith("Error: 1 could not be reconciled, named above\n")
    assert {ready.row(id_).status for id_ in ids} == {Status.VERIFIED}


def test_an_error_that_nobody_thought_of_is_told_by_its_kind_alone(
    run: Run, ready: Installation, gateway: FakeGateway
):
    ids = add_around(ready, gateway)
    with ready.parts() as parts, parts.engine.begin() as connection:
        spoilt = text("UPDATE onboardings SET reasons = '[1]' WHERE id = :id")
        connection.execute(spoilt, {"id": ids[1]})
    result = run("onboardings", "reconcile")
    assert result.exit_code == 1
    assert f"{ids[1]}  TypeError" in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == [ids[0], *ids[2:]]


def test_one_that_the_gateway_does_not_answer_for_is_named_too(
    run: Run, ready: Installation, gateway: FakeGateway
):
    ids = add_around(ready, gateway)
    gateway.broken.add(ids[1])
    result = run("onboardings", "reconcile")
    assert result.exit_code == 1
    assert f"{ids[1]}  the gateway cannot be asked just now" in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == [ids[0], *ids[2:]]


def test_a_gateway_that_is_away_is_not_asked_about_one_after_the_other(
    run: Run, ready: Installation, gateway: FakeGateway
):
    ids = add_around(ready, gateway)
    gateway.status = 503
    result = run("onboardings", "reconcile")
    assert result.exit_code == 1
    assert f"nothing was changed for {ids[2]}, nor asked about those after it" in plain(result)
    assert gateway.polls_of(ids[3]) == 0


@pytest.mark.parametrize("status", [403, 503])
def test_when_the_gateway_cannot_be_asked_nothing_is_changed_and_that_is_said(
    run: Run, ready: Installation, gateway: FakeGateway, status
):
    row = ready.add()
    gateway.status = status
    result = run("onboardings", "reconcile", row.id)
    assert result.exit_code == 1
    assert f"nothing was changed for {row.id}" in plain(result)
    assert ready.row(row.id) == row
