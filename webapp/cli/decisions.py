"""`onboardings accept|reject|review`: decide an onboarding."""

from __future__ import annotations

from collections.abc import Callable

import click

from webapp.cli.common import ready_components
from webapp.domain.actors import Actor
from webapp.domain.errors import Conflict, GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Onboarding
from webapp.journey.decision import Decision


@click.command()
@click.argument("onboarding_id")
def accept(onboarding_id: str) -> None:
    """Accept the onboarding at the gateway: it becomes verified. This is final."""
    _decide(lambda decision: decision.accept(onboarding_id, actor=Actor.CLI))


@click.command()
@click.argument("onboarding_id")
@click.option("--comment", required=True, help="The reason, for operators; users do not see it.")
def reject(onboarding_id: str, comment: str) -> None:
    """Reject the onboarding at the gateway. This is final."""
    _decide(lambda decision: decision.reject(onboarding_id, actor=Actor.CLI, comment=comment))


@click.command()
@click.argument("onboarding_id")
def review(onboarding_id: str) -> None:
    """Send the onboarding to the gateway's reviewers."""
    _decide(lambda decision: decision.review(onboarding_id, actor=Actor.CLI))


def _decide(step: Callable[[Decision], Onboarding]) -> None:
    try:
        row = step(ready_components().steps.decision)
    except NotFound as error:
        raise click.ClickException(f"{error}: see `onboardings list`") from error
    except Conflict as error:
        raise click.ClickException(f"not possible: the onboarding is {error.status}") from error
    except GatewayUnavailable as error:
        raise click.ClickException(
            "the gateway did not confirm; the server retries, see `onboardings show`"
        ) from error
    except (GatewayForbidden, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{row.id}  {row.status}")
