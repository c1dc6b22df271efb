"""Parts of files: handed on only where the gateway answers a right 206."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.support.evidence_gateway import (
    ID,
    PATHS,
    Answer,
    EvidenceGateway,
    running_evidence_gateway,
    wrapped,
)
from tests.unit.web.api.conftest import Api, key_of
from tests.unit.web.api.evidence_onboarding import ADDRESSES, add_onboarding, views
from webapp.basics.byte_range import parse_range

CONTENT = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 40
TOTAL = len(CONTENT)
Serve = Callable[[str | None], Answer]


def partial(header: str | None, **headers: str) -> Answer:
    """Answer as a server with ranges does."""
    requested = parse_range(header) if header else None
    part = requested.within(TOTAL) if requested else None
    if part is None:
        return Answer(200, CONTENT, headers=headers)
    return Answer(
        206, CONTENT[part.first : part.last + 1], headers={"Content-Range": str(part), **headers}
    )


class Served:
    """How the gateway answers a request for the recording, by its `Range`."""

    def __init__(self) -> None:
        self.serve: Serve = partial
        self.gateway: EvidenceGateway | None = None

    def __call__(self, path: str, _accept: str) -> Answer:
        assert self.gateway
        return self.serve(self.gateway.ranges[-1]) if path == PATHS["recording"] else Answer(404)


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.fixture
def gateway_url(served: Served) -> Iterator[str]:
    with running_evidence_gateway(served) as gateway:
        served.gateway = gateway
        yield gateway.url


@pytest.fixture
def api(app: Flask) -> Api:
    add_onboarding(app)
    return Api(app, key_of("evidence"))


def get(api: Api, range_: str | None, method: str = "GET", **headers: str) -> Any:
    sent = {"Range": range_, **headers} if range_ else headers
    path = f"/onboardings/{ID}/{ADDRESSES['recording']}"
    return api.call(method, path, headers=sent, buffered=True)


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-", 0, TOTAL - 1),
        ("bytes=0-1", 0, 1),
        ("bytes=5000-5999", 5000, 5999),
        ("bytes=5000-", 5000, TOTAL - 1),
        ("bytes=-100", TOTAL - 100, TOTAL - 1),
        (f"bytes=0-{TOTAL * 2}", 0, TOTAL - 1),
    ],
)
def test_part_is_handed_on_with_the_type_of_the_file(
    api: Api, header: str, first: int, last: int
) -> None:
    answer = get(api, header)
    assert (answer.status_code, answer.data) == (206, CONTENT[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{TOTAL}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"
    (view,) = views(api.app)
    assert (view.part, view.size) == (answer.headers["Content-Range"], last - first + 1)
    assert view.is_complete


def wrong(**changed: Any) -> Serve:
    """Answer parts after the first kilobyte as a faulty server does."""

    def serve(header: str | None) -> Answer:
        answer = partial(header)
        if answer.status != 206 or header == "bytes=0-1023":
            return answer
        headers = {**answer.headers, **changed.get("headers", {})}
        body = changed.get("body", answer.body)
        return Answer(changed.get("status", 206), body, headers=headers)

    return serve


FAULTS: dict[str, Serve] = {
    "ignores ranges": lambda _header: partial(None),
    "wraps in JSON": lambda _header: wrapped("recording", CONTENT),
    "other part": wrong(headers={"Content-Range": f"bytes 6000-6999/{TOTAL}"}),
    "other total": wrong(headers={"Content-Range": f"bytes 5000-5999/{TOTAL + 1}"}),
    "unknown total": wrong(headers={"Content-Range": "bytes 5000-5999/*"}),
    "unparsable": wrong(headers={"Content-Range": "5000"}),
    "shorter": wrong(body=b"short"),
    "longer": wrong(body=CONTENT),
    "whole as 200": wrong(status=200, body=CONTENT),
    "416": wrong(status=416),
    "500": wrong(status=500),
    "compressed": wrong(headers={"Content-Encoding": "gzip"}),
    "another version": lambda header: partial(
        header, ETag='"new"' if header and "5000" in header else '"old"'
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_wrong_part_is_never_handed_on(api: Api, served: Served, name: str) -> None:
    served.serve = FAULTS[name]
    answer = get(api, "bytes=5000-5999")
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Accept-Ranges"] == "none"
    assert "Content-Range" not in answer.headers


def test_part_that_was_not_requested_is_no_file(api: Api, served: Served) -> None:
    served.serve = lambda _header: partial("bytes=0-5000")
    answer = get(api, None)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "gateway_unavailable")


@pytest.mark.parametrize(
    "header", ["bytes=0-1,5-6", "bytes=9-5", "items=0-1", "bytes=x", f"bytes={TOTAL}-"]
)
def test_range_that_cannot_be_served_is_ignored(api: Api, header: str) -> None:
    answer = get(api, header)
    assert (answer.status_code, answer.data) == (200, CONTENT)


def test_range_with_a_validator_is_ignored(api: Api, served: Served) -> None:
    """Answers have none, so it cannot be of this version of the file."""
    answer = get(api, "bytes=5-9", **{"If-Range": '"a"'})
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert served.gateway
    assert set(served.gateway.ranges) == {None}


def test_range_of_head_is_ignored(api: Api) -> None:
    answer = get(api, "bytes=5-9", "HEAD")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(TOTAL))
