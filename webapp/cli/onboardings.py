"""`onboardings list|show|link`: print ids, states and times, and who decided."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from webapp.cli.common import (
    echo_json,
    json_option,
    limit_option,
    onboarding_line,
    ready_components,
)
from webapp.domain.actors import Actor
from webapp.domain.decisions import DecisionRecord
from webapp.domain.errors import Conflict, NotFound
from webapp.domain.onboarding import Status


@click.group()
def onboardings() -> None:
    """List, show, adopt, reconcile and decide onboardings."""


@onboardings.command("list")
@click.option("--site", help="Only of this site.")
@click.option("--status", type=click.Choice([str(s) for s in Status]), help="Only of this status.")
@limit_option
@json_option
def list_(site: str | None, status: str | None, limit: int, *, as_json: bool) -> None:
    """One line per onboarding, newest first."""
    with ready_components().database.reading() as work:
        listed = work.onboardings.listed(site=site, status=status, limit=limit)
    if as_json:
        echo_json([asdict(row) for row in listed])
        return
    for row in listed:  # after the transaction: a slow pager must not keep it open
        click.echo(onboarding_line(row))


@onboardings.command()
@click.argument("onboarding_id")
def show(onboarding_id: str) -> None:
    """Print one onboarding with its timeline as JSON."""
    with ready_components().database.reading() as work:
        row = work.onboardings.get(onboarding_id)
        if row is None:
            raise click.ClickException(f"no onboarding {onboarding_id}")
        decisions = work.decisions.of(onboarding_id)
        lines = work.timeline.of(onboarding_id)
    shown = {
        "id": row.id,
        "site": row.site,
        "flow": row.flow,
        "status": str(row.status),
        "gateway_status": row.gateway_status,
        "reasons": [str(reason.code) for reason in row.reasons],
        "attempt": row.attempt,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "expires_at": row.expires_at.isoformat(),
        "next_read_at": row.next_poll_at.isoformat() if row.next_poll_at else None,
        "case_version": row.case_version,
        "decisions": [_decision(one) for one in decisions],
        "timeline": [
            {"at": line.at.isoformat(), "actor": line.actor, "event": line.event, **line.detail}
            for line in lines
        ],
    }
    click.echo(json.dumps(shown, indent=2))


def _decision(one: DecisionRecord) -> dict[str, object]:
    """A decision without its content; names of operators and the gateway's reply are for them."""
    return {
        "kind": one.kind,
        "state": one.state,
        "outcome": one.outcome,
        "case_version": one.case_version,
        "actor": one.actor,
        "by": one.requester.claimed_name,
        "os_user": one.requester.os_user,
        "requested_at": one.created_at.isoformat(),
        "attempts": one.attempts,
        "corrections": dict(one.corrected_fields),
        "next_attempt_at": one.due_at.isoformat() if one.due_at else None,
        "gateway_http_status": one.reply.http_status,
        "gateway_reply": one.reply.text,
    }


@onboardings.command()
@click.argument("onboarding_id")
def link(onboarding_id: str) -> None:
    """Create a one-time link for the user.

    Prints it, and when it expires.
    """
    try:
        made = ready_components().steps.links.create(onboarding_id, actor=Actor.OPERATOR)
    except NotFound as error:
        raise click.ClickException(f"no onboarding {onboarding_id}") from error
    except Conflict as error:
        raise click.ClickException(
            f"{onboarding_id} is {error.status}: no link is needed"
        ) from error
    click.echo(f"{made.url}  works once, until {made.expires_at:%Y-%m-%dT%H:%M:%SZ}")
