"""`notices list|dead|replay|quarantine|seen`: the notices that the gateway sent."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from webapp.basics.text import pluralize
from webapp.cli.common import ROW_NUMBER, echo_json, json_option, limit_option, ready_components


@click.group()
def notices() -> None:
    """List notices of the gateway, and replay those that failed."""


@notices.command("list")
@limit_option
@json_option
def list_(limit: int, *, as_json: bool) -> None:
    """List notices, newest first.

    One line for each: last arrival, state, number of arrivals, status word, id.
    """
    with ready_components().database.reading() as work:
        listed = work.inbox.listed(limit)
    if as_json:
        echo_json([asdict(row) for row in listed])
        return
    for row in listed:
        click.echo(
            f"{_at(row.last_seen_at)}  {row.state:<13}  {row.times:>4} x  {row.status:<22}"
            f"  {row.verification_id}"
        )


@notices.command()
@json_option
def dead(*, as_json: bool) -> None:
    """List polls, notices and decisions whose retries ended. `replay` repeats them."""
    letters = ready_components().steps.dead_letters.list_all()
    if as_json:
        echo_json([asdict(letter) for letter in letters])
        return
    for letter in letters:
        click.echo(
            f"{_at(letter.since)}  {letter.kind:<8}  {letter.times:>4} x  {letter.why:<22}"
            f"  {letter.onboarding_id}"
        )


@notices.command()
@click.argument("onboarding_id", required=False)
@click.option("--all", "all_", is_flag=True, help="All that `dead` lists.")
def replay(onboarding_id: str | None, all_: bool) -> None:
    """Poll the gateway for dead letters at once. The jobs process does it."""
    if all_ == (onboarding_id is not None):
        raise click.UsageError("name one ID of `notices dead`, or give --all")
    dead_letters = ready_components().steps.dead_letters
    if onboarding_id is None:
        replayed = dead_letters.replay_all()
    elif dead_letters.replay(onboarding_id):
        replayed = [onboarding_id]
    else:
        raise click.ClickException(f"{onboarding_id} has no dead letter")
    for each in replayed:
        click.echo(each)
    if not replayed:
        click.echo("there are no dead letters", err=True)


@notices.command()
@click.argument("number", required=False, type=ROW_NUMBER)
@json_option
def quarantine(number: int | None, *, as_json: bool) -> None:
    """List the quarantine, or print one body of it.

    It holds authentic bodies that name no process; NUMBER prints one.

    A body may hold personal data. It is printed as a JSON string: it cannot control a terminal.
    """
    with ready_components().database.reading() as work:
        rows = work.quarantine.listed() if number is None else []
        body = None if number is None else work.quarantine.body(number)
    if as_json and number is None:
        echo_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(f"{row.id:>6}  {_at(row.received_at)}  {row.size:>6} bytes  {row.reason}")
    if number is None:
        return
    if body is None:
        raise click.ClickException(f"no body {number}: see `notices quarantine`")
    click.echo(json.dumps(body))


@notices.command()
@click.argument("number", required=False, type=ROW_NUMBER)
@click.option("--all", "all_", is_flag=True, help="All that `quarantine` lists.")
def seen(number: int | None, all_: bool) -> None:
    """Delete examined bodies of the quarantine.

    /readyz then no longer reports them.
    """
    if all_ == (number is not None):
        raise click.UsageError("name one NUMBER of `notices quarantine`, or give --all")
    with ready_components().database.writing() as work:
        deleted = work.quarantine.remove(number)
    if number is not None and not deleted:
        raise click.ClickException(f"no body {number}: see `notices quarantine`")
    click.echo(f"{pluralize(len(deleted), 'body', 'bodies')} deleted")


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}"
