"""`onboardings reconcile`: the gateway is asked now, by hand."""

from __future__ import annotations

from collections.abc import Iterator

import click

from webapp.cli.common import onboarding_line, wired
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable, NotWritable
from webapp.store.errors import StoreError
from webapp.wiring import Components

#: After so many in a row it is not these onboardings that the gateway does not answer for.
AWAY_IN_A_ROW = 3


@click.command()
@click.argument("onboarding_id", required=False)
def reconcile(onboarding_id: str | None) -> None:
    """Ask the gateway now: about one onboarding, or about all that are unfinished.

    One of all that cannot be asked about is named, and the others are asked about; then the exit
    code is 1.
    """
    parts = wired()
    if onboarding_id is not None:
        try:
            click.echo(_asked(parts, onboarding_id))
        except (GatewayUnavailable, GatewayForbidden) as away:
            raise click.ClickException(f"{away}; nothing was changed for {onboarding_id}") from away
    elif failed := _ask_about_all(parts):
        raise click.ClickException(f"{failed} could not be reconciled, named above")


def _ask_about_all(parts: Components) -> int:
    """How many it came to nothing for. Ends where the next one could fare no better."""
    failed = away = 0
    for each in _unfinished(parts):
        try:
            said = _asked(parts, each)
        except NotWritable:
            raise
        except Exception as wrong:  # one bad row must not stand in the way of others
            failed += 1
            away = away + 1 if isinstance(wrong, GatewayUnavailable) else 0
            if isinstance(wrong, GatewayForbidden) or away == AWAY_IN_A_ROW:
                raise click.ClickException(
                    f"{wrong}; nothing was changed for {each}, nor asked about those after it"
                ) from wrong
            click.echo(f"{each}  {_why(wrong)}", err=True)
        else:
            away = 0
            click.echo(said)
    return failed


def _asked(parts: Components, onboarding_id: str) -> str:
    """Where it stands now."""
    parts.steps.gateway_poll.poll(onboarding_id)
    with parts.database.reading() as work:
        row = work.onboardings.get(onboarding_id)
    if row is None:
        raise click.ClickException(f"no onboarding {onboarding_id}")
    return onboarding_line(row)


def _why(wrong: Exception) -> str:
    """An error that nobody thought of may quote a row: its kind has to do."""
    told = isinstance(wrong, GatewayUnavailable | StoreError | click.ClickException)
    return str(wrong) if told else type(wrong).__name__


def _unfinished(parts: Components) -> Iterator[str]:
    """The ids of all, a portion at a time: there may be more than anybody wants in memory."""
    last = ""
    while True:
        with parts.database.reading() as work:
            portion = work.onboardings.unfinished(after=last)
        yield from portion
        if not portion:
            return
        last = portion[-1]
