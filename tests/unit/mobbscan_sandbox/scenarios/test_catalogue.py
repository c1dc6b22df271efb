"""The catalogue holds together, and says what is wrong with one that does not."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mobbscan_sandbox.gateway.faults import fault_of
from mobbscan_sandbox.gateway.outcomes import HOSTED_ERRORS, OUTCOMES
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.switches import NOTICE_MODES, Switches
from mobbscan_sandbox.scenarios.catalogue import (
    ACTORS,
    GROUPS,
    CatalogueError,
    Scenario,
    catalogue,
    read,
)

EVERY = list(catalogue().scenarios.values())
each_scenario = pytest.mark.parametrize("scenario", EVERY, ids=lambda each: each.id)

GOOD: dict[str, Any] = {
    "id": "one",
    "group": "ends",
    "says": "It passes.",
    "steps": [{"user": "starts"}, {"user": "finishes", "outcome": "passes"}],
    "ends": {"status": "verified", "page": "result", "next": "done"},
}


def catalogue_text(*rows: object) -> str:
    return json.dumps({"reason_map": {}, "scenarios": rows})


@each_scenario
def test_the_gateway_knows_every_word_of_it(scenario: Scenario) -> None:
    assert scenario.notices in NOTICE_MODES
    Switches().changed(dict(scenario.switches))
    for fault in scenario.faults:
        fault_of(dict(fault))
    for step in scenario.steps:
        if "outcome" in step.details:
            assert step.details["outcome"] in OUTCOMES
        if "state" in step.details:
            assert step.details["state"] in list(ProcessState)
        Switches().changed(dict(step.details.get("switches", {})))
        for fault in step.details.get("faults", ()):
            fault_of(dict(fault))


@each_scenario
def test_somebody_starts_it_and_a_rejection_is_explained(scenario: Scenario) -> None:
    assert any(step.actor == "user" and step.verb.startswith("starts") for step in scenario.steps)
    if scenario.ends.status in ("rejected", "interrupted"):
        assert scenario.ends.reasons
    assert json.loads(json.dumps(scenario.shown())) == scenario.shown()


def test_every_group_every_hosted_error_and_every_reason_has_one() -> None:
    assert {each.group for each in EVERY} == set(GROUPS)
    ends = {step.details.get("outcome") for each in EVERY for step in each.steps}
    assert set(HOSTED_ERRORS) <= ends
    reasons = {reason for each in EVERY for reason in each.ends.reasons}
    assert set(catalogue().reason_map.values()) <= reasons


def test_a_good_one_is_read() -> None:
    one = read(catalogue_text(GOOD)).scenarios["one"]
    assert (one.notices, one.ends.processes, one.steps[1].details) == (
        "send",
        1,
        {"outcome": "passes"},
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": None}, "without id"),
        ({"group": "odd"}, "group is one of"),
        ({"says": "no sentence"}, "a sentence"),
        ({"steps": []}, "nobody does anything"),
        ({"steps": [{"user": "dances"}]}, "user is one of"),
        ({"steps": [{"user": "starts", "gateway": "recovers"}]}, "one actor"),
        ({"steps": [{"user": "starts", "outcome": "passes"}]}, "has no outcome"),
        ({"steps": [{"user": "starts", "meets": "nobody"}]}, "meets is one of"),
        ({"steps": [{"user": "starts", "until": "soon"}]}, "until is one of"),
        ({"ends": {"status": "verified"}}, "ends without next, page"),
        ({"ends": {"status": "fine", "page": "result", "next": "done"}}, "status is one of"),
        ({"ends": {"status": "verified", "page": "x", "next": "done"}}, "page is one of"),
        ({"answers": {"delete": {}}}, "answers has no delete"),
        ({"colour": "green"}, "has no colour"),
    ],
)
def test_a_bad_one_is_named_with_what_is_wrong(change: dict[str, Any], words: str) -> None:
    row = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(CatalogueError, match=words):
        read(catalogue_text(row))


@pytest.mark.parametrize("name", ["group", "says", "steps", "ends"])
def test_what_is_missing_is_named(name: str) -> None:
    row = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(CatalogueError, match=f"one: {name} is missing"):
        read(catalogue_text(row))


def test_two_of_a_name_and_no_catalogue_at_all() -> None:
    with pytest.raises(CatalogueError, match="two of them"):
        read(catalogue_text(GOOD, GOOD))
    for text in ("", "[]", "{}"):
        with pytest.raises(CatalogueError, match="a catalogue is"):
            read(text)


def test_the_documentation_lists_every_one_with_its_sentence_and_end(root: Path) -> None:
    page = (root / "docs" / "sandbox-scenarios.md").read_text("utf-8")
    listed = re.findall(r"^\| `([\w-]+)`(?: †)? \| (.+?\.) \| `(\w+)`", page, re.M)
    assert sorted(listed) == sorted((each.id, each.says, each.ends.status) for each in EVERY)


def test_the_documentation_explains_every_verb(root: Path) -> None:
    page = (root / "docs" / "sandbox-scenarios.md").read_text("utf-8")
    missing = [
        f"{actor}: {verb}"
        for actor, verbs in ACTORS.items()
        for verb in verbs
        if f"`{actor}: {verb}`" not in page
    ]
    assert missing == []
