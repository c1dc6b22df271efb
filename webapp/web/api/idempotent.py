"""Carry a call with an Idempotency-Key out once, and repeat its first answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request

from webapp.journey.api_create import Settle
from webapp.journey.api_resources import DecisionResource, OnboardingResource
from webapp.journey.idempotency import Claim, StoredAnswer
from webapp.web import request_context
from webapp.web.api.answers import json_answer
from webapp.web.api.authentication import caller
from webapp.web.api.decision_models import decision_body
from webapp.web.api.output_models import onboarding_body
from webapp.web.api.problems import FieldError, InvalidInput

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_LONGEST_KEY = 255
_KEY = re.compile(f"[!-~]{{1,{_LONGEST_KEY}}}")
#: Never stored: the address signs the user in. A repetition gets a new one.
_LINK_FIELDS = ("link", "link_expires_at")
#: Member of a stored answer that had a link.
_HAS_LINK = "has_link"

Carry = Callable[[Settle | None], tuple[OnboardingResource | DecisionResource, int]]


def answer_once(carry_out: Carry, content: object = None) -> Response:
    """Return the answer of `carry_out`, or the stored one of an earlier call with the same key.

    `carry_out` gets the function that stores the answer in its transaction; None without a key.
    `content` is what was sent. Raises Problem, or the error of the step.
    """
    key = _key()
    if key is None:
        return _answer(*carry_out(None))
    steps = request_context.steps().host_api
    begun = steps.idempotency.begin(caller().site.id, key, _fingerprint(content))
    if isinstance(begun, StoredAnswer):
        return _replay(begun)
    claim = begun

    def settle(work: Any, resource: OnboardingResource | DecisionResource, status: int) -> None:
        stored = _body(resource)
        if stored.get("link") is not None:
            stored |= {**dict.fromkeys(_LINK_FIELDS), _HAS_LINK: True}
        about = resource.onboarding if isinstance(resource, DecisionResource) else resource.id
        steps.idempotency.settle(work, claim, status, json.dumps(stored), about)

    try:
        return _answer(*carry_out(settle))
    except Exception as error:  # noqa: BLE001 - turned into its answer, or raised again
        return _settle_failure(claim, error)


def _settle_failure(claim: Claim, error: Exception) -> Response:
    """A refusal is the answer from now on; after any other failure the key is free again."""
    idempotency = request_context.steps().host_api.idempotency
    try:
        answer = current_app.make_response(current_app.handle_user_exception(error))
    except Exception:
        idempotency.release(claim)
        raise
    if 400 <= answer.status_code < 500 and "Retry-After" not in answer.headers:
        stored = {"problem": answer.get_data(as_text=True)}
        idempotency.store(claim, answer.status_code, json.dumps(stored))
    else:
        idempotency.release(claim)
    return answer


def _replay(stored: StoredAnswer) -> Response:
    answer = _replayed(stored)
    answer.headers[REPLAYED] = "true"
    return answer


def _replayed(stored: StoredAnswer) -> Response:
    if stored.body is None:  # erased: what is left of the onboarding
        read, site = request_context.steps().host_api.read, caller().site
        return _answer(read.onboarding(site, stored.onboarding_id or ""), stored.status)
    body: dict[str, Any] = json.loads(stored.body)
    if "problem" in body:
        return Response(body["problem"], stored.status, mimetype="application/problem+json")
    if body.pop(_HAS_LINK, False):
        change = request_context.steps().host_api.change
        link = change.link_while_active(caller().site, body["id"])
        if link is not None:
            fresh = onboarding_body(link)
            body |= {name: fresh[name] for name in _LINK_FIELDS}
    return json_answer(body, stored.status)


def _answer(resource: OnboardingResource | DecisionResource, status: int) -> Response:
    return json_answer(_body(resource), status)


def _body(resource: OnboardingResource | DecisionResource) -> dict[str, Any]:
    if isinstance(resource, DecisionResource):
        return decision_body(resource)
    return onboarding_body(resource)


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        what = f"must have 1 to {_LONGEST_KEY} visible ASCII characters"
        raise InvalidInput([FieldError(HEADER, what)])
    return key


def _fingerprint(content: object) -> str:
    """Identify call and content; the order of members does not matter."""
    call = [request.method, request.path, content]
    return hashlib.sha256(json.dumps(call, sort_keys=True).encode()).hexdigest()
