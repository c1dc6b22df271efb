"""API route of the OpenAPI document."""

from __future__ import annotations

from flask import Response, current_app, request

from webapp.web import request_context
from webapp.web.api.answers import json_answer
from webapp.web.api.blueprint import blueprint
from webapp.web.api.openapi import document
from webapp.web.guards import public

_EXTENSION = "openapi_document"


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The description of the API, for everyone."""
    known = current_app.extensions
    if _EXTENSION not in known:
        # Built once in a process: it takes 11 ms, and everyone may ask for it.
        known[_EXTENSION] = document(current_app, request_context.settings().public_url)
    answer = json_answer(known[_EXTENSION])
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
