"""The steps that the host sites' API calls."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.gateway.client import Gateway
from webapp.journey.api_change import ApiChange
from webapp.journey.api_create import ApiCreate
from webapp.journey.api_data import ApiData
from webapp.journey.api_decide import ApiDecide
from webapp.journey.api_evidence import ApiEvidence
from webapp.journey.api_key_log import ApiKeyLog
from webapp.journey.api_read import ApiRead
from webapp.journey.decision import Decision
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_poll import GatewayPoll
from webapp.journey.gateway_slots import GatewaySlots
from webapp.journey.idempotency import Idempotency
from webapp.journey.links import Links
from webapp.journey.process_reader import ProcessReader


@dataclass(frozen=True)
class HostApi:
    """One attribute for each step."""

    create: ApiCreate
    read: ApiRead
    change: ApiChange
    decide: ApiDecide
    data: ApiData
    evidence: ApiEvidence
    idempotency: Idempotency
    key_log: ApiKeyLog


def host_api(
    deps: JourneyDependencies,
    links: Links,
    gateway_poll: GatewayPoll,
    gateway: Gateway,
    decision: Decision,
    account: str,
) -> HostApi:
    """Return the steps of the API; `account` identifies our account at the gateway."""
    slots = GatewaySlots()
    return HostApi(
        create=ApiCreate(deps, links, gateway_poll),
        read=ApiRead(deps),
        change=ApiChange(deps, links),
        decide=ApiDecide(deps, decision, slots),
        data=ApiData(deps, ProcessReader(deps, gateway), slots),
        evidence=ApiEvidence(deps, gateway, account),
        idempotency=Idempotency(deps),
        key_log=ApiKeyLog(deps),
    )
