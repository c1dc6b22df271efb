"""What every view needs: the box of this application, the caller's rights, sending afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from flask import Flask, Response, after_this_request, current_app, request

from mobbscan_sandbox.gateway.box import Box
from mobbscan_sandbox.gateway.deliveries import Delivery
from mobbscan_sandbox.gateway.held import Held
from mobbscan_sandbox.gateway.process import Process
from mobbscan_sandbox.gateway.refusals import NotAuthorised, NotPermitted, UnknownProcess
from mobbscan_sandbox.gateway.tenants import Tenant

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


def the_box() -> Box:
    """Return the memory of the application that serves the present call."""
    return box_of(current_app)


def box_of(app: Flask) -> Box:
    """Return the memory of an application."""
    return cast(Box, app.extensions["gateway_box"])


def caller_of_now() -> Caller:
    """Return who makes the present call; raises `NotAuthorised`."""
    box = the_box()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    dies_after = box.switches.token_dies_after_seconds
    claims = box.tokens.read(token, box.clock.now(), dies_after) if scheme == "Bearer" else None
    tenant = box.tenant_of(claims["sub"]) if claims else None
    if claims is None or tenant is None:
        box.count("unauthorised")
        raise NotAuthorised("Access token is missing, invalid or expired")
    return Caller(tenant, tuple(claims["roles"]))


def own_process(process_id: str, caller: Caller) -> Process:
    """Return a process of the caller's own; raises `UnknownProcess` for everybody else's."""
    process = the_box().find(process_id)
    if process.tenant != caller.tenant.name:
        raise UnknownProcess("The process is unknown or not accessible")
    return process


def held_by(process: Process) -> Held:
    """Return a process as it is shown through this gateway."""
    return Held(process, base_url(), the_box().switches)


def base_url() -> str:
    """Return the address of this gateway, as browsers and callers reach it."""
    return the_box().options.public_url or request.host_url.rstrip("/")


def send_after_answer(deliveries: Iterable[Delivery]) -> None:
    """Send notices once the answer to the call that caused them is on its way."""
    box = the_box()

    @after_this_request
    def arrange(response: Response) -> Response:
        response.call_on_close(lambda: box.notices.dispatch(deliveries))
        return response
