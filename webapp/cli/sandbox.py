"""`sandbox`: the gateway in a box alone. It is started as the stranger that it is."""

from __future__ import annotations

import os
import sys

import click


@click.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "help_option_names": [],
    }
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    """Run the gateway in a box (--help after it shows its options)."""
    command = [sys.executable, "-m", "mobbscan_sandbox.gateway", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - our own module, arguments passed as they are
