"""`notices …`: what came, what was given up, what could not be read."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from webapp.basics.text import pluralize
from webapp.cli.common import ROWS, echo_json, json_option, limit_option, wired


@click.group()
def notices() -> None:
    """Look at notices of the gateway, and have what was given up done again."""


@notices.command("list")
@limit_option
@json_option
def list_(limit: int, *, as_json: bool) -> None:
    """One line each: when it last came, its state, how often it came, its word, its id."""
    with wired().database.reading() as work:
        listed = work.inbox.listed(limit)
    if as_json:
        echo_json([asdict(row) for row in listed])
        return
    for one in listed:
        click.echo(
            f"{_at(one.last_seen_at)}  {one.state:<11}  {one.times:>4} x  {one.status:<22}"
            f"  {one.verification_id}"
        )


@notices.command()
@json_option
def dead(*, as_json: bool) -> None:
    """What was tried again and again and then given up; `replay` has it done again."""
    letters = wired().steps.dead_letters.list_all()
    if as_json:
        echo_json([asdict(letter) for letter in letters])
        return
    for letter in letters:
        click.echo(
            f"{_at(letter.since)}  {letter.kind:<6}  {letter.times:>4} x  {letter.why:<22}"
            f"  {letter.onboarding_id}"
        )


@notices.command()
@click.argument("onboarding_id", required=False)
@click.option("--all", "all_", is_flag=True, help="All that `dead` lists.")
def replay(onboarding_id: str | None, all_: bool) -> None:
    """Have the gateway asked at once about what was given up. The jobs process does it."""
    if all_ == (onboarding_id is not None):
        raise click.UsageError("name one ID of `notices dead`, or say --all")
    dead_letters = wired().steps.dead_letters
    if onboarding_id is None:
        replayed = dead_letters.replay_all()
    elif dead_letters.replay(onboarding_id):
        replayed = [onboarding_id]
    else:
        raise click.ClickException(f"nothing of {onboarding_id} has been given up")
    for each in replayed:
        click.echo(each)
    if not replayed:
        click.echo("nothing has been given up", err=True)


@notices.command()
@click.argument("number", required=False, type=ROWS)
@json_option
def quarantine(number: int | None, *, as_json: bool) -> None:
    """Authentic bodies that are no notices: a line for each, or the body of one NUMBER.

    A body may hold personal data. It is shown as a JSON string, so it cannot steer a terminal.
    """
    with wired().database.reading() as work:
        unusable = work.quarantine.listed() if number is None else []
        body = None if number is None else work.quarantine.body(number)
    if as_json and number is None:
        echo_json([asdict(row) for row in unusable])
        return
    for one in unusable:
        click.echo(f"{one.id:>6}  {_at(one.received_at)}  {one.size:>6} bytes  {one.reason}")
    if number is None:
        return
    if body is None:
        raise click.ClickException(f"no body {number}: see `notices quarantine`")
    click.echo(json.dumps(body))


@notices.command()
@click.argument("number", required=False, type=ROWS)
@click.option("--all", "all_", is_flag=True, help="All that `quarantine` lists.")
def seen(number: int | None, all_: bool) -> None:
    """Delete what has been looked at in `quarantine`; /readyz then speaks of it no more."""
    if all_ == (number is not None):
        raise click.UsageError("name one NUMBER of `notices quarantine`, or say --all")
    with wired().database.writing() as work:
        gone = work.quarantine.remove(number)
    if number is not None and not gone:
        raise click.ClickException(f"no body {number}: see `notices quarantine`")
    click.echo(f"{pluralize(len(gone), 'body', 'bodies')} deleted")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}"
