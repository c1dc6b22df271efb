"""The steps that the host sites' API calls."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.journey.api_change import ApiChange
from webapp.journey.api_create import ApiCreate
from webapp.journey.api_key_log import ApiKeyLog
from webapp.journey.api_read import ApiRead
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_poll import GatewayPoll
from webapp.journey.idempotency import Idempotency
from webapp.journey.links import Links


@dataclass(frozen=True)
class HostApi:
    """One attribute for each step."""

    create: ApiCreate
    read: ApiRead
    change: ApiChange
    idempotency: Idempotency
    key_log: ApiKeyLog


def host_api(deps: JourneyDependencies, links: Links, gateway_poll: GatewayPoll) -> HostApi:
    """Return the steps of the API."""
    return HostApi(
        create=ApiCreate(deps, links, gateway_poll),
        read=ApiRead(deps),
        change=ApiChange(deps, links),
        idempotency=Idempotency(deps),
        key_log=ApiKeyLog(deps),
    )
