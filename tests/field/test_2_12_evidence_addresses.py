"""Addresses of evidence that are relative, or that a proxy has rewritten."""

import pytest

from tests.support.evidence_gateway import (
    FILES,
    ID,
    PATHS,
    Answer,
    running_evidence_gateway,
    wrapped,
)

OTHER_ID = "0b6f9f0a-1111-4222-8333-444455556666"
KINDS = ("image", "recording", "pdf", "zip")
OTHERS = (
    "https://evil.example/files/7", "//evil.example/files/7", "http://gateway.internal:8080/files/7",
    "https://user@127.0.0.1/files/7", "file:///files/7", "javascript:alert(1)", "data:,x", "", " ",
    "http://[::1", "\\\\evil.example\\files", "/files/with space", "/files/ñ",
)  # fmt: skip


def serving(path: str, kind: str):
    """Answer at one path only."""
    return lambda asked, accept: wrapped(kind) if asked == path else Answer(404)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", ["/files/7?sig=a%2Fb", "files/7?sig=a%2Fb", " ./files/7?sig=a%2Fb"])
def test_evidence_relative_address_is_resolved(kind: str, url: str) -> None:
    path = "/files/7?sig=a%2Fb"
    with running_evidence_gateway(serving(path, kind)) as gateway:
        found = gateway.read(kind, url)
    assert (found["error"], found["bytes"]) == (None, FILES[kind])
    assert {asked for asked, _ in gateway.requests} == {path}


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_relative_address_below_a_path_prefix_is_resolved(kind: str) -> None:
    for url, path in (("files/7", "/gw/files/7"), ("/gw/files/7", "/gw/files/7")):
        with running_evidence_gateway(serving(path, kind)) as gateway:
            assert gateway.read(kind, url, base="/gw")["bytes"] == FILES[kind]
        assert gateway.requests[0][0] == path


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_address_without_scheme_on_own_host_is_resolved(kind: str) -> None:
    with running_evidence_gateway(serving("/files/7", kind)) as gateway:
        url = gateway.url.removeprefix("http:") + "/files/7"
        assert gateway.read(kind, url)["bytes"] == FILES[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", OTHERS)
def test_evidence_address_elsewhere_uses_documented_path(kind: str, url: str) -> None:
    with running_evidence_gateway(serving(PATHS[kind], kind)) as gateway:
        found = gateway.read(kind, url)
    assert (found["error"], found["bytes"]) == (None, FILES[kind])
    assert {asked for asked, _ in gateway.requests} == {PATHS[kind]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_evidence_address_that_fails_is_followed_by_documented_path(kind: str, status: int) -> None:
    def answers(path: str, accept: str) -> Answer:
        return wrapped(kind) if path == PATHS[kind] else Answer(status)

    with running_evidence_gateway(answers) as gateway:
        found = gateway.read(kind, "image/7")
    assert (found["error"], found["bytes"]) == (None, FILES[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", [f"/files/{OTHER_ID}", f"files/{OTHER_ID.upper()}/x"])
def test_evidence_address_of_another_process_is_not_requested(kind: str, url: str) -> None:
    with running_evidence_gateway(serving(PATHS[kind], kind)) as gateway:
        assert gateway.read(kind, url)["bytes"] == FILES[kind]
        assert {asked for asked, _ in gateway.requests} == {PATHS[kind]}
        gateway.requests.clear()
        own = f"files/{ID}/{OTHER_ID}"
        assert gateway.read(kind, own)["bytes"] == FILES[kind]
        assert gateway.requests[0][0].endswith(f"/{own}")
