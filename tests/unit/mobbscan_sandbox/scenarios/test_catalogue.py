"""The scenario catalogue is documented, and errors in a catalogue are named.

tests/contract/test_scenarios.py runs each scenario.
"""

import json
import re

import pytest

from mobbscan_sandbox.gateway.outcomes import HOSTED_ERRORS
from mobbscan_sandbox.scenarios.catalogue import (
    ACTORS,
    GROUPS,
    CatalogueError,
    catalogue,
    parse_catalogue,
)

SCENARIOS = list(catalogue().scenarios.values())
VALID = {
    "id": "one",
    "group": "ends",
    "says": "It passes.",
    "steps": [{"user": "starts"}, {"user": "finishes", "outcome": "passes"}],
    "ends": {"status": "verified", "page": "result", "next": "done"},
}


def catalogue_text(*scenarios):
    return json.dumps({"reason_map": {}, "scenarios": scenarios})


def test_catalogue_covers_every_group_hosted_error_and_reason():
    assert {scenario.group for scenario in SCENARIOS} == set(GROUPS)
    steps = [step for scenario in SCENARIOS for step in scenario.steps]
    assert set(HOSTED_ERRORS) <= {step.details.get("outcome") for step in steps}
    reasons = {reason for scenario in SCENARIOS for reason in scenario.ends.reasons}
    assert set(catalogue().reason_map.values()) <= reasons


def test_valid_scenario_is_parsed_with_defaults():
    scenario = parse_catalogue(catalogue_text(VALID)).scenarios["one"]
    assert (scenario.notices, scenario.ends.processes) == ("send", 1)
    assert scenario.steps[1].details == {"outcome": "passes"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": None}, "without id"),
        ({"group": "odd"}, "group is one of"),
        ({"group": None}, "one: group is missing"),
        ({"says": "no sentence"}, "a sentence"),
        ({"steps": []}, "no steps"),
        ({"steps": [{"user": "dances"}]}, "user is one of"),
        ({"steps": [{"user": "starts", "gateway": "recovers"}]}, "one actor"),
        ({"steps": [{"user": "starts", "outcome": "passes"}]}, "has no outcome"),
        ({"steps": [{"user": "starts", "meets": "nothing"}]}, "meets is one of"),
        ({"steps": [{"user": "starts", "until": "soon"}]}, "until is one of"),
        ({"ends": {"status": "verified"}}, "ends without next, page"),
        ({"ends": {"status": "fine", "page": "result", "next": "done"}}, "status is one of"),
        ({"ends": {"status": "verified", "page": "x", "next": "done"}}, "page is one of"),
        ({"answers": {"delete": {}}}, "answers has no delete"),
        ({"colour": "green"}, "has no colour"),
    ],
)
def test_invalid_scenario_is_an_error_that_names_the_field(change, words):
    row = {name: value for name, value in {**VALID, **change}.items() if value is not None}
    with pytest.raises(CatalogueError, match=words):
        parse_catalogue(catalogue_text(row))


@pytest.mark.parametrize("text", ["", "[]", "{}", catalogue_text(VALID, VALID)])
def test_invalid_catalogue_is_an_error(text):
    with pytest.raises(CatalogueError):
        parse_catalogue(text)


def test_documentation_lists_every_scenario_with_its_sentence_and_status(root):
    page = (root / "docs" / "sandbox-scenarios.md").read_text("utf-8")
    listed = re.findall(r"^\| `([\w-]+)`(?: †)? \| (.+?\.) \| `(\w+)`", page, re.M)
    assert sorted(listed) == sorted((each.id, each.says, each.ends.status) for each in SCENARIOS)


def test_documentation_explains_every_verb(root):
    page = (root / "docs" / "sandbox-scenarios.md").read_text("utf-8")
    verbs = [f"{actor}: {verb}" for actor, known in ACTORS.items() for verb in known]
    assert [verb for verb in verbs if f"`{verb}`" not in page] == []
