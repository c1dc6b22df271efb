"""`doctor`: what works, what does not, and what to do about it."""

from datetime import UTC, datetime

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import Installation
from tests.unit.cli.test_database import plain
from tests.unit.jobs.pretend_gateway import PretendGateway

ANOTHER_KEY = '["b2tvb2tvb2tvb2tvb2tvb2tvb2tvb2tvb2tvb2tvb2s="]'


def test_when_all_is_well_it_says_so_line_by_line(run: Run, ready: Installation):
    result = run("doctor")
    assert result.exit_code == 0
    assert plain(result).splitlines() == [
        "ok    settings are complete",
        "ok    database is up to date and writable",
        "ok    gateway gave an access token, good for 15 min",
    ]


def test_what_is_allowed_and_unwise_is_a_warning(run: Run, ready: Installation):
    result = run("doctor", DATA_KEYS=None, MOBBSCAN_WEBHOOK_HEADERS=None)
    warnings = [line for line in plain(result).splitlines() if line.startswith("warn")]
    assert ["DATA_KEYS" in warnings[0], "MOBBSCAN_WEBHOOK_HEADERS" in warnings[1]] == [True, True]
    assert result.exit_code == 0


def test_a_database_that_is_not_there_yet_fails_with_the_cure(run: Run):
    result = run("doctor")
    assert result.exit_code == 1
    assert "FAIL  database: " in plain(result)
    assert "database upgrade" in result.output
    assert "ok    gateway" in result.output, "one failure must not hide the next finding"


def test_a_database_that_is_away_is_a_finding(run: Run, tmp_path):
    result = run("doctor", DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    assert result.exit_code == 1
    assert "FAIL  database: " in plain(result)
    assert "ok    gateway" in result.output


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_named_without_being_shown(
    run: Run, ready: Installation, gateway: PretendGateway, status
):
    gateway.login_status = status
    result = run("doctor")
    assert result.exit_code == 1
    assert f"refused the credentials ({status})" in plain(result)
    assert "of-the-account" not in result.output


def test_an_unreachable_gateway_fails_with_its_address(run: Run, ready: Installation):
    result = run("doctor", MOBBSCAN_GATEWAY_URL="http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "FAIL  gateway: " in plain(result)
    assert "http://127.0.0.1:1" in result.output


def test_a_key_that_opens_nothing_is_a_finding(run: Run, ready: Installation):
    with ready.parts() as parts, parts.database.writing() as work:
        work.own_keys.make("subject", datetime.now(UTC))
    result = run("doctor", DATA_KEYS=ANOTHER_KEY)
    assert result.exit_code == 1
    assert "FAIL  database: no key of DATA_KEYS opens" in plain(result)
