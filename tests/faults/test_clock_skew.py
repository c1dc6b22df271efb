"""Clocks of nodes and of the gateway differ by minutes: leases, polls and tokens still work."""
# ruff: noqa: F811 - fixtures are arguments

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from tests.faults.journey_databases import (  # noqa: F401 - fixtures
    address,
    kind,
    migrated_postgres,
    migrated_sqlite,
)
from tests.support.eventually import eventually
from tests.support.gateway import KEY, SECRET, Controls
from tests.unit.journey.fakes import Clock, FakeGateway
from tests.unit.journey.harness import JourneyHarness
from webapp.domain.onboarding import Status
from webapp.gateway.client import Gateway
from webapp.gateway.errors import Unavailable
from webapp.gateway.options import GatewayOptions
from webapp.gateway.token_cache import Token
from webapp.journey.shared_token_cache import SharedTokenCache
from webapp.store.clock import shared_clock
from webapp.store.engine import make_engine
from webapp.store.schema import gateway_token

LIFE = timedelta(minutes=15)
clock_offsets = pytest.mark.parametrize(
    "minutes",
    [
        -20,
        20,
        pytest.param(-10, marks=pytest.mark.nightly),
        pytest.param(10, marks=pytest.mark.nightly),
    ],
)


@contextmanager
def node(address: str, minutes: float, gateway: Any) -> Iterator[JourneyHarness]:
    """Yield a node, as `wiring` builds it, whose own clock is `minutes` ahead."""
    engine = make_engine(address)
    clock = shared_clock(engine, lambda: datetime.now(UTC) + timedelta(minutes=minutes))
    harness = JourneyHarness(address, gateway, clock)
    try:
        yield harness
    finally:
        harness.close()
        engine.dispose()


@pytest.fixture
def shared_address(migrated_postgres) -> str:
    """Return a PostgreSQL database: nodes with own clocks cannot share SQLite."""
    return migrated_postgres.url.render_as_string(hide_password=False)


@clock_offsets
def test_start_during_create_call_of_a_skewed_node_waits_for_it(shared_address, minutes):
    gateway = FakeGateway()
    with (
        node(shared_address, 0, gateway) as accurate,
        node(shared_address, minutes, gateway) as skewed,
    ):
        for one, other, subject in ((accurate, skewed, "ada"), (skewed, accurate, "ben")):
            visitor = one.visitor(subject)
            second_starts: list[str] = []

            def click_elsewhere(
                _: str, other=other, visitor=visitor, second_starts=second_starts
            ) -> None:
                del gateway.during_call["create"]
                second_starts.append(other.begin(visitor))

            gateway.during_call["create"] = click_elsewhere
            assert [one.begin(visitor)] == second_starts
        assert gateway.count("create") == 2


@clock_offsets
def test_poll_planned_by_a_skewed_node_is_due_at_its_time(shared_address, minutes):
    gateway = FakeGateway()
    with (
        node(shared_address, 0, gateway) as accurate,
        node(shared_address, minutes, gateway) as skewed,
    ):
        for one, other, subject in ((accurate, skewed, "ada"), (skewed, accurate, "ben")):
            id_ = one.begin(one.visitor(subject))
            assert id_ not in dict(other.gateway_poll.due_polls())
            one.set_gateway_word(id_, "VERIFIED")
            one.notice(id_, "VERIFIED")
            # Compared clocks still differ by some milliseconds.
            eventually(
                lambda id_=id_, other=other: id_ in dict(other.gateway_poll.due_polls()), seconds=2
            )
            assert other.run_due() == 1
            assert one.status(id_) is Status.VERIFIED


@clock_offsets
def test_nodes_with_skewed_clocks_share_and_replace_the_token(shared_address, minutes):
    log_ins: list[Token] = []

    def log_in() -> Token:
        now = datetime.now(UTC)  # the client's own clock, not that of the node
        log_ins.append(Token(f"token-{len(log_ins)}", now, now + LIFE))
        return log_ins[-1]

    with node(shared_address, 0, None) as accurate, node(shared_address, minutes, None) as skewed:
        a, b = (
            SharedTokenCache(each.database, each.clock, "account") for each in (skewed, accurate)
        )
        first = a.get(log_in).value
        assert b.get(log_in).value == first
        for one, other in ((b, a), (a, b)):
            assert one.replace(first, log_in).value == first  # too new to be replaced
            age_token(accurate)
            second = one.replace(first, log_in).value
            assert second != first
            assert other.replace(first, log_in).value == second
            first = second
    assert len(log_ins) == 3


def age_token(harness: JourneyHarness) -> None:
    """Age the stored token by a minute."""
    then = harness.clock() - timedelta(minutes=1)
    with harness.database.writing() as work:
        work.connection.execute(update(gateway_token).values(obtained_at=then))


@pytest.fixture
def controls() -> Iterator[Controls]:
    """Return the controls of a sandbox gateway."""
    with RunningGateway(SandboxOptions(KEY, SECRET)) as gateway:
        controls = Controls(gateway.url)
        yield controls
        controls.http.close()


@pytest.fixture
def harness(address: str, controls: Controls) -> Iterator[JourneyHarness]:
    """Return the parts of a server with the real client of that gateway."""
    url = str(controls.http.base_url).partition("/_sandbox")[0]
    with node(address, 0, None) as parts:
        tokens = SharedTokenCache(parts.database, parts.clock, "account")
        gateway = Gateway(GatewayOptions(url, KEY, SECRET), tokens)
        harness = JourneyHarness(address, gateway, parts.clock)
        yield harness
        gateway.close()
        harness.close()


@pytest.mark.parametrize("seconds", [-600, 600])
def test_gateway_with_skewed_clock_is_logged_in_to_once(harness, controls, seconds):
    controls.switch(clock_offset_seconds=seconds)
    ids = [harness.begin(harness.visitor(subject)) for subject in ("ada", "ben", "olga")]
    controls.end(ids[0], "passes")
    harness.gateway_poll.poll(ids[0])
    assert harness.status(ids[0]) is Status.VERIFIED
    assert [harness.status(each) for each in ids[1:]] == [Status.STARTED] * 2
    counted = controls.get("/counters")
    assert (counted["token_log_ins"], counted["unauthorised"]) == (1, 0)
    kept = SharedTokenCache(harness.database, harness.clock, "account").get(pytest.fail)
    assert timedelta(minutes=14) < kept.expires_at - harness.clock() <= LIFE


def test_token_after_clock_is_set_back_is_obtained(address):
    """Times stored before the change lie in the future; they must not block log-ins."""
    clock = Clock()
    harness = JourneyHarness(address, FakeGateway(), clock)
    tokens = SharedTokenCache(harness.database, clock, "account")

    def log_in() -> Token:
        return Token(clock().isoformat(), clock(), clock() + LIFE)

    def fail() -> Token:
        raise Unavailable("no answer", maybe_sent=False)

    with pytest.raises(Unavailable):
        tokens.get(fail)
    with harness.database.writing() as work:
        row = work.tokens.get(tokens._account)
        work.tokens.claim(tokens._account, "killed", clock(), timedelta(seconds=15), row)
    clock.advance(minutes=-10)
    first = tokens.get(log_in).value
    clock.advance(minutes=-10)
    assert tokens.replace(first, log_in).value != first
    harness.close()
