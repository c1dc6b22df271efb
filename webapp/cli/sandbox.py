"""`sandbox`: run the gateway in a box, an alias of `python -m mobbscan_sandbox`."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

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
    if find_spec("mobbscan_sandbox") is None:
        raise click.ClickException(
            "the package mobbscan_sandbox is missing here: run this command in a checkout of the "
            "source code; the container image does not contain the sandbox"
        )
    command = [sys.executable, "-m", "mobbscan_sandbox", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - our own module, arguments passed as they are
