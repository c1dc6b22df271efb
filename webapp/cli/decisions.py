"""`onboardings accept|reject|review`: a decision from the command line."""

from __future__ import annotations

from collections.abc import Callable

import click

from webapp.cli.common import wired
from webapp.domain.actors import Actor
from webapp.domain.errors import Conflict, GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Onboarding
from webapp.journey.decision import Decision


@click.command()
@click.argument("onboarding_id")
def accept(onboarding_id: str) -> None:
    """Have the gateway make it verified. Final."""
    _decide(lambda decision: decision.accept(onboarding_id, actor=Actor.CLI))


@click.command()
@click.argument("onboarding_id")
@click.option("--comment", required=True, help="The reason, for operators; users never see it.")
def reject(onboarding_id: str, comment: str) -> None:
    """Have the gateway make it rejected. Final."""
    _decide(lambda decision: decision.reject(onboarding_id, actor=Actor.CLI, comment=comment))


@click.command()
@click.argument("onboarding_id")
def review(onboarding_id: str) -> None:
    """Hand it to the gateway's reviewers."""
    _decide(lambda decision: decision.review(onboarding_id, actor=Actor.CLI))


def _decide(step: Callable[[Decision], Onboarding]) -> None:
    try:
        row = step(wired().steps.decision)
    except NotFound as error:
        raise click.ClickException(f"{error}: see `onboardings list`") from error
    except Conflict as error:
        raise click.ClickException(f"not possible: it is {error.status}") from error
    except GatewayUnavailable as error:
        raise click.ClickException(
            "the gateway did not confirm; it is asked again by itself, see `onboardings show`"
        ) from error
    except (GatewayForbidden, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{row.id}  {row.status}")
