"""API route of users: where one stands."""

from __future__ import annotations

from flask import Response

from webapp.web import request_context
from webapp.web.api.answers import json_answer
from webapp.web.api.authentication import caller, require_scope
from webapp.web.api.blueprint import blueprint
from webapp.web.api.input_models import SubjectQuery
from webapp.web.api.operations import Operation, operation
from webapp.web.api.output_models import SubjectBody, subject_body
from webapp.web.api.reading import read_query


@blueprint.get("/subjects/<path:subject>")
@require_scope("onboardings")
@operation(
    Operation(
        "get_subject",
        "Read where a user stands",
        {200: SubjectBody},
        query=SubjectQuery,
        problems=(404,),
        tag="Subjects",
        path_descriptions={"subject": "Your own id of the user, percent-encoded."},
    )
)
def subject_status(subject: str) -> Response:
    query = read_query(SubjectQuery)
    found = request_context.steps().host_api.read.subject(caller().site, subject, query.flow)
    return json_answer(subject_body(found))
