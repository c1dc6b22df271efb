"""All steps of the journey, as web, jobs and commands receive them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.config.sites import Site
from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.hostsite.provider_keys import ProviderKeys
from webapp.journey.admit import Admit
from webapp.journey.adopt import Adopt
from webapp.journey.dead_letters import DeadLetters
from webapp.journey.decision import Decision
from webapp.journey.element_reports import ElementReports
from webapp.journey.erase import Erase
from webapp.journey.gateway_facts import GatewayFacts
from webapp.journey.gateway_poll import GatewayPoll
from webapp.journey.host_api import HostApi
from webapp.journey.host_check import HostCheck
from webapp.journey.links import Links
from webapp.journey.messages import Messages
from webapp.journey.pending_logins import PendingLogins
from webapp.journey.present import Present
from webapp.journey.result import Result
from webapp.journey.returned import ReturnStep
from webapp.journey.start import Start
from webapp.journey.webhook import Webhook
from webapp.store.statistics import Statistics

__all__ = ["ProviderKeys", "Steps"]


@dataclass(frozen=True)
class Steps:
    """The steps, and what health checks ask.

    `read_provider_keys` reads the JSON of the identity provider's key set.
    `livemode` is LIVE_MODE: without it pages say TEST. `find_problems` returns sentences on
    what stops this server from working; empty: ready. `find_degradations` returns sentences on what
    an operator has to fix and a restart does not. `public_result_keys` returns the JWK set of
    signed results; raises DatabaseUnavailable at its first use. `statistics` counts rows for the
    metrics; None while the database is unavailable. `clock` returns aware UTC, the same on all
    nodes. `share_limit_counts` adds counts of attempts to those of the other processes and returns
    the totals; None while the database is unavailable.
    """

    sites: Mapping[str, Site]
    livemode: bool
    admit: Admit
    pending_logins: PendingLogins
    read_provider_keys: Callable[[Any], ProviderKeys]
    links: Links
    start: Start
    present: Present
    returned: ReturnStep
    webhook: Webhook
    gateway_poll: GatewayPoll
    gateway_facts: GatewayFacts
    decision: Decision
    erase: Erase
    adopt: Adopt
    dead_letters: DeadLetters
    messages: Messages
    result: Result
    element_reports: ElementReports
    public_result_keys: Callable[[], dict[str, list[dict[str, str]]]]
    clock: Callable[[], datetime]
    share_limit_counts: Callable[[Sequence[LimitCount]], Sequence[LimitTotal] | None]
    host_api: HostApi
    host_check: HostCheck
    find_problems: Callable[[], list[str]]
    find_degradations: Callable[[], list[str]]
    statistics: Callable[[], Statistics | None]
