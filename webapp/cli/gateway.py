"""`gateway seen|accept-drift`: what the gateway really sends, against its documented contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click

from webapp.cli.common import echo_json, ready_components
from webapp.journey.gateway_facts import Drift, GatewayReport, SeenField


@click.group()
def gateway() -> None:
    """Show what the gateway sends, against its contract."""


@gateway.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object in place of lines.")
def seen(*, as_json: bool) -> None:
    """List the fields and words that the gateway has sent.

    Names and shapes only: no value of a process is recorded, but the words of its result.
    """
    report = ready_components().steps.gateway_facts.report()
    if as_json:
        echo_json(asdict(report))
        return
    for line in _lines(report):
        click.echo(line)


@gateway.command("accept-drift")
def accept_drift() -> None:
    """Accept all differences that `seen` lists, and end their alarm.

    Do this when the vendor has confirmed them, and nothing of yours reads the fields otherwise.
    """
    accepted = ready_components().steps.gateway_facts.accept_drift()
    for each in accepted:
        click.echo(f"accepted: {each.sentence}")
    if not accepted:
        click.echo("there is no difference to accept", err=True)


def _lines(report: GatewayReport) -> Iterator[str]:
    yield "Fields of process data"
    for field in report.fields:
        yield f"  {field.name:<38}  {_note(field):<19}  {', '.join(field.shapes) or 'never seen'}"
    yield f"Words of verificationResult: {', '.join(report.verdict_words) or 'none yet'}"
    yield f"Words of notices: {', '.join(report.notice_words) or 'none yet'}"
    yield "Differences from the contract" if report.drift else "No differences from the contract"
    for each in report.drift:
        yield f"  {each.sentence} (since {each.since:%Y-%m-%d}{_accepted(each)})"


def _note(field: SeenField) -> str:
    return field.documented or "not in the contract"


def _accepted(drift: Drift) -> str:
    return f", accepted {drift.accepted_at:%Y-%m-%d}" if drift.accepted_at else ""
