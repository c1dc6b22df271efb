"""What every view needs: the box of this application, the caller's rights, sending afterwards."""

from collections.abc import Iterable
from typing import cast

from flask import Response, after_this_request, current_app, request

from webapp.sandbox.gateway.box import Box
from webapp.sandbox.gateway.deliveries import Delivery
from webapp.sandbox.gateway.refusals import NotAuthorised, NotPermitted

READ = "ROLE_API_READ"
DECIDE = "ROLE_API_DECIDE"


def the_box() -> Box:
    """Return the memory of the application that serves the present call."""
    return cast(Box, current_app.extensions["gateway_box"])


def caller_roles() -> list[str]:
    """Return the rights in the caller's token; raises `NotAuthorised`."""
    box = the_box()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    roles = box.tokens.roles(token, box.clock.now()) if scheme == "Bearer" else None
    if roles is None:
        box.count("unauthorised")
        raise NotAuthorised("Access token is missing, invalid or expired")
    return roles


def must_decide(roles: list[str]) -> None:
    """Refuse credentials that may only read."""
    if DECIDE not in roles:
        raise NotPermitted("These credentials may not do this")


def send_after_answer(deliveries: Iterable[Delivery]) -> None:
    """Send notices once the answer to the call that caused them is on its way."""
    box = the_box()

    @after_this_request
    def arrange(response: Response) -> Response:
        response.call_on_close(lambda: box.notices.dispatch(deliveries))
        return response
