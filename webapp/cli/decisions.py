"""`onboardings accept|reject|review`: decide an onboarding."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from webapp.basics.text import clean_text
from webapp.cli.common import onboarding_line, ready_components
from webapp.domain.actors import Actor
from webapp.domain.decisions import DecisionRecord, DecisionRequester, DecisionState
from webapp.domain.errors import (
    CaseChanged,
    Conflict,
    DecisionInProgress,
    DecisionRefused,
    NotFound,
)
from webapp.domain.onboarding import Onboarding
from webapp.domain.reasons import ReasonCode
from webapp.journey.decision import Decision, DecisionResult
from webapp.wiring import Components

Decide = Callable[..., DecisionResult]
_MAX_NAME_CHARACTERS = 100


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    yes = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
    by = click.option(
        "--by",
        metavar="NAME",
        callback=lambda _context, _option, name: _checked_name(name),
        help="Who decides. It is stored, encrypted, beside the name of the system's user.",
    )
    return click.argument("onboarding_id")(yes(by(command)))


@click.command()
@_options
def accept(onboarding_id: str, by: str | None, *, yes: bool) -> None:
    """Accept the onboarding at the gateway: it becomes verified. This is final."""
    _decide(onboarding_id, "Accept, finally", by, lambda step: step.accept, yes=yes)


@click.command()
@_options
@click.option("--comment", required=True, help="The reason, for operators; users do not see it.")
@click.option(
    "--reason",
    type=click.Choice([str(code) for code in ReasonCode]),
    help="The reason that the user reads, in their language; without it `other`.",
)
def reject(
    onboarding_id: str, by: str | None, comment: str, reason: str | None, *, yes: bool
) -> None:
    """Reject the onboarding at the gateway. This is final."""
    code = ReasonCode(reason) if reason else None
    _decide(
        onboarding_id,
        "Reject, finally",
        by,
        lambda step: partial(step.reject, comment=comment, reason=code),
        yes=yes,
    )


@click.command()
@_options
def review(onboarding_id: str, by: str | None, *, yes: bool) -> None:
    """Send the onboarding to the gateway's reviewers."""
    _decide(onboarding_id, "Send to review", by, lambda step: step.review, yes=yes)


def _decide(
    onboarding_id: str,
    verb: str,
    by: str | None,
    method: Callable[[Decision], Decide],
    *,
    yes: bool,
) -> None:
    components = ready_components()
    row = _row(components, onboarding_id)
    if not yes:
        click.confirm(f"{onboarding_line(row)}\n{verb}?", abort=True, err=True)
    try:
        result = method(components.steps.decision)(
            onboarding_id,
            actor=Actor.CLI,
            requester=DecisionRequester(by, _os_user()),
            case_version=None if yes else row.case_version,
        )
    except NotFound as error:
        raise click.ClickException(f"{error}: see `onboardings list`") from error
    except DecisionInProgress as error:
        raise click.ClickException(
            f"not possible (decision_in_progress): {error}; see `onboardings show`"
        ) from error
    except CaseChanged as error:
        raise click.ClickException(f"{error}: it is {error.status} now; decide again") from error
    except Conflict as error:
        raise click.ClickException(f"not possible: the onboarding is {error.status}") from error
    except DecisionRefused as error:
        raise click.ClickException(
            f"the gateway refused the decision ({_reply(error.http_status, error.reply)}); "
            "it is not sent again"
        ) from error
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if result.decision is not None:
        raise click.ClickException(_unconfirmed(result.decision))
    click.echo(f"{result.onboarding.id}  {result.onboarding.status}")


def _row(components: Components, onboarding_id: str) -> Onboarding:
    with components.database.reading() as work:
        row = work.onboardings.get(onboarding_id)
    if row is None:
        raise click.ClickException("no such onboarding: see `onboardings list`")
    return row


def _unconfirmed(decision: DecisionRecord) -> str:
    said = _reply(decision.reply.http_status, decision.reply.text)
    if decision.state is DecisionState.PARKED:
        return (
            f"the gateway does not let our account decide ({said}): ask the vendor for the right; "
            "the decision is stored, and sent once the account has it"
        )
    return (
        f"the gateway has not confirmed the decision yet ({said}): it is stored, and the jobs "
        "process repeats it until the gateway confirms; see `onboardings show`"
    )


def _reply(http_status: int | None, text: str | None) -> str:
    """Describe what the gateway answered."""
    if http_status is None:
        return "no answer"
    return f"it answered {http_status}: {text}" if text else f"it answered {http_status}"


def _checked_name(name: str | None) -> str | None:
    if name is not None and not (clean_text(name, _MAX_NAME_CHARACTERS) or "").strip():
        raise click.BadParameter(
            f"give a name of at most {_MAX_NAME_CHARACTERS} characters without control characters"
        )
    return name


def _os_user() -> str:
    """Return the name of the system's user; unlike $USER it cannot be chosen."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number without a name
        return str(os.getuid())
