"""Seeing changes on PostgreSQL: every commit that touches an onboarding says so by itself.

A machine hears of the others' commits within a millisecond or two, and nothing is asked
meanwhile. What is committed while the connection is down is not heard; the watcher looks at
everything once it is up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

#: How long `wait` waits at most (seconds): whoever waits may have other things to do.
WAIT_SECONDS = 0.1


class ListenSource:
    """Implements `live.watcher.Changes` on one connection of its own."""

    def __init__(self, where: Mapping[str, Any], channel: str) -> None:
        """`where`: arguments of `psycopg.connect`. Raises what psycopg raises."""
        self._connection: psycopg.Connection = psycopg.connect(**{**where, "autocommit": True})
        try:
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        except BaseException:
            self._connection.close()
            raise

    def wait(self) -> set[str]:
        heard = self._connection.notifies(timeout=WAIT_SECONDS, stop_after=1)
        return {each.payload for each in heard}

    def close(self) -> None:
        self._connection.close()
