"""`onboardings erase` and `erasures list|show`: delete onboardings, and list what was deleted."""

from __future__ import annotations

import time

import click

from webapp.cli.common import (
    echo_json,
    json_option,
    limit_option,
    onboarding_line,
    ready_components,
)
from webapp.domain.actors import Actor
from webapp.domain.erasures import Erasure, ErasureState
from webapp.domain.errors import NotFound, RetentionRequired
from webapp.journey.erasure_fixes import fix_of
from webapp.journey.erasure_receipt import deleted_here, gateway_json
from webapp.wiring import Components

#: How long the command waits for an attempt of another process; longer than one takes.
_WAIT_SECONDS = 25.0
_CHECK_SECONDS = 0.2


@click.group()
def erasures() -> None:
    """List and show deletions of onboardings."""


@erasures.command("list")
@click.option("--site", help="Only of this site.")
@click.option(
    "--state", type=click.Choice([str(each) for each in ErasureState]), help="Only in this state."
)
@limit_option
@json_option
def list_(site: str | None, state: str | None, limit: int, *, as_json: bool) -> None:
    """One line per erasure, newest first: when requested, state, problem, id, site, onboarding."""
    with ready_components().database.reading() as work:
        listed = work.erasures.listed(site=site, state=state, limit=limit)
    if as_json:
        echo_json([_shown(each) for each in listed])
        return
    for each in listed:
        click.echo(_line(each))


@erasures.command()
@click.argument("erasure_id")
def show(erasure_id: str) -> None:
    """Print an erasure with the gateway's answers, how to fix it, and the receipt, as JSON."""
    try:
        echo_json(_shown(ready_components().steps.erase.get(erasure_id)))
    except NotFound as error:
        raise click.ClickException(f"{error}: see `erasures list`") from error


@click.command()
@click.argument("onboarding_id")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def erase(onboarding_id: str, *, yes: bool) -> None:
    """Delete the onboarding at the gateway and here. This cannot be undone.

    Exits with 1 unless the deletion is confirmed at once; it is repeated by the jobs process.
    """
    components = ready_components()
    with components.database.reading() as work:
        row = work.onboardings.get(onboarding_id)
    if row is None:
        raise click.ClickException("no such onboarding: see `onboardings list`")
    if not yes:
        question = f"{onboarding_line(row)}\nDelete it at the gateway and here, for good?"
        click.confirm(question, abort=True, err=True)
    try:
        found = components.steps.erase.onboarding(onboarding_id, actor=Actor.CLI)
    except RetentionRequired as error:
        raise click.ClickException(str(error)) from error
    found = _carried_out(components, found)
    click.echo(_line(found))
    if found.state is not ErasureState.CONFIRMED:
        raise click.ClickException(f"{fix_of(found.problem)} See `erasures show {found.id}`.")


def _carried_out(components: Components, erasure: Erasure) -> Erasure:
    """Make an attempt, or wait for the one that the jobs process makes."""
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        components.steps.gateway_poll.poll(erasure.onboarding_id)
        found = components.steps.erase.get(erasure.id)
        if found.is_settled or found.claimed_until is None or time.monotonic() >= end:
            return found
        time.sleep(_CHECK_SECONDS)


def _line(each: Erasure) -> str:
    problem = each.problem or "-"
    return (
        f"{each.requested_at:%Y-%m-%d %H:%M:%SZ}  {each.state:<9}  {problem}  {each.id}  "
        f"{each.site}  {each.onboarding_id}"
    )


def _shown(each: Erasure) -> dict[str, object]:
    return {
        "id": each.id,
        "onboarding": each.onboarding_id,
        "site": each.site,
        "requested_by": each.actor,
        "state": str(each.state),
        "problem": str(each.problem) if each.problem else None,
        "fix": fix_of(each.problem),
        "requested_at": each.requested_at,
        "updated_at": each.updated_at,
        "attempts": each.attempts,
        "next_attempt_at": each.next_attempt_at,
        "gateway": gateway_json(each.evidence),
        "deleted_here_at": each.erased_at,
        "deleted_here": deleted_here(each),
        "receipt": each.receipt,
    }
