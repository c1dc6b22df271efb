"""Tests of `messages list|show|replay|recover|ping|enable`."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.message_receiver import SECRET, MessageReceiver, Response
from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import MARKER, Installation
from tests.unit.cli.test_database import plain
from webapp.domain.messages import MessageState


@pytest.fixture
def receiver(ready: Installation) -> Iterator[MessageReceiver]:
    with MessageReceiver() as running:
        with (ready.folder / "sites.toml").open("a") as sites:
            sites.write(
                f'webhook_url = "{running.url}"\nwebhook_secrets = ["{SECRET}"]\n'
                "allow_private_webhook = true\n"
            )
        yield running


def announce(installed: Installation) -> str:
    """Store an onboarding with one message; return the id of the message."""
    row = installed.add()
    with installed.parts() as parts:
        deps = parts.steps.messages._deps
        with parts.database.writing() as work:
            deps.announce_new(work, row, work.message_facts.of(row.id, row.person_id))
            (message,) = work.messages.of(row.id)
    return message.id


def deliver(installed: Installation) -> int:
    with installed.parts() as parts:
        claimed = parts.message_delivery.claim(lambda _site, _failing: 10, 10)
        parts.message_delivery.store([parts.message_delivery.send(each) for each in claimed])
        parts.message_client.close()
    return len(claimed)


def test_messages_list_prints_one_line_for_each(
    run: Run, ready: Installation, receiver: MessageReceiver
) -> None:
    message_id = announce(ready)
    assert plain(run("messages", "list")).split()[2:8] == [
        "pending", "0", "x", message_id, "shop", "onboarding.started",
    ]  # fmt: skip
    assert plain(run("messages", "list", "--state", "dead")) == ""
    assert plain(run("messages", "list", "--site", "bank")) == ""
    (row,) = json.loads(plain(run("messages", "list", "--json")))
    assert (row["id"], row["state"]) == (message_id, "pending")
    assert MARKER not in run("messages", "list", "--json").output


def test_messages_show_prints_body_and_attempts(
    run: Run, ready: Installation, receiver: MessageReceiver
) -> None:
    message_id = announce(ready)
    receiver.respond = lambda _received: Response(500, body=b"out of order")
    deliver(ready)
    shown = json.loads(plain(run("messages", "show", message_id)))
    assert shown["body"]["data"]["subject"] == MARKER
    (attempt,) = shown["attempt_log"]
    assert (attempt["status"], attempt["error"], attempt["answer"]) == (
        500, "http_status", "out of order",
    )  # fmt: skip


def test_messages_replay_and_recover_make_messages_due(
    run: Run, ready: Installation, receiver: MessageReceiver
) -> None:
    message_id = announce(ready)
    deliver(ready)
    assert plain(run("messages", "replay", message_id)) == f"{message_id}\n"
    assert deliver(ready) == 1
    with ready.parts() as parts, parts.database.writing() as work:
        work.messages.make_due([message_id], datetime.now(UTC))
        work.messages.mark_failed(message_id, datetime.now(UTC), None)
    assert plain(run("messages", "recover", "--site", "shop", "--since", "2020-01-01")) == (
        "1 message to send\n"
    )
    assert deliver(ready) == 1
    assert len({each.id for each in receiver.received}) == 1
    assert len(receiver.received) == 3


def test_messages_ping_prints_the_answer(
    run: Run, ready: Installation, receiver: MessageReceiver
) -> None:
    assert plain(run("messages", "ping", "--site", "shop")).startswith("answered 204 in ")
    receiver.respond = lambda _received: Response(503)
    failed = run("messages", "ping", "--site", "shop")
    assert failed.exit_code == 1
    assert "answered 503 (http_status)" in failed.output
    assert receiver.types() == ["ping", "ping"]


def test_messages_enable_ends_a_disabled_receiver(
    run: Run, ready: Installation, receiver: MessageReceiver
) -> None:
    announce(ready)
    receiver.respond = lambda _received: Response(410)
    deliver(ready)
    assert deliver(ready) == 0
    assert plain(run("messages", "enable", "--site", "shop")) == "enabled\n"
    assert plain(run("messages", "enable", "--site", "shop")) == "it was not disabled\n"
    assert deliver(ready) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "msg_unknown"),
        ("replay", "msg_unknown"),
        ("recover", "--site", "unknown", "--since", "2026-01-01"),
        ("recover", "--site", "shop", "--since", "yesterday"),
        ("ping", "--site", "unknown"),
        ("enable", "--site", "unknown"),
    ],
    ids=" ".join,
)
def test_messages_wrong_argument_is_one_line_that_says_how_to_fix_it(
    run: Run, ready: Installation, receiver: MessageReceiver, arguments: tuple[str, ...]
) -> None:
    failed = run("messages", *arguments)
    assert failed.exit_code != 0
    assert "Traceback" not in failed.output
    assert any(word in failed.output for word in ("see `messages list`", "ISO 8601"))


def test_messages_ping_site_without_receiver_names_the_setting(
    run: Run, ready: Installation
) -> None:
    failed = run("messages", "ping", "--site", "shop")
    assert failed.exit_code == 1
    assert "webhook_url" in failed.output


def test_messages_state_words_are_those_of_the_option(run: Run) -> None:
    help_text = run("messages", "list", "--help").output
    assert all(str(state) in help_text for state in MessageState)
