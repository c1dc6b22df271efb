"""Nothing that was sent or received appears in a message, a repr, a log or a pickle."""

import logging
import pickle
import traceback

import httpx
import pytest

from tests.support.memory_token_cache import MemoryTokenCache
from tests.unit.gateway.doubles import (
    API_KEY,
    API_SECRET,
    BASE,
    BENS_PROCESS,
    CALLS,
    Handler,
    adas_request,
    created_response,
    gateway,
    jwt,
    options,
    process_response,
    token,
)
from webapp.gateway import (
    CreatedProcess,
    Gateway,
    GatewayError,
    Notice,
    Unavailable,
)

TOKEN = jwt(sub="token-marker-55d1")
HOSTED_MARKER = "hosted-marker-20ee"
PERSON_MARKER = "ADA-MARKER-8841"
MARKERS = (API_KEY, API_SECRET, TOKEN, TOKEN.split(".")[1], HOSTED_MARKER, PERSON_MARKER)

FAULTS: dict[str, Handler] = {
    **{
        str(status): lambda _, status=status: httpx.Response(status, text=PERSON_MARKER)
        for status in (400, 401, 403, 409, 503)
    },
    "redirect": lambda _: httpx.Response(302, headers={"location": f"/{HOSTED_MARKER}"}),
    "web page": lambda _: httpx.Response(200, html=PERSON_MARKER),
    "broken JSON": lambda _: httpx.Response(200, content=f'{{"a": "{PERSON_MARKER}'),
    "broken evidence": lambda _: httpx.Response(200, content=f'{{"image": "{PERSON_MARKER}!"}}'),
    "another process": lambda _: httpx.Response(200, json=process_response(scanId=BENS_PROCESS)),
    "foreign address": lambda _: httpx.Response(
        200, json=created_response(url=f"https://evil.test/{HOSTED_MARKER}")
    ),
    "bad token": lambda _: httpx.Response(200, json={"accessToken": f"{PERSON_MARKER} \n"}),
}


def failures(client: Gateway) -> list[GatewayError]:
    found = []
    for call in CALLS.values():
        try:
            call(client)
        except GatewayError as error:
            found.append(error)
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_gateway_error_contains_nothing_that_was_sent_or_received(
    fault: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    # The server silences httpx, which logs URLs.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    errors = failures(gateway(FAULTS[fault], held=TOKEN))
    assert errors
    for error in errors:
        texts = [str(error), repr(error), *traceback.format_exception(error)]
        texts.append(pickle.dumps(error).decode("latin-1"))
        assert not [m for m in MARKERS if any(m in text for text in texts)]
    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert not [marker for marker in MARKERS if marker in logged]


def test_gateway_error_pickle_keeps_fields_without_body() -> None:
    [error] = [e for e in failures(gateway(FAULTS["503"], held=TOKEN)) if "delete" in str(e)]
    assert error.body == PERSON_MARKER.encode()
    travelled = pickle.loads(pickle.dumps(error))
    assert type(travelled) is type(error)
    assert str(travelled) == str(error)
    assert isinstance(travelled, Unavailable)
    assert (travelled.status, travelled.maybe_sent) == (503, True)
    assert travelled.body == b""


def test_gateway_error_keeps_at_most_two_kilobytes_of_body() -> None:
    client = gateway(lambda request: httpx.Response(400, content=b"x" * 100_000))
    assert {len(error.body) for error in failures(client)} == {2048}


@pytest.mark.parametrize(
    "thing",
    [
        options(),
        Gateway(options(), MemoryTokenCache()),
        token(TOKEN),
        CreatedProcess("id", TOKEN, f"{BASE}/{HOSTED_MARKER}"),
        adas_request(redirect_url=f"https://e.test/{HOSTED_MARKER}", extra_data={"a": API_KEY}),
        Notice("id", "VERIFIED", PERSON_MARKER.encode()),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_repr_contains_no_secret(thing: object) -> None:
    text = repr(thing) + str(thing)
    assert not [marker for marker in MARKERS if marker in text]
