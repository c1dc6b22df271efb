"""API routes of erasures: delete an onboarding or a user, and read how far it is proven."""

from __future__ import annotations

from flask import Response

from webapp.domain.actors import Actor
from webapp.web import request_context
from webapp.web.api.answers import json_answer
from webapp.web.api.authentication import caller, require_scope
from webapp.web.api.blueprint import blueprint
from webapp.web.api.erasure_models import ErasureBody, ErasurePageBody, erasure_body
from webapp.web.api.input_models import NoQuery
from webapp.web.api.operations import Operation, operation
from webapp.web.api.reading import read_query
from webapp.web.request_context import parse_onboarding_id

_TAG = "Erasures"


@blueprint.delete("/onboardings/<onboarding_id>")
@require_scope("erase")
@operation(
    Operation(
        "erase_onboarding",
        "Delete an onboarding at the gateway and here",
        {202: ErasureBody},
        query=NoQuery,
        problems=(404, 409),
        tag=_TAG,
    )
)
def erase_onboarding(onboarding_id: str) -> Response:
    """A repetition gets the same erasure. Its end is announced as `onboarding.erased`."""
    read_query(NoQuery)
    known = parse_onboarding_id(onboarding_id)
    erase, site = request_context.steps().erase, caller().site
    return json_answer(erasure_body(erase.onboarding(known, actor=Actor.HOST, site=site)), 202)


@blueprint.delete("/subjects/<path:subject>")
@require_scope("erase")
@operation(
    Operation(
        "erase_subject",
        "Delete all onboardings of a user at the gateway and here",
        {202: ErasurePageBody},
        query=NoQuery,
        problems=(409,),
        tag=_TAG,
        path_descriptions={"subject": "Your own id of the user, percent-encoded."},
    )
)
def erase_subject(subject: str) -> Response:
    """The list is empty once nothing is known of the user: an erased onboarding names none."""
    read_query(NoQuery)
    erase, site = request_context.steps().erase, caller().site
    found = erase.subject(site, subject, actor=Actor.HOST)
    return json_answer({"data": [erasure_body(each) for each in found]}, 202)


@blueprint.get("/erasures/<erasure_id>")
@require_scope("erase")
@operation(
    Operation(
        "get_erasure",
        "Read an erasure, with its receipt",
        {200: ErasureBody},
        query=NoQuery,
        problems=(404,),
        tag=_TAG,
        path_descriptions={"erasure_id": "The id of the erasure."},
    )
)
def erasure(erasure_id: str) -> Response:
    read_query(NoQuery)
    known = parse_onboarding_id(erasure_id)
    found = request_context.steps().erase.get(known, caller().site)
    return json_answer(erasure_body(found))
