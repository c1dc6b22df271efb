"""Every scenario of the catalogue, run through the server to its declared end."""

import pytest

from mobbscan_sandbox.scenarios.catalogue import Scenario, catalogue
from tests.contract.scenario_run import ScenarioRun, assert_declared_end, selected
from tests.support.stack import Person, Stack

#: Scenarios of a class of which another scenario runs always: these run nightly. The unit tests of
#: the gateway client send the same faults, those of the reasons map the same texts.
NIGHTLY = {
    *("fails-document-unreadable", "fails-document-type-not-accepted", "fails-face-mismatch"),
    *("fails-document-not-genuine", "fails-liveness-failed", "fails-data-mismatch"),
    *("review-rejected", "validation-then-rejected", "late-rejection-after-expiry"),
    *("error-hardware", "error-connection", "error-onboarding", "error-support"),
    *("error-timeout-short", "error-without-dialog"),
    *("notice-never-and-no-return", "notice-trailing-comma", "notices-after-the-fact"),
    *("forged-without-header", "video-first", "video-never", "legacy-accepted"),
    *("unknown-keys-everywhere", "sparse-process-data", "evidence-as-objects", "slow"),
    *("create-slow", "create-503", "create-html", "create-html-502", "create-truncated"),
    *("create-not-json", "create-empty", "create-dripping", "create-answer-lost-twice"),
    *("read-slow", "read-503", "read-dropped", "read-html", "read-html-502"),
    *("read-truncated", "read-not-json", "read-empty", "read-dripping"),
    *("token-slow", "token-429", "token-dropped", "token-truncated", "pending-503"),
}
SCENARIOS = [
    pytest.param(each, id=each.id, marks=pytest.mark.nightly if each.id in NIGHTLY else ())
    for each in catalogue().scenarios.values()
]


def test_nightly_scenarios_are_in_the_catalogue() -> None:
    assert catalogue().scenarios.keys() > NIGHTLY


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_ends_as_declared(stack: Stack, ada: Person, scenario: Scenario) -> None:
    with selected(stack, scenario):
        run = ScenarioRun(stack, scenario, ada)
        run.run_steps()
        assert_declared_end(run)
