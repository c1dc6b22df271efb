"""The gateway's time of a decision counts only between creation and now, in the right zone."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.wire_gateway import Answer, WireStack, json_answer

#: Each command takes seconds on a busy machine.
pytestmark = pytest.mark.timeout(300)

MADRID = ZoneInfo("Europe/Madrid")
HOUR = timedelta(hours=1)
#: A text or number for the gateway's time, from the time of the decision (a whole second).
MakeTime = Callable[[datetime], object]


def decide(stack: WireStack, times: dict[str, MakeTime]) -> dict[str, tuple[datetime, datetime]]:
    """Decide one onboarding with each time; return what was meant, and what the server shows.

    The decision lies between creation and poll, so that its time differs from those of both.
    """
    onboardings = {name: stack.begin(f"ada-{uuid.uuid4().hex}") for name in times}
    time.sleep(2.2)
    decided = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.1)
    for name, onboarding in onboardings.items():
        members = {"scanId": onboarding.id, "verificationResult": "VERIFIED"}
        onboarding.answer(json_answer(**members, verificationTime=times[name](decided)))
    for onboarding in onboardings.values():
        onboarding.until("verified")
    shown = {name: each.shown["decided_at"] for name, each in onboardings.items()}
    return {name: (decided, datetime.fromisoformat(text)) for name, text in shown.items()}


NOT_BELIEVED: dict[str, MakeTime] = {
    "year 1": lambda _: "0001-01-01T00:00:00Z",
    "year 9999": lambda _: "9999-12-31T23:59:59Z",
    "epoch 0": lambda _: 0,
    "an hour ahead": lambda decided: (decided + HOUR).isoformat(),
    "before creation": lambda decided: (decided - HOUR).isoformat(),
    "unreadable": lambda _: "yesterday",
    "a number too large": lambda _: 1e300,
    "a boolean": lambda _: True,
    "an object": lambda _: {"seconds": 1},
}


@pytest.mark.parametrize("names", [("year 1", "an hour ahead"), tuple(NOT_BELIEVED)])
def test_impossible_decision_time_is_replaced_by_time_of_poll(
    wire_stack: WireStack, names: tuple[str, ...]
) -> None:
    times = {name: NOT_BELIEVED[name] for name in names}
    for name, (decided, shown) in decide(wire_stack, times).items():
        assert decided < shown <= datetime.now(UTC), name


@pytest.mark.parametrize("minutes", [-3, 3])
def test_decision_time_of_a_clock_slightly_off_is_believed(
    wire_stack: WireStack, minutes: int
) -> None:
    onboarding = wire_stack.begin(f"ada-{uuid.uuid4().hex}")
    stated = datetime.now(UTC) + timedelta(minutes=minutes)
    members = {"scanId": onboarding.id, "verificationResult": "VERIFIED"}
    onboarding.answer(json_answer(**members, verificationTime=stated.isoformat()))
    onboarding.until("verified")
    assert datetime.fromisoformat(onboarding.shown["decided_at"]) == stated


def local(decided: datetime) -> datetime:
    return decided.astimezone(MADRID)


IN_MADRID: dict[str, MakeTime] = {
    "with milliseconds": lambda decided: f"{local(decided):%Y-%m-%d %H:%M:%S}.000",
    "with T": lambda decided: f"{local(decided):%Y-%m-%dT%H:%M:%S}",
    "fraction with comma": lambda decided: f"{local(decided):%Y-%m-%d %H:%M:%S},000",
    "dd/MM/yyyy": lambda decided: f"{local(decided):%d/%m/%Y %H:%M:%S}",
    "dd/MM/yyyy with fractions": lambda decided: f"{local(decided):%d/%m/%Y %H:%M:%S}.000000",
    "array of Jackson": lambda decided: list(local(decided).timetuple()[:6]),
    "dd-MM-yyyy": lambda decided: f"{local(decided):%d-%m-%Y %H:%M:%S}",
}
ANYWHERE: dict[str, MakeTime] = {
    "zone name": lambda decided: f"{local(decided):%Y-%m-%dT%H:%M:%S}[Europe/Madrid]",
    "offset and zone name": lambda decided: f"{local(decided).isoformat()}[Europe/Madrid]",
    "offset": lambda decided: f"{local(decided):%Y-%m-%dT%H:%M:%S%z}",
    "dd/MM/yyyy and offset": lambda decided: f"{local(decided):%d/%m/%Y %H:%M:%S%z}",
    "nanoseconds": lambda decided: f"{decided:%Y-%m-%dT%H:%M:%S}.000000000Z",
    "UTC": lambda decided: f"{decided:%Y-%m-%d %H:%M:%S} UTC",
    "epoch text": lambda decided: str(int(decided.timestamp())),
    "epoch milliseconds text": lambda decided: str(int(decided.timestamp() * 1000)),
    "epoch milliseconds": lambda decided: int(decided.timestamp() * 1000),
    "epoch microseconds": lambda decided: int(decided.timestamp() * 1_000_000),
    "epoch with fraction": lambda decided: f"{decided.timestamp():.3f}",
    "RFC 5322": lambda decided: f"{decided:%a, %d %b %Y %H:%M:%S} GMT",
}


def test_decision_time_is_read_in_the_configured_zone(madrid_stack: WireStack) -> None:
    seen = decide(madrid_stack, IN_MADRID | dict(list(ANYWHERE.items())[:4]))
    assert [name for name, (decided, shown) in seen.items() if decided != shown] == []


@pytest.mark.nightly
def test_decision_time_with_zone_is_read_without_the_setting(wire_stack: WireStack) -> None:
    seen = decide(wire_stack, ANYWHERE)
    assert [name for name, (decided, shown) in seen.items() if decided != shown] == []


def test_page_of_impossible_decision_time_shows_today(wire_stack: WireStack) -> None:
    onboarding = wire_stack.begin(f"ada-{uuid.uuid4().hex}")
    members = {"scanId": onboarding.id, "verificationResult": "VERIFIED"}
    body = json.dumps({**members, "verificationTime": "0001-01-01T00:00:00Z"})
    onboarding.answer(Answer(body.encode()))
    onboarding.until("verified")
    assert " 1, 1" not in onboarding.page().text
    assert f"{datetime.now(UTC):%Y}" in onboarding.page().text


@pytest.mark.parametrize("name", ["Mars/Olympus", "Madrid", "../../etc/passwd", "+01:00"])
def test_unknown_time_zone_stops_commands_with_the_fix(wire_stack: WireStack, name: str) -> None:
    wire_stack.set_environment(MOBBSCAN_TIME_ZONE=name)
    try:
        refused = wire_stack.command("onboardings", "list")
    finally:
        wire_stack.set_environment(MOBBSCAN_TIME_ZONE="UTC")
    assert refused.returncode != 0
    assert "MOBBSCAN_TIME_ZONE" in refused.stderr
    assert "Europe/Madrid" in refused.stderr
