"""Clocks that are ten minutes off, of hosts, of the gateway, of the shop: what must hold, holds."""
# ruff: noqa: F811 - a fixture is asked for by its name

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from mobbscan_sandbox.gateway import RunningGateway, SandboxOptions
from tests.support.databases import (  # noqa: F401 - fixtures
    address,
    kind,
    migrated_postgres,
    migrated_sqlite,
)
from tests.support.eventually import eventually
from tests.support.gateway import KEY, SECRET, Controls
from tests.unit.journey.fakes import Clock, FakeGateway
from tests.unit.journey.harness import JourneyHarness
from tests.unit.journey.test_admit import token as handoff
from webapp.domain.errors import HandoffNotAccepted
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
apart = pytest.mark.parametrize("minutes", [-20, -10, 10, 20])


@contextmanager
def host(address: str, minutes: float, gateway: Any) -> Iterator[JourneyHarness]:
    """One machine, as `wiring` builds it, whose own clock is so many minutes ahead."""
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
    """Only on PostgreSQL are there machines with clocks of their own."""
    return migrated_postgres.url.render_as_string(hide_password=False)


@apart
def test_no_host_takes_the_create_call_of_another_for_a_dead_one(shared_address, minutes):
    gateway = FakeGateway()
    with host(shared_address, 0, gateway) as right, host(shared_address, minutes, gateway) as off:
        for one, other, who in ((right, off, "ada"), (off, right, "ben")):
            visitor = one.visitor(who)
            asked: list[str] = []

            def click_elsewhere(_: str, other=other, visitor=visitor, asked=asked) -> None:
                del gateway.during_call["create"]
                asked.append(other.begin(visitor))

            gateway.during_call["create"] = click_elsewhere
            assert [one.begin(visitor)] == asked
        assert gateway.count("create") == 2


@apart
def test_what_one_host_plans_is_due_on_the_other_at_its_time(shared_address, minutes):
    gateway = FakeGateway()
    with host(shared_address, 0, gateway) as right, host(shared_address, minutes, gateway) as off:
        for one, other, who in ((right, off, "ada"), (off, right, "ben")):
            id_ = one.begin(one.visitor(who))
            assert id_ not in dict(other.gateway_poll.due_polls())
            one.set_gateway_word(id_, "VERIFIED")
            one.notice(id_, "VERIFIED")
            # Two clocks that have been compared still differ by some milliseconds.
            eventually(
                lambda id_=id_, other=other: id_ in dict(other.gateway_poll.due_polls()), seconds=2
            )
            assert other.run_due() == 1
            assert one.status(id_) is Status.VERIFIED


@apart
def test_hosts_share_a_token_and_neither_keeps_a_dead_one(shared_address, minutes):
    log_ins: list[Token] = []

    def log_in() -> Token:
        now = datetime.now(UTC)  # the client's own clock, whatever the host's says
        log_ins.append(Token(f"token-{len(log_ins)}", now, now + LIFE))
        return log_ins[-1]

    with host(shared_address, 0, None) as right, host(shared_address, minutes, None) as off:
        a, b = (SharedTokenCache(each.database, each.clock, "account") for each in (off, right))
        first = a.get(log_in).value
        assert b.get(log_in).value == first
        for one, other in ((b, a), (a, b)):
            assert one.replace(first, log_in).value == first  # too young to be dead
            a_while_ago(right)
            second = one.replace(first, log_in).value
            assert second != first
            assert other.replace(first, log_in).value == second
            first = second
    assert len(log_ins) == 3


def a_while_ago(harness: JourneyHarness) -> None:
    """The token is as old as if its log-in had been a minute before."""
    then = harness.clock() - timedelta(minutes=1)
    with harness.database.writing() as work:
        work.connection.execute(update(gateway_token).values(obtained_at=then))


@pytest.fixture
def controls() -> Iterator[Controls]:
    """Of a gateway in a box."""
    with RunningGateway(SandboxOptions(KEY, SECRET)) as box:
        controls = Controls(box.url)
        yield controls
        controls.http.close()


@pytest.fixture
def harness(address: str, controls: Controls) -> Iterator[JourneyHarness]:
    """A server's parts with the real client of that gateway."""
    url = str(controls.http.base_url).partition("/_sandbox")[0]
    with host(address, 0, None) as alone:
        tokens = SharedTokenCache(alone.database, alone.clock, "account")
        gateway = Gateway(GatewayOptions(url, KEY, SECRET), tokens)
        harness = JourneyHarness(address, gateway, alone.clock)
        yield harness
        gateway.close()
        harness.close()


@pytest.mark.parametrize("seconds", [-600, 600])
def test_a_gateway_whose_clock_is_off_is_logged_in_to_once_and_believed(harness, controls, seconds):
    controls.switch(clock_offset_seconds=seconds)
    ids = [harness.begin(harness.visitor(who)) for who in ("ada", "ben", "olga")]
    controls.end(ids[0], "passes")
    harness.gateway_poll.poll(ids[0])
    assert harness.status(ids[0]) is Status.VERIFIED
    assert [harness.status(each) for each in ids[1:]] == [Status.STARTED] * 2
    counted = controls.get("/counters")
    assert (counted["token_log_ins"], counted["unauthorised"]) == (1, 0)
    kept = SharedTokenCache(harness.database, harness.clock, "account").get(pytest.fail)
    assert timedelta(minutes=14) < kept.expires_at - harness.clock() <= LIFE


@pytest.mark.parametrize(
    ("iat", "exp", "accepted"),
    [
        (29, 149, True),
        (31, 151, False),
        (600, 720, False),
        (-149, -29, True),
        (-151, -31, False),
        (-600, -480, False),
    ],
)
def test_a_shops_clock_may_be_half_a_minute_off_and_no_more(address, iat, exp, accepted):
    harness = JourneyHarness(address)
    now = int(harness.clock().timestamp())
    handed = handoff(iat=now + iat, exp=now + exp)
    try:
        if accepted:
            assert harness.admit.by_handoff(handed, None).person.subject == "ada"
        else:
            with pytest.raises(HandoffNotAccepted):
                harness.admit.by_handoff(handed, None)
    finally:
        harness.close()


def test_a_clock_put_back_leaves_nobody_without_a_token(address):
    """What was written while it was ahead must not count until it comes to that time again."""
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
