"""`onboardings reconcile`: poll the gateway now."""

from __future__ import annotations

from collections.abc import Iterator

import click

from webapp.cli.common import onboarding_line, ready_components
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable, NotWritable
from webapp.store.errors import StoreError
from webapp.wiring import Components

#: After so many failures in a row the gateway is considered unavailable.
MAX_FAILURES_IN_A_ROW = 3


@click.command()
@click.argument("onboarding_id", required=False)
def reconcile(onboarding_id: str | None) -> None:
    """Poll the gateway now.

    For one onboarding, or for all unfinished ones.

    When polling for all, an onboarding that fails is named and the others follow; then the exit
    code is 1.
    """
    components = ready_components()
    if onboarding_id is not None:
        try:
            click.echo(_poll(components, onboarding_id))
        except (GatewayUnavailable, GatewayForbidden) as error:
            message = f"{error}; nothing was changed for {onboarding_id}"
            raise click.ClickException(message) from error
    elif failed := _poll_all(components):
        raise click.ClickException(f"{failed} could not be reconciled, named above")


def _poll_all(components: Components) -> int:
    """Return the number of failures. Ends early when the next onboarding would fail as well."""
    failed = in_a_row = 0
    for onboarding_id in _unfinished(components):
        try:
            line = _poll(components, onboarding_id)
        except NotWritable:
            raise
        except Exception as error:  # one bad row must not prevent the others
            failed += 1
            in_a_row = in_a_row + 1 if isinstance(error, GatewayUnavailable) else 0
            if isinstance(error, GatewayForbidden) or in_a_row == MAX_FAILURES_IN_A_ROW:
                raise click.ClickException(
                    f"{error}; nothing was changed for {onboarding_id}, and those after it were "
                    "not polled"
                ) from error
            click.echo(f"{onboarding_id}  {_describe(error)}", err=True)
        else:
            in_a_row = 0
            click.echo(line)
    return failed


def _poll(components: Components, onboarding_id: str) -> str:
    """Poll the gateway for one onboarding and return its line."""
    components.steps.gateway_poll.poll(onboarding_id)
    with components.database.reading() as work:
        row = work.onboardings.get(onboarding_id)
    if row is None:
        raise click.ClickException(f"no onboarding {onboarding_id}")
    return onboarding_line(row)


def _describe(error: Exception) -> str:
    """Return the text of a known error; the text of an unexpected one may quote a row."""
    is_known = isinstance(error, GatewayUnavailable | StoreError | click.ClickException)
    return str(error) if is_known else type(error).__name__


def _unfinished(components: Components) -> Iterator[str]:
    """Yield the ids of all unfinished onboardings, read in batches to bound memory."""
    last = ""
    while True:
        with components.database.reading() as work:
            batch = work.onboardings.unfinished(after=last)
        yield from batch
        if not batch:
            return
        last = batch[-1]
