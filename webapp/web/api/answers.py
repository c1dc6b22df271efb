"""JSON answers of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response


def json_answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """Return the answer with this JSON object."""
    return Response(json.dumps(body), status, mimetype="application/json")
