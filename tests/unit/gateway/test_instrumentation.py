"""Every call is told once, in words of a short list, however it ends."""

from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

from tests.unit.gateway.doubles import (
    CALLS,
    FILES,
    OPENED,
    READS,
    Recorder,
    gateway,
    gateway_at,
    options,
    process_answer,
)
from webapp.gateway import Gateway, GatewayError, MemoryTokenCache, instrumentation

Told = list[tuple[str, str, float]]
#: What the tests call differently.
NAMES = {"send_to_review": "review"}


def watched(client: Gateway) -> Told:
    told: Told = []
    client.observe = lambda call, outcome, seconds: told.append((call, outcome, seconds))
    return told


def kinds(kind: type[GatewayError]) -> list[type[GatewayError]]:
    return [each for below in kind.__subclasses__() for each in (below, *kinds(below))]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("status", "outcome"), [(403, "forbidden"), (503, "unavailable"), (418, "request_refused")]
)
def test_each_call_is_told_once_with_its_outcome(name: str, status: int, outcome: str) -> None:
    client = gateway(lambda _: httpx.Response(status, json={}))
    told = watched(client)
    with pytest.raises(GatewayError) as error:
        CALLS[name](client)
    [(call, said, seconds)] = told
    assert call == NAMES.get(name, name)
    assert call in instrumentation.CALLS
    if name != "log_in":  # there a refusal speaks of the credentials, anything else of the gateway
        assert said == outcome
    assert said in instrumentation.OUTCOMES
    assert 0 <= seconds < 10
    assert type(error.value).__name__.lower() == said.replace("_", "")


def test_every_kind_of_error_has_its_word() -> None:
    told: Told = []
    for kind in kinds(GatewayError):
        with (
            suppress(GatewayError),
            instrumentation.telling(lambda *all_: told.append(all_), "read"),
        ):
            raise kind
    words = [outcome for _, outcome, _ in told]
    named = [kind.__name__.lower() for kind in kinds(GatewayError)]
    assert [word.replace("_", "") for word in words] == named
    assert {instrumentation.OK, instrumentation.OTHER, *words} == set(instrumentation.OUTCOMES)
    assert {NAMES.get(name, name) for name in CALLS} == set(instrumentation.CALLS)


def test_what_was_repeated_is_one_call_and_a_log_in_is_another() -> None:
    answers = Recorder(httpx.Response(503), httpx.Response(200, json=process_answer()))

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(200, json={"accessToken": "new", "expiresIn": 900})
        return answers(request)

    client = gateway_with_room(handler)
    told = watched(client)
    READS["read"](client)
    assert len(answers.requests) == 2
    assert [(call, outcome) for call, outcome, _ in told] == [("log_in", "ok"), ("read", "ok")]


def gateway_with_room(handler: Callable[[httpx.Request], httpx.Response]) -> Gateway:
    """One that has no token yet, and the time to repeat a read."""
    return Gateway(options(), MemoryTokenCache(), httpx.MockTransport(handler))


def test_a_file_is_told_when_it_has_ended() -> None:
    client = gateway(lambda _: httpx.Response(200, content=FILES["image"]))
    told = watched(client)
    with OPENED["image"](client) as evidence:
        assert b"".join(evidence.chunks) == FILES["image"]
        assert told == []
    assert [each[:2] for each in told] == [("image", "ok")]


def test_a_reader_who_goes_away_is_no_fault_of_the_gateway() -> None:
    client = gateway(lambda _: httpx.Response(200, content=FILES["image"]))
    told = watched(client)
    with pytest.raises(ConnectionResetError), OPENED["image"](client):
        raise ConnectionResetError
    assert [each[:2] for each in told] == [("image", "other")]


def test_a_gateway_left_alone_is_told_as_resting() -> None:
    client = gateway_at("http://127.0.0.1:1")
    told = watched(client)
    for _ in range(8):
        with pytest.raises(GatewayError):
            CALLS["delete"](client)
    client.close()
    outcomes = [outcome for _, outcome, _ in told]
    assert outcomes[0] == "unavailable"
    assert outcomes[-1] == "circuit_open"
