"""API route of the OpenAPI document."""

from __future__ import annotations

from flask import Response, current_app, request

from webapp.web import request_context
from webapp.web.api.answers import json_answer
from webapp.web.api.blueprint import blueprint
from webapp.web.api.openapi import document
from webapp.web.guards import public


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The description of the API, for everyone."""
    answer = json_answer(document(current_app, request_context.settings().public_url))
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
