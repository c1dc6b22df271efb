"""Tests of `onboardings list|show|link`: no personal data is printed."""

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


def test_onboardings_list_prints_a_line_each_and_filters(run: Run, ready: Installation):
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


def test_onboardings_list_unknown_status_names_the_known_ones(run: Run, ready: Installation):
    result = run("onboardings", "list", "--status", "lost")
    assert result.exit_code == 2
    assert "in_review" in plain(result)


def test_onboardings_show_prints_timeline_without_personal_data(
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


def test_onboardings_link_prints_address_and_expiry(run: Run, ready: Installation):
    row = ready.add()
    printed = plain(run("onboardings", "link", row.id))
    assert re.fullmatch(
        r"http://localhost:8000/l/[\w-]{32}  works once, until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n",
        printed,
    )
    assert ready.events(row.id) == ["link_made"]
    assert MARKER not in printed


def test_onboardings_link_for_final_onboarding_exits_with_error(run: Run, ready: Installation):
    row = ready.add(status=Status.VERIFIED)
    result = run("onboardings", "link", row.id)
    assert result.exit_code == 1
    assert plain(result) == f"Error: {row.id} is verified: no link is needed\n"


@pytest.mark.parametrize("command", ["show", "reconcile", "link"])
def test_onboardings_unknown_id_exits_with_error(run: Run, ready: Installation, command):
    unknown = str(uuid.uuid4())
    result = run("onboardings", command, unknown)
    assert result.exit_code == 1
    assert plain(result) == f"Error: no onboarding {unknown}\n"


@pytest.mark.parametrize("command", ["list", "reconcile"])
def test_onboardings_without_tables_exits_with_fix(run: Run, command):
    result = run("onboardings", command)
    assert result.exit_code == 1
    assert "database upgrade" in plain(result)


def test_onboardings_show_with_wrong_key_names_the_setting(run: Run, ready: Installation):
    row = ready.add()
    result = run("onboardings", "show", row.id, DATA_KEYS=ANOTHER_KEY)
    assert result.exit_code == 1
    assert "DATA_KEYS" in plain(result)


def test_onboardings_list_undecryptable_row_with_unknown_status_is_printed(
    run: Run, ready: Installation
):
    row = ready.add()
    with ready.parts() as parts, parts.database.writing() as work:
        work.connection.execute(update(onboardings).values(status="newer"))
    printed = plain(run("onboardings", "list", DATA_KEYS=ANOTHER_KEY))
    assert printed.split()[:3] == [row.id, "newer", "shop/default"]


def test_onboardings_list_as_process_prints_no_traceback(installed: Installation, root):
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
