"""Serve static files under addresses with a content hash, which browsers may cache for ever."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request, send_from_directory

from webapp.web.guards import public

_ENDPOINT = "static"


def serve_files(app: Flask) -> None:
    """Add `v=<hash>` to `url_for("static", …)`, and `immutable` to answers for that address."""
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == _ENDPOINT:
            values.setdefault("v", content_version(folder, values["filename"]))

    @app.after_request
    def set_cache_control(response: Response) -> Response:
        if request.endpoint == _ENDPOINT and response.status_code in (200, 304):
            requested = request.args.get("v")
            current = content_version(folder, (request.view_args or {})["filename"])
            # Without the current version in the address, browsers must revalidate.
            is_current = requested is not None and requested == current
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if is_current else "no-cache"
            )
        return response

    if _ENDPOINT in app.view_functions:
        app.view_functions[_ENDPOINT] = public(send_file_of_content)


def send_file_of_content(filename: str) -> Response:
    """Return a static file; 304 while its content has not changed. Raises NotFound.

    The ETag of Flask's own view is made of size and time, and reproducible images give all files
    the same time.
    """
    folder = current_app.static_folder or ""
    response = send_from_directory(folder, filename, conditional=False, etag=False)
    response.set_etag(content_version(Path(folder), filename) or "")
    response.make_conditional(request)
    return response


def content_version(folder: Path, filename: str) -> str | None:
    """Return the first 12 hex digits of the file's SHA-256; None when there is no such file."""
    path = folder / filename
    try:
        return _hash(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=512)
def _hash(path: Path, _changed_at_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
