"""Instrumentation: every call is reported once, with one of the declared outcomes."""

from contextlib import suppress

import httpx
import pytest

from tests.support.memory_token_cache import MemoryTokenCache
from tests.unit.gateway.doubles import (
    CALLS,
    FILES,
    OPENED,
    Recorder,
    gateway,
    gateway_at,
    options,
    process_response,
)
from webapp.gateway import Gateway, GatewayError, instrumentation

Reports = list[tuple[str, str, float]]
#: Calls whose name in the tests differs.
NAMES = {"send_to_review": "review"}


def observed(client: Gateway) -> Reports:
    reports: Reports = []
    client.observe = lambda call, outcome, seconds: reports.append((call, outcome, seconds))
    return reports


def error_classes(base: type[GatewayError]) -> list[type[GatewayError]]:
    return [each for below in base.__subclasses__() for each in (below, *error_classes(below))]


@pytest.mark.parametrize("name", CALLS)
def test_instrumentation_each_call_is_reported_once_with_name_and_outcome(name: str) -> None:
    client = gateway(lambda _: httpx.Response(409, json={}))
    reports = observed(client)
    with pytest.raises(GatewayError) as error:
        CALLS[name](client)
    [(call, outcome, seconds)] = reports
    assert call == NAMES.get(name, name)
    assert 0 <= seconds < 10
    assert type(error.value).__name__.lower() == outcome.replace("_", "")


def test_instrumentation_every_error_class_has_its_outcome() -> None:
    reports: Reports = []
    for error_class in error_classes(GatewayError):
        with (
            suppress(GatewayError),
            instrumentation.observe_call(lambda *all_: reports.append(all_), "read"),
        ):
            raise error_class
    words = [outcome for _, outcome, _ in reports]
    named = [error_class.__name__.lower() for error_class in error_classes(GatewayError)]
    assert [word.replace("_", "") for word in words] == named
    assert {instrumentation.OK, instrumentation.OTHER, *words} == set(instrumentation.OUTCOMES)
    assert {NAMES.get(name, name) for name in CALLS} == set(instrumentation.CALLS)


def test_instrumentation_retries_are_one_call_and_log_in_is_another() -> None:
    responses = Recorder(httpx.Response(503), httpx.Response(200, json=process_response()))

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(200, json={"accessToken": "new", "expiresIn": 900})
        return responses(request)

    client = Gateway(options(), MemoryTokenCache(), httpx.MockTransport(handler))
    reports = observed(client)
    CALLS["read"](client)
    assert len(responses.requests) == 2
    assert [(call, outcome) for call, outcome, _ in reports] == [("log_in", "ok"), ("read", "ok")]


@pytest.mark.parametrize("failure", [None, ConnectionResetError])
def test_instrumentation_stream_is_reported_at_its_end(failure: type[Exception] | None) -> None:
    client = gateway(lambda _: httpx.Response(200, content=FILES["image"]))
    reports = observed(client)
    with suppress(ConnectionResetError), OPENED["image"](client) as evidence:
        assert b"".join(evidence.chunks) == FILES["image"]
        assert reports == []
        if failure:
            raise failure
    assert [each[:2] for each in reports] == [("image", "other" if failure else "ok")]


def test_instrumentation_open_circuit_is_reported_as_circuit_open() -> None:
    client = gateway_at("http://127.0.0.1:1")
    reports = observed(client)
    for _ in range(8):
        with pytest.raises(GatewayError):
            CALLS["delete"](client)
    client.close()
    outcomes = [outcome for _, outcome, _ in reports]
    assert outcomes[0] == "unavailable"
    assert outcomes[-1] == "circuit_open"
