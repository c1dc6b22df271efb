"""What every view needs: the box of this application, the caller's rights, sending afterwards."""

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
    """Who calls, by the token."""

    tenant: Tenant
    roles: tuple[str, ...]

    def must_decide(self) -> None:
        """Refuse credentials that may only read."""
        if DECIDE not in self.roles:
            raise NotPermitted("These credentials may not do this")


def current_gateway() -> GatewayState:
    """Return the memory of the application that serves the present call."""
    return gateway_of(current_app)


def gateway_of(app: Flask) -> GatewayState:
    """Return the memory of an application."""
    return cast(GatewayState, app.extensions["gateway_state"])


def current_caller() -> Caller:
    """Return who makes the present call; raises `NotAuthorised`."""
    gateway = current_gateway()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    dies_after = gateway.switches.token_dies_after_seconds
    claims = (
        gateway.tokens.read(token, gateway.clock.now(), dies_after) if scheme == "Bearer" else None
    )
    tenant = gateway.tenant_of(claims["sub"]) if claims else None
    if claims is None or tenant is None:
        gateway.count("unauthorised")
        raise NotAuthorised("Access token is missing, invalid or expired")
    return Caller(tenant, tuple(claims["roles"]))


def own_process(process_id: str, caller: Caller) -> VerificationProcess:
    """Return a process of the caller's own; raises `UnknownProcess` for everybody else's."""
    process = current_gateway().find(process_id)
    if process.tenant != caller.tenant.name:
        raise UnknownProcess("The process is unknown or not accessible")
    return process


def process_view(process: VerificationProcess) -> ProcessView:
    """Return a process as it is shown through this gateway."""
    return ProcessView(process, base_url(), current_gateway().switches)


def base_url() -> str:
    """Return the address of this gateway, as browsers and callers reach it."""
    return current_gateway().options.public_url or request.host_url.rstrip("/")


def send_after_answer(deliveries: Iterable[Delivery]) -> None:
    """Send notices once the answer to the call that caused them is on its way."""
    gateway = current_gateway()

    @after_this_request
    def arrange(response: Response) -> Response:
        response.call_on_close(lambda: gateway.notices.dispatch(deliveries))
        return response
