"""Tests of `notices list|dead|replay|quarantine|seen`."""

import json
import uuid

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import MARKER, Installation
from tests.unit.cli.test_database import plain
from webapp.domain.errors import UnreadableNotice
from webapp.journey.retry_policy import DEAD_LETTER_AFTER


def receive(installed: Installation, id_: str, word: str = "VERIFIED") -> None:
    with installed.parts() as parts:
        body = {"verificationId": id_, "status": word, "name": MARKER}
        parts.steps.webhook.store(json.dumps(body).encode())


def dead_letter(installed: Installation, id_: str) -> None:
    with installed.parts() as parts:
        for _ in range(DEAD_LETTER_AFTER):
            parts.steps.gateway_poll.record_failure(id_, "KeyError")


def test_notices_list_prints_state_and_number_of_arrivals(run: Run, ready: Installation):
    adas, other = ready.add().id, str(uuid.uuid4())
    receive(ready, adas)
    receive(ready, adas)
    receive(ready, other, "NOT_VERIFIED")
    first, second = plain(run("notices", "list")).splitlines()
    assert first.split()[2:] == ["unknown", "1", "x", "NOT_VERIFIED", other]
    assert second.split()[2:] == ["open", "2", "x", "VERIFIED", adas]
    assert len(plain(run("notices", "list", "--limit", "1")).splitlines()) == 1
    assert MARKER not in run("notices", "list").output


def test_notices_replay_removes_dead_letters(run: Run, ready: Installation):
    adas, bens = ready.add("ada").id, ready.add("ben").id
    dead_letter(ready, adas)
    dead_letter(ready, bens)
    lines = plain(run("notices", "dead")).splitlines()
    assert {line.split()[-1] for line in lines} == {adas, bens}
    assert lines[0].split()[2:6] == ["read", str(DEAD_LETTER_AFTER), "x", "KeyError"]
    assert plain(run("notices", "replay", adas)) == f"{adas}\n"
    assert plain(run("notices", "replay", "--all")) == f"{bens}\n"
    assert plain(run("notices", "dead")) == ""
    assert ready.row(adas).next_poll_at is not None


def test_notices_list_with_json_prints_an_array(run: Run, ready: Installation):
    id_ = ready.add().id
    receive(ready, id_)
    (shown,) = json.loads(plain(run("notices", "list", "--json")))
    assert (shown["verification_id"], shown["status"], shown["state"]) == (id_, "VERIFIED", "open")


def test_notices_dead_with_json_prints_an_array(run: Run, ready: Installation):
    id_ = ready.add().id
    dead_letter(ready, id_)
    (shown,) = json.loads(plain(run("notices", "dead", "--json")))
    assert (shown["onboarding_id"], shown["times"]) == (id_, DEAD_LETTER_AFTER)


def test_notices_quarantine_with_json_prints_an_array_without_bodies(run: Run, ready: Installation):
    with ready.parts() as parts, pytest.raises(UnreadableNotice):
        parts.steps.webhook.store(MARKER.encode())
    printed = plain(run("notices", "quarantine", "--json"))
    (shown,) = json.loads(printed)
    reason = "no verificationId that is a UUID"
    assert (shown["reason"], shown["size"]) == (reason, len(MARKER))
    assert MARKER not in printed


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("x", "--all"), 2), (("x",), 1)])
def test_notices_replay_without_dead_letter_exits_with_error(
    run: Run, ready: Installation, arguments, code
):
    assert run("notices", "replay", *arguments).exit_code == code


def test_notices_quarantine_prints_bodies_without_control_characters(run: Run, ready: Installation):
    body = b'{"verificationId": "\x1b[2J", "status": "' + MARKER.encode() + b'"}'
    with ready.parts() as parts, pytest.raises(UnreadableNotice):
        parts.steps.webhook.store(body)
    (line,) = plain(run("notices", "quarantine")).splitlines()
    number = line.split()[0]
    assert line.endswith("no verificationId that is a UUID")
    assert MARKER not in line
    shown = run("notices", "quarantine", number)
    assert json.loads(shown.output).encode() == body
    assert "\x1b" not in shown.output
    assert run("notices", "quarantine", "99").exit_code == 1


def test_notices_seen_deletes_one_or_all_bodies(run: Run, ready: Installation):
    with ready.parts() as parts:
        for _ in range(4):
            with pytest.raises(UnreadableNotice):
                parts.steps.webhook.store(b"no notice")

    def left() -> list[str]:
        return [line.split()[0] for line in plain(run("notices", "quarantine")).splitlines()]

    numbers = left()
    assert plain(run("notices", "seen", numbers[1])) == "1 body deleted\n"
    assert left() == [numbers[0], *numbers[2:]]
    assert run("notices", "seen", numbers[1]).exit_code == 1, "it is gone"
    assert plain(run("notices", "seen", "--all")) == "3 bodies deleted\n"
    assert left() == []
    assert plain(run("notices", "seen", "--all")) == "0 bodies deleted\n"


@pytest.mark.parametrize("arguments", [(), ("1", "--all")])
def test_notices_seen_without_one_target_is_a_usage_error(run: Run, ready: Installation, arguments):
    assert run("notices", "seen", *arguments).exit_code == 2


@pytest.mark.parametrize(
    "command", [("list", "--limit", "-1"), ("list", "--limit", "0"), ("quarantine", "9" * 23)]
)
def test_notices_number_out_of_range_is_a_usage_error(run: Run, ready: Installation, command):
    refused = run("notices", *command)
    assert refused.exit_code == 2
    assert "is not in the range" in refused.output
