"""The only file that chooses implementations and builds the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from webapp import logs
from webapp.basics.text import pluralize
from webapp.basics.urls import parse_url
from webapp.config.settings import Settings
from webapp.gateway.client import Gateway
from webapp.gateway.instrumentation import Observer, ignore_call
from webapp.gateway.options import GatewayOptions
from webapp.journey.admit import Admit
from webapp.journey.dead_letters import DeadLetters
from webapp.journey.decision import Decision
from webapp.journey.dependencies import MIXED_UP, JourneyDependencies
from webapp.journey.gateway_poll import FORBIDDEN, GatewayPoll, PollObserver
from webapp.journey.links import Links
from webapp.journey.present import Present
from webapp.journey.result import Result
from webapp.journey.returned import ReturnStep
from webapp.journey.shared_token_cache import SharedTokenCache
from webapp.journey.start import Start
from webapp.journey.steps import Steps
from webapp.journey.subscriptions import Subscriptions
from webapp.journey.webhook import Webhook
from webapp.live.broadcaster import Broadcaster
from webapp.live.listen_source import ListenSource
from webapp.live.polling_source import SQLITE_SECONDS, PollingSource
from webapp.live.watcher import Watcher
from webapp.return_references import SignedReferences
from webapp.store import migrate, readiness
from webapp.store.change_probe import CHANNEL, TimelineProbe, listen_connect_args
from webapp.store.clock import shared_clock
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.errors import StoreError
from webapp.store.notice_writer import NoticeWriter
from webapp.store.statistics import CachedStatistics, count_dead_letters
from webapp.store.unit_of_work import Database

Clock = Callable[[], datetime]
#: A jobs process shows itself every 10 seconds (`jobs.run`).
JOBS_SILENT_SECONDS = 60
_ALARMS = {
    FORBIDDEN: "the gateway answers 403: ask the vendor for the right our account lacks",
    MIXED_UP: "the gateway has answered about another process than it was asked about; nothing of "
    "it was taken: tell the vendor, with the times and ids of the log lines "
    "gateway_answered_for_another_process",
}


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Components:
    """One process's parts. The gateway's connections and the threads start when used."""

    settings: Settings
    engine: Engine
    database: Database
    gateway: Gateway
    watcher: Watcher
    steps: Steps
    clock: Clock


@dataclass(frozen=True)
class Observers:
    """Who is told what happens; nobody, unless a server asks."""

    gateway_call: Observer = ignore_call
    poll_event: PollObserver = lambda _what, _seconds: None


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
        database, clock, settings.sites, settings.reconcile_after, _live(settings)
    )
    gateway_poll = GatewayPoll(deps, gateway, observers.poll_event)
    steps = Steps(
        sites=settings.sites,
        livemode=deps.livemode,
        admit=Admit(deps, settings.public_url),
        links=Links(deps, settings.public_url),
        start=Start(deps, gateway, gateway_poll, references),
        present=Present(deps),
        returned=ReturnStep(deps, references),
        webhook=Webhook(deps, NoticeWriter(database), settings.webhook_headers),
        gateway_poll=gateway_poll,
        decision=Decision(deps, gateway, gateway_poll),
        dead_letters=DeadLetters(deps),
        result=Result(deps, Subscriptions(deps, watcher), Broadcaster()),
        find_problems=readiness.Readiness(database),
        find_degradations=lambda: [
            *degraded(database),
            *jobs_unseen(database),
            *given_up(database),
        ],
        statistics=CachedStatistics(database, clock),
    )
    return Components(settings, engine, database, gateway, watcher, steps, clock)


def open_engine(settings: Settings) -> Engine:
    """The database's engine. INSTANCE_DIR is ours to make; other folders are their owners'."""
    try:
        settings.instance_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as wrong:
        raise StoreError(
            f"INSTANCE_DIR names a folder that cannot be made ({wrong.strerror}):"
            " set it to a folder that this server may write to"
        ) from wrong
    return make_engine(settings.database_url)


def prepare_database(settings: Settings) -> None:
    """An SQLite file is ours to bring up to date; a shared database waits for its operator.

    Raises StoreError with the cure.
    """
    with closing_engine(settings) as engine:
        if engine.dialect.name == "sqlite":
            migrate.upgrade(engine)
    check_database(settings)


def check_database(settings: Settings, *, any_schema: bool = False) -> None:
    """Raises StoreError, with the cure, unless a server with these settings can work with it.

    `any_schema`: for servers that run already, and have the same one.
    """
    with closing_engine(settings) as engine:
        if not any_schema:
            migrate.check(engine)
        readiness.check_keys(Database(engine, Cipher(settings.opening_keys)))


@contextmanager
def closing_engine(settings: Settings) -> Iterator[Engine]:
    """Nothing of it is left for processes that are forked afterwards."""
    engine = open_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()


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
    )
    account = f"{settings.gateway_url}\0{settings.api_key}\0{settings.api_secret}"
    return Gateway(options, SharedTokenCache(database, clock, account), observe=observe)


def make_watcher(engine: Engine) -> Watcher:
    if engine.dialect.name == "sqlite":
        return Watcher(lambda: PollingSource(lambda: TimelineProbe(engine), SQLITE_SECONDS))
    return Watcher(lambda: ListenSource(listen_connect_args(engine), CHANNEL))


def degraded(database: Database) -> list[str]:
    """The alarms that are ringing, in words."""
    try:
        with database.reading() as work:
            ringing = work.alarms.active()
    except StoreError:
        return []  # `ready` says that already
    return [f"{_ALARMS[name]} (since {since:%Y-%m-%d %H:%MZ})" for name, since in ringing.items()]


def jobs_unseen(database: Database) -> list[str]:
    """That no jobs process of the fleet shows itself, in words; nothing = one does."""
    try:
        with database.reading() as work:
            seconds = work.heartbeats.seen_seconds_ago()
    except StoreError:
        return []  # `ready` says that already
    if seconds is not None and seconds < JOBS_SILENT_SECONDS:
        return []
    since = "yet" if seconds is None else f"for {int(seconds)} seconds"
    cure = (
        "see that `serve` (without --no-jobs) or `worker` runs on some machine; notices are kept "
        "meanwhile, but nobody asks the gateway"
    )
    return [f"no jobs process has been seen {since}: {cure}"]


def given_up(database: Database) -> list[str]:
    """That something waits for an operator, in words; nothing = it does not."""
    try:
        with database.reading() as work:
            dead, unread = count_dead_letters(work), work.quarantine.count()
    except StoreError:
        return []  # `ready` says that already
    said = []
    if dead:
        cure = "`webapp notices dead` lists what was given up, `notices replay` has it done again"
        said.append(f"{pluralize(dead, 'dead letter')}: {cure}")
    if unread:
        cure = "`webapp notices quarantine` shows what came, `notices seen` takes it out"
        said.append(f"{pluralize(unread, 'notice')} could not be read: {cure}")
    return said


def _live(settings: Settings) -> bool:
    """The sandbox lives on this machine; the vendor's gateway never does."""
    return not parse_url(settings.gateway_url).is_loopback
