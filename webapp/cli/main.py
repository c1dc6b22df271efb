"""The command group of `python -m webapp`; it prints errors as one line."""

from __future__ import annotations

import os
from typing import Any

import click

from webapp import __version__
from webapp.cli.adopt import adopt
from webapp.cli.database import database
from webapp.cli.decisions import accept, reject, review
from webapp.cli.doctor.command import doctor
from webapp.cli.erasures import erase, erasures
from webapp.cli.gateway import gateway
from webapp.cli.host import host
from webapp.cli.keys import keys
from webapp.cli.messages import messages
from webapp.cli.notices import notices
from webapp.cli.onboardings import onboardings
from webapp.cli.reconcile import reconcile
from webapp.cli.sandbox import sandbox
from webapp.cli.serve import serve, worker
from webapp.cli.sites import sites
from webapp.store.errors import StoreError


class Commands(click.Group):
    """Print a database error as one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (StoreError, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.version_option(__version__, prog_name="mobbscan-embed")
@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """mobbscan-embed: identity verification by MobbScan for your website."""
    os.umask(0o077)  # new files are for their owner only, above all databases


_COMMANDS = (
    serve, worker, database, doctor, onboardings, notices, messages, erasures, gateway, host,
    keys, sites, sandbox,
)  # fmt: skip
for command in _COMMANDS:
    main.add_command(command)
for command in (adopt, reconcile, accept, reject, review, erase):
    onboardings.add_command(command)
