"""Open transactions, and give access to all repositories within one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolExhausted

from webapp.store.alarms import Alarms
from webapp.store.api_key_uses import ApiKeyUses
from webapp.store.api_requests import ApiRequests
from webapp.store.changed_onboardings import ChangedOnboardings
from webapp.store.checksum_matches import ChecksumMatches
from webapp.store.column_types import Cipher
from webapp.store.counters import Counters
from webapp.store.database_errors import TABLE_INACCESSIBLE, describe
from webapp.store.decisions import Decisions
from webapp.store.element_reports import ElementReports
from webapp.store.engine import mark_as_writing
from webapp.store.erased_data import ErasedData
from webapp.store.erasures import Erasures
from webapp.store.errors import AlreadyExists, DatabaseUnavailable
from webapp.store.evidence_views import EvidenceViews
from webapp.store.failed_polls import FailedPolls
from webapp.store.gateway_facts import GatewayFactRows
from webapp.store.gateway_tokens import GatewayTokens
from webapp.store.generated_keys import GeneratedKeys
from webapp.store.heartbeats import Heartbeats
from webapp.store.inbox import Inbox
from webapp.store.limit_counts import LimitCounts
from webapp.store.links import OneTimeLinks
from webapp.store.login_sessions import Sessions
from webapp.store.message_facts import MessageFactsReader
from webapp.store.messages import Messages
from webapp.store.notice_forwards import NoticeForwards
from webapp.store.onboarding_inputs import Inputs
from webapp.store.onboardings import Onboardings
from webapp.store.people import People
from webapp.store.postgresql import READ_ONLY, for_reading, sql_state
from webapp.store.quarantine import Quarantine
from webapp.store.receivers import Receivers
from webapp.store.replay_guard import ReplayGuard
from webapp.store.sql import BATCH_SIZE
from webapp.store.timeline import Timeline

_NOT_USABLE = (
    "the database of DATABASE_URL cannot be used ({}): see that it runs, is not full, lets this "
    "server in, and may be written to"
)
_NO_DATABASE = "the file that DATABASE_URL names is not a database"
_DAMAGED = "the file that DATABASE_URL names is damaged: put a backup in its place"
#: SQLSTATE of a statement in a transaction that an earlier error aborted.
_TRANSACTION_ABORTED = "25P02"


class UnitOfWork:
    """The repositories of one open transaction. Make no network call inside it."""

    def __init__(
        self, connection: Connection, cipher: Cipher, request_id: Callable[[], str | None]
    ) -> None:
        self.alarms = Alarms(connection)
        self.api_key_uses = ApiKeyUses(connection)
        self.api_requests = ApiRequests(connection, cipher)
        self.changed_onboardings = ChangedOnboardings(connection)
        self.checksum_matches = ChecksumMatches(connection)
        self.connection = connection
        self.counters = Counters(connection)
        self.decisions = Decisions(connection, cipher)
        self.element_reports = ElementReports(connection)
        self.erased_data = ErasedData(connection)
        self.erasures = Erasures(connection)
        self.evidence_views = EvidenceViews(connection, cipher)
        self.failed_polls = FailedPolls(connection)
        self.gateway_facts = GatewayFactRows(connection)
        self.people = People(connection, cipher)
        self.sessions = Sessions(connection, cipher)
        self.onboardings = Onboardings(connection, cipher)
        self.heartbeats = Heartbeats(connection)
        self.inbox = Inbox(connection)
        self.limit_counts = LimitCounts(connection)
        self.inputs = Inputs(connection, cipher)
        self.links = OneTimeLinks(connection)
        self.messages = Messages(connection, cipher)
        self.notice_forwards = NoticeForwards(connection, cipher)
        self.message_facts = MessageFactsReader(connection, cipher)
        self.receivers = Receivers(connection)
        self.timeline = Timeline(connection, request_id)
        self.replay_guard = ReplayGuard(connection)
        self.generated_keys = GeneratedKeys(connection, cipher)
        self.quarantine = Quarantine(connection, cipher)
        self.tokens = GatewayTokens(connection, cipher)


class Database:
    """Opens transactions: `writing` commits at the end of the block, unless it raises."""

    def __init__(
        self,
        engine: Engine,
        cipher: Cipher,
        request_id: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`request_id` returns the id of the current HTTP request, for the timeline."""
        self.engine = engine
        self._reading = for_reading(engine)
        self.cipher = cipher
        self.request_id = request_id

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Open a unit of work that only reads. Raises DatabaseUnavailable."""
        with translate_driver_errors(), self._reading.connect() as connection:
            yield UnitOfWork(connection, self.cipher, self.request_id)

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        """Open a transaction. Raises AlreadyExists for a violated constraint, and
        DatabaseUnavailable, both at its end too."""
        with translate_driver_errors(), self.engine.connect() as connection:
            mark_as_writing(connection)
            with connection.begin():
                work = UnitOfWork(connection, self.cipher, self.request_id)
                yield work
                work.timeline.write()

    def sweep(self, now: datetime) -> int:
        """Delete expired marks, sessions, links, counts, API requests, notices about unknown ids,
        old attempts to send messages, and old reports of elements.

        Returns how many. Each transaction deletes a batch of each, until none is left.
        """
        total = 0
        while True:
            with self.writing() as work:
                repositories = (
                    work.replay_guard,
                    work.sessions,
                    work.limit_counts,
                    work.links,
                    work.inbox,
                    work.api_requests,
                    work.messages,
                    work.element_reports,
                )
                deleted = [each.forget(now) for each in repositories]
                heartbeats = work.heartbeats.forget()
            total += sum(deleted) + heartbeats
            if max(deleted) < BATCH_SIZE:
                return total


@contextmanager
def translate_driver_errors() -> Iterator[None]:
    """Translate errors of SQLAlchemy to those of `store.errors`; bugs pass unchanged."""
    try:
        yield
    except IntegrityError as cause:
        raise AlreadyExists(type(cause.orig).__name__) from cause
    except InternalError as cause:
        state = sql_state(cause.orig)
        if state == _TRANSACTION_ABORTED:
            raise  # a bug: the caller ignored the earlier error
        raise DatabaseUnavailable(
            "the database of DATABASE_URL is read-only: let it be written to, or name the server "
            "that takes writes"
            if state == READ_ONLY
            else _NOT_USABLE.format(describe(cause))
        ) from cause
    except (OperationalError, InterfaceError, PoolExhausted) as cause:
        raise DatabaseUnavailable(_NOT_USABLE.format(describe(cause))) from cause
    except ProgrammingError as cause:
        if sql_state(cause.orig) not in TABLE_INACCESSIBLE:
            raise  # a bug in the statement
        raise DatabaseUnavailable(_NOT_USABLE.format(describe(cause))) from cause
    except DatabaseError as cause:
        if type(cause) is not DatabaseError:
            raise  # a bug in the statement
        damaged = getattr(cause.orig, "sqlite_errorname", "") == "SQLITE_CORRUPT"
        raise DatabaseUnavailable(_DAMAGED if damaged else _NO_DATABASE) from cause
