"""`gateway seen` and `gateway accept-drift`."""

import json

import pytest

from tests.unit.cli.installation import Installation


@pytest.fixture
def seen_process(run, ready: Installation, gateway) -> None:
    """A poll has read a process with a score that is a number."""
    row = ready.add()
    gateway.words = {row.id: "VERIFIED"}
    gateway.more = {"document": {"name": "marker", "facialMatchingScore": 0.9}, "own": 1}
    assert run("onboardings", "reconcile", row.id).exit_code == 0


def test_seen_lists_fields_words_and_differences(run, seen_process):
    lines = run("gateway", "seen").stdout.splitlines()
    columns = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert columns["licenseId"].endswith("text                 never seen")
    assert columns["own"].endswith("not in the contract  number")
    assert "Words of verificationResult: VERIFIED" in lines
    assert lines[-2] == "Differences from the contract"
    assert "document.facialMatchingScore is number; the contract says text" in lines[-1]
    assert not any("marker" in line for line in lines)


def test_seen_json_has_the_same(run, seen_process):
    printed = json.loads(run("gateway", "seen", "--json").stdout)
    assert printed["verdict_words"] == ["VERIFIED"]
    assert [each["name"] for each in printed["drift"]] == ["document.facialMatchingScore"]


def test_accept_drift_accepts_once(run, seen_process):
    assert run("gateway", "accept-drift").stdout.startswith("accepted: document.facialMatching")
    done = run("gateway", "accept-drift")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "accepted" in run("gateway", "seen").stdout.splitlines()[-1]


def test_seen_before_the_first_process_says_so(run, ready):
    lines = run("gateway", "seen").stdout.splitlines()
    assert lines[-1] == "No differences from the contract"
