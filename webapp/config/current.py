"""The settings of a server: read when it starts and when it is reloaded, and never in between.

A web worker that takes a dead one's place works with what its siblings have. If it read them anew,
an edit that cannot work, or is not finished, would keep it from starting.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from webapp.config.settings import Settings, SettingsError

_read: list[Settings] = []


def renew() -> Settings:
    """Read them. While they cannot work those of before stay in force, and the log says why.

    Raises SettingsError when there are none of before.
    """
    try:
        _read[:] = [Settings.from_environment()]
    except SettingsError as wrong:
        if not _read:
            raise
        complain("not_reloaded", wrong.problems)
    return _read[0]


def in_force() -> Settings:
    """Those of the last `renew`, of this process or of the one that it was forked from."""
    return _read[0] if _read else renew()


def complain(event: str, problems: Sequence[str]) -> None:
    """Say in the log what is wrong with them: no sentence of it holds a value."""
    # The parent of web workers has its log from gunicorn, and structlog is not set up in it.
    logging.getLogger(__name__).error(event, extra={"problems": list(problems)})
