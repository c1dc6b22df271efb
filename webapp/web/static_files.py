"""Files of ours: addresses that change with their content, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, request

from webapp.web.guards import View, everybody

_ENDPOINT = "static"


def serve_files(app: Flask) -> None:
    """`url_for("static", filename=…)` names the content; that address may be kept for good."""
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def name_content(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == _ENDPOINT:
            values.setdefault("v", version(folder, values["filename"]))

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == _ENDPOINT and response.status_code in (200, 304):
            asked = request.args.get("v")
            current = version(folder, (request.view_args or {})["filename"])
            # A script that another one imports has no version in its address: asked for again.
            known = asked is not None and asked == current
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if known else "no-cache"
            )
        return response

    if _ENDPOINT in app.view_functions:
        app.view_functions[_ENDPOINT] = everybody(cast("View", app.view_functions[_ENDPOINT]))


def version(folder: Path, filename: str) -> str | None:
    """The first digits of the content's hash; None for what is not there."""
    path = folder / filename
    try:
        return _hash(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=512)
def _hash(path: Path, _changed_at_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
