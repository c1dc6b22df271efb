"""`notices list|dead|replay|quarantine|seen`."""

import json
import uuid

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import MARKER, Installation
from tests.unit.cli.test_database import plain
from webapp.domain.errors import UnreadableNotice
from webapp.journey.retry_policy import DEAD_LETTER_AFTER


def tell(installed: Installation, id_: str, word: str = "VERIFIED") -> None:
    with installed.parts() as parts:
        body = {"verificationId": id_, "status": word, "name": MARKER}
        parts.steps.webhook.store(json.dumps(body).encode())


def give_up(installed: Installation, id_: str) -> None:
    with installed.parts() as parts:
        for _ in range(DEAD_LETTER_AFTER):
            parts.steps.gateway_poll.record_failure(id_, "KeyError")


def test_notices_are_listed_with_what_became_of_them(run: Run, ready: Installation):
    adas, stranger = ready.add().id, str(uuid.uuid4())
    tell(ready, adas)
    tell(ready, adas)
    tell(ready, stranger, "NOT_VERIFIED")
    first, second = plain(run("notices", "list")).splitlines()
    assert first.split()[2:] == ["unknown", "1", "x", "NOT_VERIFIED", stranger]
    assert second.split()[2:] == ["open", "2", "x", "VERIFIED", adas]
    assert len(plain(run("notices", "list", "--limit", "1")).splitlines()) == 1
    assert MARKER not in run("notices", "list").output


def test_what_was_given_up_is_listed_and_replayed(run: Run, ready: Installation):
    adas, bens = ready.add("ada").id, ready.add("ben").id
    give_up(ready, adas)
    give_up(ready, bens)
    lines = plain(run("notices", "dead")).splitlines()
    assert {line.split()[-1] for line in lines} == {adas, bens}
    assert lines[0].split()[2:6] == ["read", str(DEAD_LETTER_AFTER), "x", "KeyError"]
    assert plain(run("notices", "replay", adas)) == f"{adas}\n"
    assert plain(run("notices", "replay", "--all")) == f"{bens}\n"
    assert plain(run("notices", "dead")) == ""
    assert ready.row(adas).next_poll_at is not None


def test_notices_list_with_json_prints_an_array(run: Run, ready: Installation):
    id_ = ready.add().id
    tell(ready, id_)
    (shown,) = json.loads(plain(run("notices", "list", "--json")))
    assert (shown["verification_id"], shown["status"], shown["state"]) == (id_, "VERIFIED", "open")


def test_notices_dead_with_json_prints_an_array(run: Run, ready: Installation):
    id_ = ready.add().id
    give_up(ready, id_)
    (shown,) = json.loads(plain(run("notices", "dead", "--json")))
    assert (shown["onboarding_id"], shown["times"]) == (id_, DEAD_LETTER_AFTER)


def test_notices_quarantine_with_json_prints_an_array_without_bodies(run: Run, ready: Installation):
    with ready.parts() as parts, pytest.raises(UnreadableNotice):
        parts.steps.webhook.keep(MARKER.encode())
    printed = plain(run("notices", "quarantine", "--json"))
    (shown,) = json.loads(printed)
    assert (shown["why"], shown["size"]) == ("not JSON", len(MARKER))
    assert MARKER not in printed


@pytest.mark.parametrize(("arguments", "code"), [((), 2), (("x", "--all"), 2), (("x",), 1)])
def test_a_replay_of_nothing_is_said_plainly(run: Run, ready: Installation, arguments, code):
    assert run("notices", "replay", *arguments).exit_code == code


def test_unusable_bodies_are_listed_and_shown_harmlessly(run: Run, ready: Installation):
    body = b'{"verificationId": "\x1b[2J", "status": "' + MARKER.encode() + b'"}'
    with ready.parts() as parts, pytest.raises(UnreadableNotice):
        parts.steps.webhook.store(body)
    (line,) = plain(run("notices", "quarantine")).splitlines()
    number = line.split()[0]
    assert line.endswith("not JSON")
    assert MARKER not in line
    shown = run("notices", "quarantine", number)
    assert json.loads(shown.output).encode() == body
    assert "\x1b" not in shown.output
    assert run("notices", "quarantine", "99").exit_code == 1


def test_what_was_seen_is_taken_out_one_by_one_or_all_at_once(run: Run, ready: Installation):
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
def test_what_was_seen_has_to_be_named(run: Run, ready: Installation, arguments):
    assert run("notices", "seen", *arguments).exit_code == 2


@pytest.mark.parametrize(
    "command", [("list", "--limit", "-1"), ("list", "--limit", "0"), ("quarantine", "9" * 23)]
)
def test_a_number_that_no_database_takes_is_refused_plainly(run: Run, ready: Installation, command):
    refused = run("notices", *command)
    assert refused.exit_code == 2
    assert "is not in the range" in refused.output
