"""The server, with the path /writes: how many statements so far have written to the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import event

from webapp.app import create_app
from webapp.config.current import current_settings

server = create_app(current_settings())
_written: Counter[str] = Counter()


@event.listens_for(server.extensions["wired"].engine, "before_cursor_execute")
def _count(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
    verb = statement.split(None, 1)[0].upper()
    if verb in ("INSERT", "UPDATE", "DELETE"):
        _written[verb] += 1


def app(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] != "/writes":
        return server(environ, start)
    body = str(_written.total()).encode()
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]
