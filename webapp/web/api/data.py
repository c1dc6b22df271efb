"""API route of a user's data, read from the gateway for each answer."""

from __future__ import annotations

from flask import Response

from webapp.web import request_context
from webapp.web.api.answers import json_answer
from webapp.web.api.authentication import caller, require_scope
from webapp.web.api.blueprint import blueprint
from webapp.web.api.data_models import DataBody, data_body
from webapp.web.api.input_models import NoQuery
from webapp.web.api.operations import Operation, operation
from webapp.web.api.reading import read_query
from webapp.web.request_context import parse_onboarding_id


@blueprint.get("/onboardings/<onboarding_id>/data")
@require_scope("data")
@operation(
    Operation(
        "get_data",
        "Read the user's data",
        {200: DataBody},
        query=NoQuery,
        problems=(404, 502),
        tag="Data",
    )
)
def data(onboarding_id: str) -> Response:
    """Read from the gateway for this answer, and not stored; the timeline notes the API key."""
    read_query(NoQuery)
    known, found = parse_onboarding_id(onboarding_id), caller()
    steps = request_context.steps().host_api
    return json_answer(data_body(steps.data.read(found.site, known, found.key.label)))
