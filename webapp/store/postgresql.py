"""Create the engine for PostgreSQL: connection pool, timeouts, dropped connections."""

from __future__ import annotations

import select
from typing import Any

from sqlalchemy import URL, Engine, NullPool, create_engine, event

#: SQLSTATE of a write in a read-only session.
READ_ONLY = "25006"
#: A trigger (migration `initial`) sends this channel the onboarding of each new timeline row.
CHANNEL = "mobbscan_embed_timeline"
#: After a network cut no answer comes: these make it an error within seconds. Keepalives detect
#: it on an idle connection within half a minute.
NETWORK_TIMEOUTS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
}


def make_engine(url: URL, wait_seconds: float) -> Engine:
    """Return an engine with a pool of ten connections; `wait_seconds` limits a writer's wait."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # an error must not quote what was to be stored
        pool_pre_ping=True,  # see _ping_without_a_query
        connect_args=_timeouts(url),
        # Threads wait for a connection, because by default a server takes only a hundred from all
        # clients. Half the time, so that the caller has not timed out itself when this fails.
        pool_timeout=wait_seconds / 2,
        pool_size=10,
        max_overflow=0,
        pool_use_lifo=True,
    )
    event.listen(engine, "connect", _enforce_synchronous_commit)
    _drop_read_only_connections(engine)
    _ping_without_a_query(engine)
    return engine


def _timeouts(url: URL) -> dict[str, int]:
    """Return the timeouts that DATABASE_URL does not set itself."""
    return {name: value for name, value in NETWORK_TIMEOUTS.items() if name not in url.query}


def unpooled_engine(engine: Engine) -> Engine:
    """Return an engine for the same database that opens a new connection for each use."""
    return create_engine(
        engine.url,
        hide_parameters=True,
        poolclass=NullPool,
        connect_args=_timeouts(engine.url),
    )


def listen_connect_args(engine: Engine) -> dict[str, Any]:
    """Return the driver's connect arguments for a connection outside the pool."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    return {**NETWORK_TIMEOUTS, **arguments}


def for_reading(engine: Engine) -> Engine:
    """Return the engine for read-only work: without transactions on PostgreSQL.

    There each statement sees what was committed before it, in a transaction or not, so this saves
    two round trips. On SQLite a transaction costs nothing. A write would not be rolled back; a
    test fails when there is one.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def sql_state(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of a driver's error; None for SQLite."""
    return getattr(error, "sqlstate", None)


def _drop_read_only_connections(engine: Engine) -> None:
    """Treat a read-only session as disconnected, so that the next one may reach the primary.

    A session stays read-only even after the database accepts writes again, or after a failover.
    """
    is_disconnect = engine.dialect.is_disconnect

    def is_unusable(error: Any, connection: Any, cursor: Any) -> bool:
        return sql_state(error) == READ_ONLY or is_disconnect(error, connection, cursor)

    engine.dialect.is_disconnect = is_unusable  # type: ignore[method-assign,assignment]


def _ping_without_a_query(engine: Engine) -> None:
    """Check a pooled connection by polling its socket, which saves a round trip.

    A server sends unrequested data only when it ends the connection or a setting has changed. In
    both cases a new connection is right.
    """

    def is_silent(connection: Any) -> bool:
        socket = select.poll()
        socket.register(connection.fileno(), select.POLLIN)
        return not socket.poll(0)

    engine.dialect.do_ping = is_silent  # type: ignore[method-assign,assignment]


def _enforce_synchronous_commit(connection: Any, _record: Any) -> None:
    """Make each commit wait for the disk, even if the server's configuration says otherwise."""
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
