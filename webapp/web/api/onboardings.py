"""API routes of onboardings: create, list, read, link, cancel, timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response

from webapp.config.sites import Site
from webapp.domain.errors import DataAbsent
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.journey.api_create import CreateInput, allowed_return_url
from webapp.web import request_context
from webapp.web.api import cursors
from webapp.web.api.answers import json_answer
from webapp.web.api.authentication import Caller, caller, require_also, require_scope
from webapp.web.api.blueprint import blueprint
from webapp.web.api.data_models import OnboardingWithDataBody, data_body
from webapp.web.api.idempotent import answer_once
from webapp.web.api.input_models import (
    CreateBody,
    EmptyBody,
    ListQuery,
    NoQuery,
    OnboardingQuery,
)
from webapp.web.api.operations import Operation, operation
from webapp.web.api.output_models import (
    OnboardingBody,
    OnboardingPageBody,
    TimelineBody,
    onboarding_body,
    timeline_body,
)
from webapp.web.api.problems import FieldError, InvalidInput
from webapp.web.api.reading import read_body, read_query
from webapp.web.request_context import parse_onboarding_id


@blueprint.post("/onboardings")
@require_scope("onboardings", is_create=True)
@operation(
    Operation(
        "create_onboarding",
        "Create an onboarding and a one-time link for your user",
        {201: OnboardingBody, 200: OnboardingBody},
        body=CreateBody,
        is_idempotent=True,
        problems=(409, 413, 415, 502),
    )
)
def create() -> Response:
    """201 with a new onboarding, or 200 with the active one of this user and flow.

    The gateway is asked only when the user starts.
    """
    read_query(NoQuery)
    body = read_body(CreateBody)
    site = caller().site
    wanted = _create_input(site, body)
    return answer_once(
        lambda settle: request_context.steps().host_api.create.create(site, wanted, settle),
        body.model_dump(mode="json"),
    )


@blueprint.get("/onboardings")
@require_scope("onboardings")
@operation(
    Operation(
        "list_onboardings",
        "List onboardings in the order of their last change",
        {200: OnboardingPageBody},
        query=ListQuery,
    )
)
def listing() -> Response:
    """A change is listed within about a second."""
    query = read_query(ListQuery)
    after: int | datetime | None = None
    if query.cursor is not None:
        after = cursors.decode(cursors.ONBOARDINGS, "cursor", query.cursor)
    elif query.changed_after is not None:
        after = cursors.decode_or_time(cursors.ONBOARDINGS, "changed_after", query.changed_after)
    page = request_context.steps().host_api.read.page(
        caller().site, after=after, limit=query.limit, subject=query.subject, status=query.status
    )
    position = page.position
    return json_answer(
        {
            "data": [onboarding_body(each) for each in page.data],
            "next_cursor": None
            if position is None
            else cursors.encode(cursors.ONBOARDINGS, position),
        }
    )


@blueprint.get("/onboardings/<onboarding_id>")
@require_scope("onboardings")
@operation(
    Operation(
        "get_onboarding",
        "Read an onboarding",
        {200: OnboardingWithDataBody},
        query=OnboardingQuery,
        problems=(404, 502),
    )
)
def read(onboarding_id: str) -> Response:
    """With `include=data` as the route of the data."""
    query = read_query(OnboardingQuery)
    if query.include == "data":
        require_also("data")
    known, found = parse_onboarding_id(onboarding_id), caller()
    steps = request_context.steps().host_api
    body = onboarding_body(steps.read.onboarding(found.site, known))
    if query.include == "data":
        body["data"] = _data_or_none(found, known)
    return json_answer(body)


@blueprint.post("/onboardings/<onboarding_id>/link")
@require_scope("onboardings")
@operation(
    Operation(
        "create_link",
        "Make a new one-time link for the user",
        {200: OnboardingBody},
        body=EmptyBody,
        is_body_required=False,
        is_idempotent=True,
        problems=(404, 409, 413, 415),
    )
)
def link(onboarding_id: str) -> Response:
    """Earlier links keep working until they are used or expire."""
    known = _read_action(onboarding_id)
    site, change = caller().site, request_context.steps().host_api.change
    return answer_once(lambda settle: change.link(site, known, settle))


@blueprint.post("/onboardings/<onboarding_id>/cancel")
@require_scope("onboardings")
@operation(
    Operation(
        "cancel_onboarding",
        "Withdraw an unfinished onboarding",
        {200: OnboardingBody},
        body=EmptyBody,
        is_body_required=False,
        is_idempotent=True,
        problems=(404, 409, 413, 415),
    )
)
def cancel(onboarding_id: str) -> Response:
    """A verdict that the gateway reaches nevertheless replaces `canceled`, and is announced."""
    known = _read_action(onboarding_id)
    site, change = caller().site, request_context.steps().host_api.change
    return answer_once(lambda settle: change.cancel(site, known, settle))


@blueprint.get("/onboardings/<onboarding_id>/timeline")
@require_scope("onboardings")
@operation(
    Operation(
        "get_timeline",
        "Read the events of an onboarding",
        {200: TimelineBody},
        query=NoQuery,
        problems=(404,),
    )
)
def timeline(onboarding_id: str) -> Response:
    """Without personal data."""
    read_query(NoQuery)
    known = parse_onboarding_id(onboarding_id)
    events = request_context.steps().host_api.read.timeline(caller().site, known)
    return json_answer(timeline_body(events))


def _data_or_none(found: Caller, onboarding_id: str) -> dict[str, Any] | None:
    try:
        data = request_context.steps().host_api.data
        return data_body(data.read(found.site, onboarding_id, found.key.label))
    except DataAbsent:
        return None


def _read_action(onboarding_id: str) -> str:
    """Read an action that takes no input; return the id."""
    known = parse_onboarding_id(onboarding_id)
    read_query(NoQuery)
    read_body(EmptyBody, required=False)
    return known


def _create_input(site: Site, body: CreateBody) -> CreateInput:
    """Return what the body asks for. Raises InvalidInput, ReturnUrlRefused."""
    if body.document_type and body.document_specific_type:
        raise InvalidInput(
            [FieldError("document_specific_type", "must not be given beside document_type")]
        )
    expected = body.expected.model_dump(exclude_none=True) if body.expected else {}
    return CreateInput(
        subject=body.subject,
        flow=body.flow,
        mode=body.mode,
        locale=body.locale,
        inputs=OnboardingInputs(
            country=body.country,
            document_type=body.document_type,
            document_specific_type=body.document_specific_type,
            return_url=allowed_return_url(site, body.return_url) if body.return_url else None,
            metadata=body.metadata or {},
            extra_data=body.extra_data or {},
            expected=expected,
        ),
    )
