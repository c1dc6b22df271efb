"""Every scenario of the catalogue, run through the server to its declared end."""

import pytest

from mobbscan_sandbox.scenarios.catalogue import Scenario, catalogue
from tests.contract.scenario_run import ScenarioRun, assert_declared_end, selected
from tests.support.stack import Person, Stack


@pytest.mark.parametrize("scenario", catalogue().scenarios.values(), ids=lambda each: each.id)
def test_scenario_ends_as_declared(stack: Stack, ada: Person, scenario: Scenario) -> None:
    with selected(stack, scenario):
        run = ScenarioRun(stack, scenario, ada)
        run.run_steps()
        assert_declared_end(run)
