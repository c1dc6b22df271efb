"""pdfChecksum: match, mismatch only after a match with the algorithm, else unknown."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.support.evidence_gateway import (
    FILES,
    ID,
    PATHS,
    Answer,
    running_evidence_gateway,
    wrapped,
)
from tests.unit.web.api.conftest import Api, key_of
from tests.unit.web.api.evidence_onboarding import Evidence, add_onboarding, alarms, views
from webapp.journey import report_checksum

PDF = FILES["pdf"]
LARGE = b"%PDF-1.7\n".ljust(report_checksum.MAX_HELD_BYTES + 1, b"x")
Digest = Callable[[bytes], str]


def hexadecimal(algorithm: str) -> Digest:
    return lambda content: hashlib.new(algorithm, content).hexdigest()


def in_base64(algorithm: str) -> Digest:
    return lambda content: base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


NOTATIONS = {
    f"{algorithm} {made.__name__}": made(algorithm)
    for algorithm in ("md5", "sha1", "sha256", "sha512")
    for made in (hexadecimal, in_base64)
}


@pytest.fixture
def evidence() -> Evidence:
    return Evidence()


@pytest.fixture
def gateway_url(evidence: Evidence) -> Iterator[str]:
    with running_evidence_gateway(evidence) as gateway:
        yield gateway.url


@pytest.fixture
def api(app: Flask) -> Api:
    add_onboarding(app)
    return Api(app, key_of("evidence"))


def outcome(api: Api) -> tuple[int, str | None]:
    """Read the report; return the status, and the comparison or the code of the problem."""
    answer = api.get(f"/onboardings/{ID}/pdf", buffered=True)
    if answer.status_code != 200:
        return answer.status_code, answer.get_json()["code"]
    assert answer.data == PDF
    return 200, answer.headers["Pdf-Checksum"]


@pytest.mark.parametrize("name", NOTATIONS)
def test_checksum_that_matches_is_reported_and_recorded(
    api: Api, evidence: Evidence, name: str
) -> None:
    evidence.data["pdfChecksum"] = NOTATIONS[name](PDF)
    assert outcome(api) == (200, "match")
    (view,) = views(api.app)
    assert (view.checksum, view.is_complete) == ("match", True)


@pytest.mark.parametrize("stated", [None, "", "no checksum", "0" * 63, 7, ["a"], "0" * 96])
def test_checksum_that_is_none_is_unknown(api: Api, evidence: Evidence, stated: object) -> None:
    evidence.data["pdfChecksum"] = stated
    assert outcome(api) == (200, "unknown")


def test_difference_is_a_mismatch_only_after_a_match_with_the_algorithm(
    api: Api, evidence: Evidence
) -> None:
    of_another = hashlib.sha256(b"another report").hexdigest()
    evidence.data["pdfChecksum"] = of_another
    assert outcome(api) == (200, "unknown"), "what the checksum is about is not documented"
    evidence.data["pdfChecksum"] = hashlib.md5(PDF).hexdigest()
    assert outcome(api) == (200, "match")
    evidence.data["pdfChecksum"] = of_another
    assert outcome(api) == (200, "unknown"), "another algorithm has matched"
    assert alarms(api.app) == {}
    evidence.data["pdfChecksum"] = hashlib.sha256(PDF).hexdigest()
    assert outcome(api) == (200, "match")
    evidence.data["pdfChecksum"] = of_another
    assert outcome(api) == (502, "pdf_checksum_differs")
    assert alarms(api.app) == {"pdf_checksum_differs": ID}
    refused = views(api.app)[-1]
    assert (refused.checksum, refused.size, refused.is_complete) == ("mismatch", 0, False)
    evidence.data["pdfChecksum"] = hashlib.sha256(PDF).hexdigest()
    assert outcome(api) == (200, "match")
    assert alarms(api.app) == {}, "the same report matches again"


def test_match_of_another_account_does_not_count(api: Api, evidence: Evidence) -> None:
    with api.app.extensions["wired"].database.writing() as work:
        work.checksum_matches.add("another account", "sha256", views_time(api))
    evidence.data["pdfChecksum"] = "0" * 64
    assert outcome(api) == (200, "unknown")


def test_nothing_of_a_report_that_differs_is_sent(api: Api, evidence: Evidence) -> None:
    evidence.data["pdfChecksum"] = hashlib.sha256(PDF).hexdigest()
    outcome(api)
    evidence.answers[PATHS["pdf"]] = wrapped("pdf", PDF + b"<manipulated>")
    answer = api.get(f"/onboardings/{ID}/pdf", buffered=True)
    assert answer.status_code == 502
    assert b"PDF" not in answer.data


@pytest.mark.parametrize("form", ["raw", "wrapped"])
def test_report_above_the_limit_is_streamed_without_comparison(
    api: Api, evidence: Evidence, form: str
) -> None:
    evidence.answers[PATHS["pdf"]] = Answer(200, LARGE) if form == "raw" else wrapped("pdf", LARGE)
    evidence.data["pdfChecksum"] = hashlib.sha256(LARGE).hexdigest()
    answer = api.get(f"/onboardings/{ID}/pdf", buffered=True)
    assert (answer.status_code, answer.headers["Pdf-Checksum"]) == (200, "unknown")
    assert answer.data == LARGE


def test_reports_in_memory_are_limited_together(
    api: Api, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_checksum, "_WAIT_SECONDS", 0.05)
    evidence.data["pdfChecksum"] = hashlib.sha256(PDF).hexdigest()
    path = f"/onboardings/{ID}/pdf"
    held = [api.get(path, buffered=False) for _ in range(report_checksum.HELD_REPORTS)]
    assert outcome(api) == (503, "evidence_busy")
    del evidence.data["pdfChecksum"]
    assert outcome(api) == (200, "unknown"), "without a checksum nothing is held"
    for each in held:
        each.close()
    assert outcome(api)[0] == 200


def test_report_waits_for_memory_that_is_freed(api: Api, evidence: Evidence) -> None:
    evidence.data["pdfChecksum"] = hashlib.sha256(PDF).hexdigest()
    path = f"/onboardings/{ID}/pdf"
    held = [api.get(path, buffered=False) for _ in range(report_checksum.HELD_REPORTS)]
    timer = threading.Timer(0.2, held[0].close)
    timer.start()
    assert outcome(api) == (200, "match")
    timer.join()
    held[1].close()


def test_report_that_breaks_off_before_the_comparison_is_503(api: Api, evidence: Evidence) -> None:
    evidence.data["pdfChecksum"] = hashlib.sha256(PDF).hexdigest()
    whole = wrapped("pdf", PDF * 2000)
    evidence.answers[PATHS["pdf"]] = Answer(200, whole.body[:-30], whole.content_type)
    assert outcome(api) == (503, "gateway_unavailable")
    assert views(api.app) == []


def views_time(api: Api):
    return api.app.extensions["steps"].clock()
