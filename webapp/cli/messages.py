"""`messages list|show|replay|recover|ping|enable`: the messages to host sites."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from webapp.basics.text import pluralize
from webapp.cli.common import echo_json, json_option, limit_option, ready_components
from webapp.domain.errors import NotFound
from webapp.domain.messages import Attempt, MessageState

_site_option = click.option("--site", required=True, help="The site's name in sites.toml.")


@click.group()
def messages() -> None:
    """List, repeat and test messages to host sites."""


@messages.command("list")
@click.option("--site", help="Only messages to this site.")
@click.option(
    "--state",
    type=click.Choice([str(each) for each in MessageState]),
    help="Only messages in this state.",
)
@limit_option
@json_option
def list_(site: str | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """List messages, newest first.

    One line for each: time, state, number of attempts, id, site, type, onboarding.
    """
    with ready_components().database.reading() as work:
        listed = work.messages.listed(site=site, state=state, limit=limit)
    if as_json:
        echo_json([asdict(row) for row in listed])
        return
    for row in listed:
        click.echo(
            f"{row.created_at:%Y-%m-%d %H:%M:%SZ}  {row.state:<9}  {row.attempts:>2} x  {row.id}  "
            f"{row.site}  {row.type}  {row.onboarding_id or ''}".rstrip()
        )


@messages.command()
@click.argument("message_id")
def show(message_id: str) -> None:
    """Print a message with its body and its attempts, as JSON.

    The body contains the host site's user id.
    """
    with _clear_errors():
        found = ready_components().steps.messages.show(message_id)
    message = found.message
    echo_json(
        {
            **{name: value for name, value in asdict(message).items() if name != "body"},
            "body": json.loads(message.body),
            "attempt_log": [_attempt(each) for each in found.attempts],
        }
    )


@messages.command()
@click.argument("message_id")
def replay(message_id: str) -> None:
    """Send a message again, with the same id and body. The jobs process does it."""
    with _clear_errors():
        ready_components().steps.messages.replay(message_id)
    click.echo(message_id)


@messages.command()
@_site_option
@click.option(
    "--since",
    required=True,
    metavar="TIME",
    callback=lambda _context, _option, text: _time(text),
    help="An ISO 8601 time such as 2026-11-30T08:00Z; without a zone it is UTC.",
)
def recover(site: str, since: datetime) -> None:
    """Send again what was written since TIME and was not delivered. The jobs process does it."""
    with _clear_errors():
        count = ready_components().steps.messages.recover(site, since)
    click.echo(f"{pluralize(count, 'message')} to send")


@messages.command()
@_site_option
def ping(site: str) -> None:
    """Send a `ping` to a receiver once, and print its answer.

    Works for a disabled receiver too. Exits with 1 unless the receiver answers 2xx.
    """
    with _clear_errors():
        (attempt,) = ready_components().steps.messages.ping(site).attempts
    answered = f"answered {attempt.status}" if attempt.status else "no answer"
    if not attempt.delivered:
        raise click.ClickException(f"{answered} ({attempt.error}) in {attempt.duration_ms} ms")
    click.echo(f"{answered} in {attempt.duration_ms} ms")


@messages.command()
@_site_option
def enable(site: str) -> None:
    """Send to a disabled receiver again, also what waits for it."""
    with _clear_errors():
        was_disabled = ready_components().steps.messages.enable(site)
    click.echo("enabled" if was_disabled else "it was not disabled")


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise click.ClickException(f"{error}: see `messages list`, or sites.toml") from error
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _attempt(attempt: Attempt) -> dict[str, Any]:
    names = ("at", "status", "error", "duration_ms", "answer")
    return {name: getattr(attempt, name) for name in names}


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("give an ISO 8601 time such as 2026-11-30T08:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
