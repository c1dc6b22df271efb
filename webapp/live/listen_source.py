"""See changes on PostgreSQL with LISTEN: each commit that changes an onboarding notifies.

Notifications arrive from all nodes within one or two milliseconds. Those sent while the connection
is down are lost; the watcher reads everything again after it has reconnected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

#: `wait` blocks at most this many seconds, so that its caller can stop.
WAIT_SECONDS = 0.1


class ListenSource:
    """Implements `live.watcher.ChangeSource` on a connection of its own."""

    def __init__(self, connect_arguments: Mapping[str, Any], channel: str) -> None:
        """`connect_arguments` go to `psycopg.connect`. Raises what psycopg raises."""
        self._connection: psycopg.Connection = psycopg.connect(
            **{**connect_arguments, "autocommit": True}
        )
        try:
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        except BaseException:
            self._connection.close()
            raise

    def wait(self) -> set[str]:
        notifications = self._connection.notifies(timeout=WAIT_SECONDS, stop_after=1)
        return {each.payload for each in notifications}

    def close(self) -> None:
        self._connection.close()
