"""Helpers of the views: gateway state, caller and rights, notices after the response."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from flask import Flask, Response, after_this_request, current_app, request

from mobbscan_sandbox.gateway.delivery import Delivery
from mobbscan_sandbox.gateway.errors import NotAuthorised, NotPermitted, UnknownProcess
from mobbscan_sandbox.gateway.gateway_state import GatewayState
from mobbscan_sandbox.gateway.process_view import ProcessView
from mobbscan_sandbox.gateway.tenants import Tenant
from mobbscan_sandbox.gateway.verification_process import VerificationProcess

READ = "ROLE_API_READ"
DECIDE = "ROLE_API_DECIDE"


@dataclass(frozen=True)
class Caller:
    """The tenant and the roles of the access token."""

    tenant: Tenant
    roles: tuple[str, ...]

    def require_decide_role(self) -> None:
        """Raise `NotPermitted` for read-only credentials."""
        if DECIDE not in self.roles:
            raise NotPermitted("These credentials may not do this")


def current_gateway() -> GatewayState:
    """Return the gateway state of the current application."""
    return gateway_of(current_app)


def gateway_of(app: Flask) -> GatewayState:
    """Return the gateway state of an application."""
    return cast(GatewayState, app.extensions["gateway_state"])


def current_caller() -> Caller:
    """Return the caller of the current request; raises `NotAuthorised`."""
    gateway = current_gateway()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    max_age_seconds = gateway.switches.token_dies_after_seconds
    claims = (
        gateway.tokens.verify(token, gateway.clock.now(), max_age_seconds)
        if scheme == "Bearer"
        else None
    )
    tenant = gateway.tenant_of(claims["sub"]) if claims else None
    if claims is None or tenant is None:
        gateway.count("unauthorised")
        raise NotAuthorised("Access token is missing, invalid or expired")
    return Caller(tenant, tuple(claims["roles"]))


def own_process(process_id: str, caller: Caller) -> VerificationProcess:
    """Return a process of the caller's tenant; raises `UnknownProcess`."""
    process = current_gateway().find(process_id)
    if process.tenant != caller.tenant.name:
        raise UnknownProcess("The process is unknown or not accessible")
    return process


def process_view(process: VerificationProcess) -> ProcessView:
    """Return the API view of a process."""
    return ProcessView(process, base_url(), current_gateway().switches)


def base_url() -> str:
    """Return the address at which browsers and callers reach this gateway."""
    return current_gateway().options.public_url or request.host_url.rstrip("/")


def send_after_answer(deliveries: Iterable[Delivery]) -> None:
    """Send notices after the response of the current request."""
    gateway = current_gateway()

    @after_this_request
    def send_on_close(response: Response) -> Response:
        response.call_on_close(lambda: gateway.notices.dispatch(deliveries))
        return response
