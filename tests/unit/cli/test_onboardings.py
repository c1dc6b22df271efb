"""`onboardings list|show|link`: ids, states and times, nothing of a person."""

import json
import re
import subprocess
import sys
import uuid

import pytest
from sqlalchemy import update

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import ANOTHER_KEY, MARKER, Installation
from tests.unit.cli.test_database import plain
from tests.unit.jobs.fake_gateway import FakeGateway
from webapp.domain.onboarding import Status
from webapp.store.schema import onboardings


def test_each_onboarding_is_a_line_and_filters_hold(run: Run, ready: Installation):
    adas = ready.add("ada")
    bens = ready.add("ben", status=Status.EXPIRED)
    lines = plain(run("onboardings", "list")).splitlines()
    assert {line.split()[0] for line in lines} == {adas.id, bens.id}
    (line,) = plain(run("onboardings", "list", "--status", "expired")).splitlines()
    assert line.split()[:3] == [bens.id, "expired", "shop/default"]
    assert plain(run("onboardings", "list", "--site", "bank")) == ""
    assert len(plain(run("onboardings", "list", "--limit", "1")).splitlines()) == 1


def test_onboardings_list_with_json_prints_ids_states_and_times_only(run: Run, ready: Installation):
    row = ready.add()
    (shown,) = json.loads(plain(run("onboardings", "list", "--json")))
    assert shown.pop("updated_at") == row.updated_at.isoformat()
    assert shown == {"id": row.id, "site": "shop", "flow": "default", "status": "started"}
    assert json.loads(plain(run("onboardings", "list", "--json", "--site", "bank"))) == []


def test_an_unknown_status_is_refused_with_the_known_ones(run: Run, ready: Installation):
    result = run("onboardings", "list", "--status", "lost")
    assert result.exit_code == 2
    assert "in_review" in plain(result)


def test_one_is_shown_with_its_timeline_and_without_its_person(
    run: Run, ready: Installation, gateway: FakeGateway
):
    row = ready.add()
    gateway.words[row.id] = "NOT_VERIFIED"
    gateway.more = {"agent": MARKER, "rejectionReason": MARKER}
    run("onboardings", "reconcile", row.id)
    result = run("onboardings", "show", row.id)
    shown = json.loads(plain(result))
    assert (shown["id"], shown["status"], shown["reasons"]) == (row.id, "rejected", ["other"])
    assert [line["event"] for line in shown["timeline"]] == ["moved"]
    assert MARKER not in result.output


def test_a_new_link_is_printed_with_its_end(run: Run, ready: Installation):
    row = ready.add()
    said = plain(run("onboardings", "link", row.id))
    assert re.fullmatch(
        r"http://localhost:8000/l/[\w-]{32}  works once, until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n",
        said,
    )
    assert ready.events(row.id) == ["link_made"]
    assert MARKER not in said


def test_what_is_over_gets_no_link(run: Run, ready: Installation):
    row = ready.add(status=Status.VERIFIED)
    result = run("onboardings", "link", row.id)
    assert result.exit_code == 1
    assert plain(result) == f"Error: {row.id} is verified: no link is needed\n"


@pytest.mark.parametrize("command", ["show", "reconcile", "link"])
def test_an_unknown_id_is_said_plainly(run: Run, ready: Installation, command):
    unknown = str(uuid.uuid4())
    result = run("onboardings", command, unknown)
    assert result.exit_code == 1
    assert plain(result) == f"Error: no onboarding {unknown}\n"


@pytest.mark.parametrize("command", ["list", "reconcile"])
def test_without_tables_the_cure_is_said(run: Run, command):
    result = run("onboardings", command)
    assert result.exit_code == 1
    assert "database upgrade" in plain(result)


def test_a_key_that_opens_nothing_is_said_plainly(run: Run, ready: Installation):
    row = ready.add()
    result = run("onboardings", "show", row.id, DATA_KEYS=ANOTHER_KEY)
    assert result.exit_code == 1
    assert "DATA_KEYS" in plain(result)


def test_what_no_key_opens_and_what_a_newer_version_wrote_is_listed(run: Run, ready: Installation):
    row = ready.add()
    with ready.parts() as parts, parts.database.writing() as work:
        work.connection.execute(update(onboardings).values(status="newer"))
    said = plain(run("onboardings", "list", DATA_KEYS=ANOTHER_KEY))
    assert said.split()[:3] == [row.id, "newer", "shop/default"]


def test_the_program_itself_says_it_without_a_traceback(installed: Installation, root):
    done = subprocess.run(
        [sys.executable, "-m", "webapp", "onboardings", "list"],
        cwd=root,
        env=installed.process_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
