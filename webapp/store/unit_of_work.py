"""One transaction, with everything a step may do inside it."""

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
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from webapp.store.alarms import Alarms
from webapp.store.column_types import Cipher
from webapp.store.counters import Counters
from webapp.store.database_errors import OUT_OF_REACH, cause_of
from webapp.store.errors import AlreadyExists, DatabaseUnavailable
from webapp.store.failed_polls import FailedPolls
from webapp.store.gateway_tokens import Tokens
from webapp.store.generated_keys import GeneratedKeys
from webapp.store.heartbeats import Heartbeats
from webapp.store.inbox import Inbox
from webapp.store.links import Links
from webapp.store.onboardings import Onboardings
from webapp.store.people import People
from webapp.store.portions import PORTION
from webapp.store.postgresql import READ_ONLY, for_reading, sql_state
from webapp.store.quarantine import Quarantine
from webapp.store.replay_guard import ReplayGuard
from webapp.store.sessions import Sessions
from webapp.store.timeline import Timeline

_NOT_USABLE = (
    "the database of DATABASE_URL cannot be used ({}): see that it runs, is not full, lets this "
    "server in, and may be written to"
)
_NO_DATABASE = "the file that DATABASE_URL names is not a database"
_DAMAGED = "the file that DATABASE_URL names is damaged: put a backup in its place"
#: SQLSTATE of a statement in a transaction that an error has ended already.
_FAILED_BEFORE = "25P02"


class UnitOfWork:
    """The repositories of one open transaction. No network call belongs inside it."""

    def __init__(
        self, connection: Connection, cipher: Cipher, request_id: Callable[[], str | None]
    ) -> None:
        self.alarms = Alarms(connection)
        self.connection = connection
        self.counters = Counters(connection)
        self.failed_polls = FailedPolls(connection)
        self.people = People(connection, cipher)
        self.sessions = Sessions(connection, cipher)
        self.onboardings = Onboardings(connection, cipher)
        self.heartbeats = Heartbeats(connection)
        self.inbox = Inbox(connection, cipher)
        self.links = Links(connection)
        self.timeline = Timeline(connection, request_id)
        self.once = ReplayGuard(connection)
        self.generated_keys = GeneratedKeys(connection, cipher)
        self.quarantine = Quarantine(connection, cipher)
        self.tokens = Tokens(connection, cipher)


class Database:
    """Opens transactions. `writing` commits at the end of the block, or not at all."""

    def __init__(
        self,
        engine: Engine,
        cipher: Cipher,
        request_id: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`request_id` names the request at hand, for the timeline."""
        self.engine = engine
        self._reading = for_reading(engine)
        self.cipher = cipher
        self.request_id = request_id

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Raises DatabaseUnavailable when the database is away."""
        with translated(), self._reading.connect() as connection:
            yield UnitOfWork(connection, self.cipher, self.request_id)

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        """Raises AlreadyExists on a broken constraint, DatabaseUnavailable when it cannot be
        stored."""
        with translated(), self.engine.connect() as plain:
            connection = plain.execution_options(writing=True)
            with connection.begin():
                work = UnitOfWork(connection, self.cipher, self.request_id)
                yield work
                work.timeline.write()

    def sweep(self, now: datetime) -> int:
        """Forget marks, sessions, links and strange notices that are over; how many rows went.

        A portion of each in one transaction, until there are no more.
        """
        total = 0
        while True:
            with self.writing() as work:
                repositories = (work.once, work.sessions, work.links, work.inbox)
                gone = [each.forget(now) for each in repositories]
                heartbeats = work.heartbeats.forget()
            total += sum(gone) + heartbeats
            if max(gone) < PORTION:
                return total


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the driver raises into what `store.errors` promises."""
    try:
        yield
    except IntegrityError as cause:
        raise AlreadyExists(type(cause.orig).__name__) from cause
    except InternalError as cause:
        state = sql_state(cause.orig)
        if state == _FAILED_BEFORE:
            raise  # whoever went on after an error is what is wrong
        raise DatabaseUnavailable(
            "the database of DATABASE_URL is read-only: let it be written to, or name the server "
            "that takes writes"
            if state == READ_ONLY
            else _NOT_USABLE.format(cause_of(cause))
        ) from cause
    except (OperationalError, InterfaceError, NoConnectionFree) as cause:
        raise DatabaseUnavailable(_NOT_USABLE.format(cause_of(cause))) from cause
    except ProgrammingError as cause:
        if sql_state(cause.orig) not in OUT_OF_REACH:
            raise  # what we said was wrong, not where we said it
        raise DatabaseUnavailable(_NOT_USABLE.format(cause_of(cause))) from cause
    except DatabaseError as cause:
        if type(cause) is not DatabaseError:
            raise  # what we said was wrong, not where we said it
        damaged = getattr(cause.orig, "sqlite_errorname", "") == "SQLITE_CORRUPT"
        raise DatabaseUnavailable(_DAMAGED if damaged else _NO_DATABASE) from cause
