"""Serve the element's script and its types to host pages, which are of other origins."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort, current_app
from flask.typing import ResponseReturnValue

from webapp.web import security_headers
from webapp.web.guards import public
from webapp.web.static_files import send_file_of_content

SCRIPT = "embed-v1.js"
TYPES = "embed-v1.d.ts"
_STABLE = "public, max-age=300"
_FOR_EVER = "public, max-age=31536000, immutable"


def serve_element(app: Flask) -> None:
    """Add `/static/embed-v1.js`, `/static/embed-v1.<hash>.js` and `/static/embed-v1.d.ts`."""
    app.add_url_rule(f"/static/{SCRIPT}", "embed_script", script)
    app.add_url_rule("/static/embed-v1.<version>.js", "embed_script_version", script_version)
    app.add_url_rule(f"/static/{TYPES}", "embed_types", types)


@public
def script() -> ResponseReturnValue:
    """Return the module at the address that stays."""
    return _file(SCRIPT, "text/javascript; charset=utf-8", _STABLE)


@public
def script_version(version: str) -> ResponseReturnValue:
    """Return the module at the address of its content; 404 for the hash of other content."""
    if version != script_hash(_folder()):
        abort(404)
    return _file(SCRIPT, "text/javascript; charset=utf-8", _FOR_EVER)


@public
def types() -> ResponseReturnValue:
    """Return the TypeScript declarations, to be downloaded: browsers would guess a video."""
    return _file(TYPES, "text/plain; charset=utf-8", _STABLE)


def script_hash(folder: Path) -> str:
    """Return the first 12 hex digits of the script's SHA-256, which its second address contains."""
    return _sha256(folder / SCRIPT).hex()[:12]


def script_integrity(folder: Path) -> str:
    """Return the value of the attribute `integrity` (Subresource Integrity)."""
    return "sha256-" + base64.b64encode(_sha256(folder / SCRIPT)).decode()


def _file(name: str, content_type: str, cache_control: str) -> Response:
    security_headers.allow_other_origins()
    response = send_file_of_content(name)
    response.headers["Content-Type"] = content_type
    response.headers["Cache-Control"] = cache_control
    # `integrity` and module scripts read the file in CORS mode.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _folder() -> Path:
    return Path(current_app.static_folder or "")


def _sha256(path: Path) -> bytes:
    return _digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _digest(path: Path, _changed_at_ns: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
