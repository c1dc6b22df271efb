"""`onboardings list|show|link`: ids, states and times; no personal data."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from webapp.cli.common import echo_json, json_option, limit_option, onboarding_line, wired
from webapp.domain.actors import Actor
from webapp.domain.errors import Conflict, NotFound
from webapp.domain.onboarding import Status


@click.group()
def onboardings() -> None:
    """Look at onboardings, or have the gateway asked about them."""


@onboardings.command("list")
@click.option("--site", help="Only this site's.")
@click.option("--status", type=click.Choice([str(s) for s in Status]), help="Only in this state.")
@limit_option
@json_option
def list_(site: str | None, status: str | None, limit: int, *, as_json: bool) -> None:
    """One line each, newest first."""
    with wired().database.reading() as work:
        listed = work.onboardings.listed(site=site, status=status, limit=limit)
    if as_json:
        echo_json([asdict(row) for row in listed])
        return
    for row in listed:  # not before: who reads on in a pager holds no look at the database open
        click.echo(onboarding_line(row))


@onboardings.command()
@click.argument("onboarding_id")
def show(onboarding_id: str) -> None:
    """One onboarding with its timeline, as JSON."""
    with wired().database.reading() as work:
        row = work.onboardings.get(onboarding_id)
        if row is None:
            raise click.ClickException(f"no onboarding {onboarding_id}")
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
        "timeline": [
            {"at": line.at.isoformat(), "actor": line.actor, "event": line.event, **line.detail}
            for line in lines
        ],
    }
    click.echo(json.dumps(shown, indent=2))


@onboardings.command()
@click.argument("onboarding_id")
def link(onboarding_id: str) -> None:
    """Make a one-time link for the onboarding's person, and say until when it works."""
    try:
        made = wired().steps.links.create(onboarding_id, actor=Actor.OPERATOR)
    except NotFound as unknown:
        raise click.ClickException(f"no onboarding {onboarding_id}") from unknown
    except Conflict as over:
        raise click.ClickException(f"{onboarding_id} is {over.status}: no link is needed") from over
    click.echo(f"{made.url}  works once, until {made.expires_at:%Y-%m-%dT%H:%M:%SZ}")
