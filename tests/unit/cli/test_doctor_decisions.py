"""`doctor` checks whether processes wait for a decision where a flow needs it."""

from datetime import UTC, datetime

import pytest

from tests.unit.cli.installation import Installation
from webapp.cli.doctor import waiting_for_decisions


def findings(installed: Installation) -> list[str]:
    with installed.parts() as parts:
        return [str(each) for each in waiting_for_decisions.findings(parts)]


def add_flow(installed: Installation, decide: str) -> None:
    with (installed.folder / "sites.toml").open("a") as sites:
        sites.write(f'[sites.shop.flows.desk]\ndecide = "{decide}"\n')


def test_decisions_of_flows_that_need_none_have_no_finding(ready: Installation) -> None:
    add_flow(ready, "review")
    assert findings(ready) == []


@pytest.mark.parametrize("decide", ["host", "rules"])
def test_decisions_that_no_process_has_waited_for_are_a_warning(
    ready: Installation, decide: str
) -> None:
    add_flow(ready, decide)
    ready.add()
    (found,) = findings(ready)
    assert found.startswith("warn  decisions: the flow shop/desk waits for PENDING_VALIDATION")
    assert "ask the vendor to switch on automatic validation" in found


def test_decisions_that_a_process_has_waited_for_are_good(ready: Installation) -> None:
    add_flow(ready, "host")
    ready.add(deciding_at=datetime.now(UTC))
    (found,) = findings(ready)
    assert found.startswith("ok")


def test_decisions_without_a_database_are_left_to_its_check(installed: Installation) -> None:
    add_flow(installed, "host")
    assert findings(installed) == []
