"""The gateway revokes a token that four processes use: one log-in, and no call fails."""
# ruff: noqa: F811 - fixtures are arguments

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.databases import (  # noqa: F401 - fixtures
    address,
    kind,
    migrated_postgres,
    migrated_sqlite,
)
from tests.support.instant_gateway import InstantGateway, running
from tests.unit.store import processes
from tests.unit.store.rows import KEY, database_at, in_threads
from webapp.gateway.client import Gateway
from webapp.gateway.options import Budgets, GatewayOptions
from webapp.gateway.token_cache import Token
from webapp.journey.shared_token_cache import SharedTokenCache
from webapp.store.unit_of_work import Database

ACCOUNT = "the account"
LIFE = timedelta(minutes=15)
#: Long limits: a busy machine needs its time to start all calls.
LONG_BUDGETS = Budgets(log_in_seconds=30, read_seconds=60)


@pytest.fixture
def gateway() -> Iterator[InstantGateway]:
    with running() as gateway:
        yield gateway


def tokens_of(database: Database) -> SharedTokenCache:
    return SharedTokenCache(database, lambda: datetime.now(UTC), ACCOUNT)


def call_at_once(address: str, gateway_url: str, calls: int) -> list[str]:
    """Make `calls` reads at once in this process; return their results."""
    with database_at(address, KEY) as database:
        options = GatewayOptions(gateway_url, "key", "secret")
        gateway = Gateway(options, tokens_of(database), budgets=LONG_BUDGETS)
        try:
            return [str(each) for each in in_threads(calls, lambda: _read(gateway))]
        finally:
            gateway.close()


def _read(gateway: Gateway) -> str:
    scan_id = str(uuid.uuid4())
    return "answered" if gateway.read(scan_id).scan_id == scan_id else "wrong answer"


def call_with_revoked_token(
    address: str, gateway: InstantGateway, calls: int
) -> tuple[list[str], dict[str, int]]:
    """Make `calls` reads in four processes; return their results and the gateway's counts."""
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    with database_at(address, KEY) as database:
        SharedTokenCache(database, lambda: long_ago, ACCOUNT).get(
            lambda: Token("token-0", long_ago, long_ago + LIFE)
        )
    each = calls // processes.COUNT
    gateway.control(f"kill/{each * processes.COUNT}")
    results = processes.at_once(call_at_once, address, gateway.url, each)
    return [answer for process in results for answer in process], gateway.control("counts")


def test_100_calls_with_revoked_token_make_one_log_in(address: str, gateway: InstantGateway):
    results, counts = call_with_revoked_token(address, gateway, 100)
    assert results == ["answered"] * 100
    assert counts == {"refused": 100, "log_ins": 1, "reads": 100}


@pytest.mark.nightly
def test_500_calls_with_revoked_token_make_one_log_in(address: str, gateway: InstantGateway):
    results, counts = call_with_revoked_token(address, gateway, 500)
    assert results == ["answered"] * 500
    assert counts == {"refused": 500, "log_ins": 1, "reads": 500}
