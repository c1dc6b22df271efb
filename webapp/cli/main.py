"""The commands and what they have in common: settings, and errors in one clear message."""

from __future__ import annotations

import click

from webapp.cli.database import database
from webapp.cli.doctor import doctor
from webapp.cli.onboardings import onboardings
from webapp.cli.sandbox import sandbox
from webapp.cli.serve import serve, worker


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """mobbscan-embed: identity verification by MobbScan for your website."""


for command in (serve, worker, database, doctor, onboardings, sandbox):
    main.add_command(command)
