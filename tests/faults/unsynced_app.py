"""WSGI app whose database answers before its disk does: the control of the fsync test."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from webapp.app import create_app
from webapp.config.settings import Settings


def disable_sync(connection: Any, _record: Any, _fairy: Any) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


event.listen(Pool, "checkout", disable_sync)
app = create_app(Settings.from_environment())
