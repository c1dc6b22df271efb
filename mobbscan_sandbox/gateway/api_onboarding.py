"""`/auth/token` and `/onboarding`: the calls that belong to the gateway itself."""

import time

from flask import Blueprint
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import reading
from mobbscan_sandbox.gateway.asking import (
    DECIDE,
    READ,
    base_url,
    caller_of_now,
    send_after_answer,
    the_box,
)
from mobbscan_sandbox.gateway.refusals import NotAuthorised, NotPermitted

onboarding_api = Blueprint("onboarding_api", __name__)


@onboarding_api.post("/auth/token")
def log_in() -> ResponseReturnValue:
    """Contract 2.1: key and secret for a token."""
    box = the_box()
    body = reading.json_object()
    key, secret = reading.text(body, "api_key"), reading.text(body, "api_secret")
    tenant = box.tenant_of(key)
    if tenant is None or not tenant.knows(key, secret):
        box.count("token_refusals")
        raise NotAuthorised("api_key or api_secret is wrong")
    if box.switches.credentials_disabled:
        box.count("token_refusals")
        raise NotPermitted("These credentials may not obtain a token")
    box.count("token_log_ins")
    roles = [READ] if box.switches.read_only else [READ, DECIDE]
    token = box.tokens.issue(key, roles, box.clock.now(), box.switches.token_ttl_seconds)
    return {"accessToken": token}


@onboarding_api.post("/onboarding")
@onboarding_api.post("/onboarding/token", endpoint="create_by_token_path")
def create() -> ResponseReturnValue:
    """Contract 3.1, under both of its documented paths (register A)."""
    box = the_box()
    tenant = caller_of_now().tenant
    process = box.create(reading.wanted(reading.json_object()), tenant)
    deliveries = box.on_creation(process)
    if box.switches.notices == "before_create_answer":
        for delivery in deliveries:
            box.notices.send_now(delivery)
    else:
        send_after_answer(deliveries)
    time.sleep(box.switches.hold_create_ms / 1000)
    return {
        "scanId": process.id,
        "onboardingToken": process.onboarding_token,
        "url": f"{base_url()}/onboarding/{process.id}",
    }
