"""The vendor's API `/auth/token` and `/onboarding`: issue tokens and create processes."""

import time

from flask import Blueprint
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import request_parsing
from mobbscan_sandbox.gateway.errors import NotAuthorised, NotPermitted
from mobbscan_sandbox.gateway.request_context import (
    DECIDE,
    READ,
    base_url,
    current_caller,
    current_gateway,
    send_after_answer,
)

onboarding_api = Blueprint("onboarding_api", __name__)


@onboarding_api.post("/auth/token")
def log_in() -> ResponseReturnValue:
    """Exchange key and secret for an access token (contract 2.1)."""
    gateway = current_gateway()
    body = request_parsing.json_object()
    key, secret = request_parsing.text(body, "api_key"), request_parsing.text(body, "api_secret")
    tenant = gateway.tenant_of(key)
    if tenant is None or not tenant.has_credentials(key, secret):
        gateway.count("token_refusals")
        raise NotAuthorised("api_key or api_secret is wrong")
    if gateway.switches.credentials_disabled:
        gateway.count("token_refusals")
        raise NotPermitted("These credentials may not obtain a token")
    gateway.count("token_log_ins")
    roles = [READ] if gateway.switches.read_only else [READ, DECIDE]
    token = gateway.tokens.issue(
        key, roles, gateway.clock.now(), gateway.switches.token_ttl_seconds
    )
    return {"accessToken": token}


@onboarding_api.post("/onboarding")
@onboarding_api.post("/onboarding/token", endpoint="create_by_token_path")
def create() -> ResponseReturnValue:
    """Create a process, on both documented paths (contract 3.1, register A)."""
    gateway = current_gateway()
    tenant = current_caller().tenant
    process = gateway.create(request_parsing.create_request(request_parsing.json_object()), tenant)
    deliveries = gateway.apply_auto_outcome(process)
    if gateway.switches.notices == "before_create_answer":
        for delivery in deliveries:
            gateway.notices.send_now(delivery)
    else:
        send_after_answer(deliveries)
    time.sleep(gateway.switches.hold_create_ms / 1000)
    return {
        "scanId": process.id,
        "onboardingToken": process.onboarding_token,
        "url": f"{base_url()}/onboarding/{process.id}",
    }
