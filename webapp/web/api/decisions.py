"""API routes of decisions: accept, reject, send to review, and how the last decision stands."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response
from pydantic import BaseModel

from webapp.domain.decisions import DecisionContent, DecisionKind
from webapp.journey.api_decide import DecisionInput
from webapp.web import request_context
from webapp.web.api.answers import json_answer
from webapp.web.api.authentication import caller, require_also, require_scope
from webapp.web.api.blueprint import blueprint
from webapp.web.api.decision_models import DecisionBody, decision_body
from webapp.web.api.idempotent import answer_once
from webapp.web.api.input_models import AcceptBody, NoQuery, RejectBody, ReviewBody
from webapp.web.api.operations import Operation, operation
from webapp.web.api.output_models import OnboardingBody
from webapp.web.api.reading import read_body, read_query
from webapp.web.request_context import parse_onboarding_id

#: Of each route that decides.
_ANSWERS: Mapping[int, type[BaseModel]] = {200: OnboardingBody, 202: DecisionBody}
_PROBLEMS = (404, 409, 413, 415, 502)


@blueprint.post("/onboardings/<onboarding_id>/accept")
@require_scope("decide")
@operation(
    Operation(
        "accept_onboarding",
        "Accept an onboarding, finally",
        _ANSWERS,
        body=AcceptBody,
        is_body_required=False,
        is_idempotent=True,
        problems=_PROBLEMS,
        tag="Decisions",
    )
)
def accept(onboarding_id: str) -> Response:
    """200 once the gateway has confirmed it, within ten seconds; else 202 with the decision.

    A decision that is answered 202 is repeated until it is settled. Withdraws an open review.
    """
    return _decide_with_corrections(onboarding_id, DecisionKind.ACCEPT, AcceptBody)


@blueprint.post("/onboardings/<onboarding_id>/reject")
@require_scope("decide")
@operation(
    Operation(
        "reject_onboarding",
        "Reject an onboarding, finally",
        _ANSWERS,
        body=RejectBody,
        is_idempotent=True,
        problems=_PROBLEMS,
        tag="Decisions",
    )
)
def reject(onboarding_id: str) -> Response:
    """Answered like an acceptance. Withdraws an open review."""
    known = parse_onboarding_id(onboarding_id)
    read_query(NoQuery)
    body = read_body(RejectBody)
    content = DecisionContent(comment=body.comment, reason=body.reason)
    return _decide(known, DecisionKind.REJECT, content, body)


@blueprint.post("/onboardings/<onboarding_id>/review")
@require_scope("decide")
@operation(
    Operation(
        "review_onboarding",
        "Send an onboarding to the vendor's reviewers",
        _ANSWERS,
        body=ReviewBody,
        is_body_required=False,
        is_idempotent=True,
        problems=_PROBLEMS,
        tag="Decisions",
    )
)
def review(onboarding_id: str) -> Response:
    """Possible while it is `deciding`. Answered like an acceptance."""
    return _decide_with_corrections(onboarding_id, DecisionKind.REVIEW, ReviewBody)


@blueprint.get("/onboardings/<onboarding_id>/decision")
@require_scope("decide")
@operation(
    Operation(
        "get_decision",
        "Read how the last decision stands",
        {200: DecisionBody},
        query=NoQuery,
        problems=(404,),
        tag="Decisions",
    )
)
def decision(onboarding_id: str) -> Response:
    """404 before the first decision by API or by an operator."""
    read_query(NoQuery)
    known = parse_onboarding_id(onboarding_id)
    found = request_context.steps().host_api.decide.last(caller().site, known)
    return json_answer(decision_body(found))


def _decide_with_corrections(
    onboarding_id: str, kind: DecisionKind, model: type[AcceptBody]
) -> Response:
    known = parse_onboarding_id(onboarding_id)
    read_query(NoQuery)
    body = read_body(model, required=False)
    content = DecisionContent(corrections=body.corrections())
    if content.corrections:
        require_also("data")
    return _decide(known, kind, content, body)


def _decide(
    onboarding_id: str, kind: DecisionKind, content: DecisionContent, body: AcceptBody | RejectBody
) -> Response:
    found, decide = caller(), request_context.steps().host_api.decide
    wanted = DecisionInput(kind, content, body.version, found.key.label)
    return answer_once(
        lambda settle: decide.decide(found.site, onboarding_id, wanted, settle),
        body.model_dump(mode="json"),
    )
