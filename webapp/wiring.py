"""Choose the implementations and build the steps (composition root)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from webapp import logs
from webapp.config.settings import Settings
from webapp.gateway.client import Gateway
from webapp.gateway.instrumentation import Observer, ignore_call
from webapp.gateway.options import GatewayOptions
from webapp.hostsite.provider_keys import ProviderKeys
from webapp.hostsite.sender import MessageClient
from webapp.journey.admit import Admit
from webapp.journey.adopt import Adopt
from webapp.journey.dead_letters import DeadLetters
from webapp.journey.decision import Decision
from webapp.journey.degradations import find_degradations
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.element_reports import ElementReports
from webapp.journey.erase import Erase
from webapp.journey.gateway_poll import GatewayPoll, PollObserver
from webapp.journey.host_api import host_api
from webapp.journey.host_check import HostCheck
from webapp.journey.links import Links
from webapp.journey.message_delivery import DeliveryObserver, MessageDelivery
from webapp.journey.messages import Messages
from webapp.journey.notice_forwarding import NoticeForwarding, OlderReceiver
from webapp.journey.pending_logins import PendingLogins
from webapp.journey.present import Present
from webapp.journey.result import Result
from webapp.journey.returned import ReturnStep
from webapp.journey.shared_limits import SharedLimits
from webapp.journey.shared_token_cache import SharedTokenCache
from webapp.journey.start import Start
from webapp.journey.steps import Steps
from webapp.journey.subscriptions import Subscriptions
from webapp.journey.webhook import Webhook
from webapp.live.broadcaster import Broadcaster
from webapp.live.listen_source import ListenSource
from webapp.live.watcher import Watcher
from webapp.return_references import SignedReferences
from webapp.store import migrate, readiness
from webapp.store.clock import shared_clock
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.errors import StoreError
from webapp.store.notice_writer import NoticeWriter
from webapp.store.polling_source import PollingSource
from webapp.store.postgresql import CHANNEL, listen_connect_args
from webapp.store.statistics import CachedStatistics
from webapp.store.unit_of_work import Database

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Components:
    """The parts of one process. Connections and threads start with their first use."""

    settings: Settings
    engine: Engine
    database: Database
    gateway: Gateway
    watcher: Watcher
    steps: Steps
    clock: Clock
    message_client: MessageClient
    message_delivery: MessageDelivery
    notice_forwarding: NoticeForwarding


@dataclass(frozen=True)
class Observers:
    """Functions that record gateway calls, poll events and attempts to send messages; by default
    nothing is recorded."""

    gateway_call: Observer = ignore_call
    poll_event: PollObserver = lambda _what, _seconds: None
    message_attempt: DeliveryObserver = lambda _outcome, _seconds, _age: None


def build(
    settings: Settings, clock: Clock = utc_now, observers: Observers = Observers()
) -> Components:
    engine = open_engine(settings)
    clock = shared_clock(engine, clock)
    database = Database(engine, Cipher(settings.opening_keys), logs.request_id)
    gateway = make_gateway(settings, database, clock, observers.gateway_call)
    watcher = make_watcher(engine)
    references = SignedReferences(
        settings.public_url, (settings.secret_key, *settings.secret_key_fallbacks)
    )
    deps = JourneyDependencies(
        database,
        clock,
        settings.sites,
        settings.reconcile_after,
        settings.livemode,
        settings.public_url,
        settings.result_keys,
    )
    message_client = MessageClient(clock, settings.outbound_ca_file, settings.outbound_proxy)
    message_delivery = MessageDelivery(deps, message_client, observers.message_attempt)
    gateway_poll = GatewayPoll(deps, gateway, observers.poll_event)
    decision = Decision(deps, gateway_poll)
    links = Links(deps, settings.public_url)
    steps = Steps(
        sites=settings.sites,
        livemode=deps.livemode,
        admit=Admit(deps, settings.public_url),
        pending_logins=PendingLogins(deps),
        read_provider_keys=ProviderKeys,
        links=links,
        host_api=host_api(deps, links, gateway_poll, gateway, decision, gateway_account(settings)),
        host_check=HostCheck(deps, message_client),
        start=Start(deps, gateway, gateway_poll, references),
        present=Present(deps),
        returned=ReturnStep(deps, references),
        webhook=Webhook(
            deps,
            NoticeWriter(database),
            settings.webhook_headers,
            forwards=settings.forward_unknown_notices_to is not None,
        ),
        gateway_poll=gateway_poll,
        gateway_facts=deps.gateway_facts,
        decision=decision,
        erase=Erase(deps),
        adopt=Adopt(deps, gateway),
        dead_letters=DeadLetters(deps),
        messages=Messages(deps, message_delivery),
        result=Result(deps, Subscriptions(deps, watcher), Broadcaster()),
        element_reports=ElementReports(deps),
        public_result_keys=lambda: deps.result_signer.public_keys(),
        clock=clock,
        share_limit_counts=SharedLimits(deps).share,
        find_problems=readiness.Readiness(database),
        find_degradations=partial(find_degradations, database),
        statistics=CachedStatistics(database, clock),
    )
    return Components(
        settings,
        engine,
        database,
        gateway,
        watcher,
        steps,
        clock,
        message_client,
        message_delivery,
        NoticeForwarding(deps, message_client, _older_receiver(settings)),
    )


def _older_receiver(settings: Settings) -> OlderReceiver | None:
    """Return the receiver of FORWARD_UNKNOWN_NOTICES_TO, with the first set of headers."""
    url = settings.forward_unknown_notices_to
    return OlderReceiver(url, settings.webhook_headers[0]) if url is not None else None


def open_engine(settings: Settings) -> Engine:
    """Create INSTANCE_DIR, and the engine of DATABASE_URL.

    Raises StoreError, with how to fix it, when the folder cannot be created.
    """
    try:
        settings.instance_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as wrong:
        raise StoreError(
            f"INSTANCE_DIR names a folder that cannot be made ({wrong.strerror}):"
            " set it to a folder that this server may write to"
        ) from wrong
    return make_engine(settings.database_url)


def prepare_database(settings: Settings) -> None:
    """Migrate an SQLite file, and check the database; a shared database is only checked.

    Raises StoreError with how to fix it.
    """
    with closing_engine(settings) as engine:
        if engine.dialect.name == "sqlite":
            migrate.upgrade(engine)
    check_database(settings)


def check_database(settings: Settings, *, any_schema: bool = False) -> None:
    """Check that a server with these settings can work with the database.

    `any_schema` skips the schema check, for servers that already run with it. Raises StoreError
    with how to fix it.
    """
    with closing_engine(settings) as engine:
        if not any_schema:
            migrate.check(engine)
        readiness.check_keys(Database(engine, Cipher(settings.opening_keys)))


@contextmanager
def closing_engine(settings: Settings) -> Iterator[Engine]:
    """Yield an engine that is disposed of before the process forks."""
    engine = open_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()


def gateway_account(settings: Settings) -> str:
    """Return a hash that identifies our account at the gateway, whatever its secret."""
    return hashlib.sha256(f"{settings.gateway_url}\0{settings.api_key}".encode()).hexdigest()


def make_gateway(
    settings: Settings, database: Database, clock: Clock, observe: Observer
) -> Gateway:
    options = GatewayOptions(
        base_url=settings.gateway_url,
        api_key=settings.api_key,
        api_secret=settings.api_secret,
        create_path=settings.create_path,
        delete_method=settings.delete_method,
        decision_type=settings.decision_type,
        hosted_origins=settings.hosted_origins,
        ca_file=settings.outbound_ca_file,
        proxy=settings.outbound_proxy,
        time_zone=ZoneInfo(settings.time_zone),
    )
    account = f"{settings.gateway_url}\0{settings.api_key}\0{settings.api_secret}"
    return Gateway(options, SharedTokenCache(database, clock, account), observe=observe)


def make_watcher(engine: Engine) -> Watcher:
    if engine.dialect.name == "sqlite":
        return Watcher(lambda: PollingSource(engine))
    return Watcher(lambda: ListenSource(listen_connect_args(engine), CHANNEL))
