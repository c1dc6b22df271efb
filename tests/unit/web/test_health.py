"""Liveness, readiness and metrics routes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.unit.web.conftest import MakeApp
from tests.unit.web.fakes import steps_of
from webapp import proxy_check

TOKEN = "an-operations-token-for-these-tests"


def test_healthz_with_a_problem_is_200(make_app: MakeApp) -> None:
    app = make_app()
    steps_of(app).problems = ["the database is away"]
    assert app.test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize(("problems", "status"), [([], 200), (["the database is away"], 503)])
def test_readyz_shows_problems_only_with_the_operations_token(
    make_app: MakeApp, problems: list[str], status: int
) -> None:
    app = make_app(OPERATIONS_TOKEN=TOKEN)
    steps_of(app).problems = problems
    without_token = app.test_client().get("/readyz")
    wrong = app.test_client().get("/readyz", headers={"Authorization": "Bearer guess"})
    known = app.test_client().get("/readyz", headers={"Authorization": f"Bearer {TOKEN}"})
    assert [without_token.status_code, wrong.status_code, known.status_code] == [status] * 3
    assert (without_token.data, wrong.data) == (b"", b"")
    assert known.get_json() == {
        "ready": not problems,
        "problems": problems,
        "degraded": [],
    }


@pytest.mark.parametrize("guess", ["", "Bearer ", "Bearer None"])
def test_readyz_without_a_configured_token_shows_no_problems(make_app: MakeApp, guess: str) -> None:
    answer = make_app().test_client().get("/readyz", headers={"Authorization": guess})
    assert answer.data == b""


def test_metrics_require_the_operations_token(make_app: MakeApp) -> None:
    client = make_app(OPERATIONS_TOKEN=TOKEN).test_client()
    for wrong in ({}, {"Authorization": "Bearer guess"}, {"Authorization": f"Basic {TOKEN}"}):
        answer = client.get("/metrics", headers=wrong)
        assert (answer.status_code, answer.data) == (401, b"")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    metrics = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert metrics.status_code == 200
    assert metrics.content_type.startswith("text/plain; version=0.0.4")
    assert "mobbscan_embed_http_requests_total" in metrics.text
    assert metrics.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("guess", ["", "Bearer ", "Bearer None"])
def test_metrics_without_a_configured_token_are_404(make_app: MakeApp, guess: str) -> None:
    answer = make_app().test_client().get("/metrics", headers={"Authorization": guess})
    assert (answer.status_code, answer.data) == (404, b"")


def test_healthz_answers_the_number_of_proxies_to_a_signed_question_only(
    make_app: MakeApp,
) -> None:
    app = make_app(SECRET_KEY="a key of thirty-two characters or more")
    signed = proxy_check.question("a key of thirty-two characters or more")
    forwarded = {"X-Forwarded-For": "192.0.2.1, 10.0.0.1"}

    def answer(question: str, **more: str) -> str | None:
        headers = {proxy_check.QUESTION_HEADER: question, **forwarded, **more}
        return (
            app.test_client()
            .get("/healthz", headers=headers)
            .headers.get(proxy_check.ANSWER_HEADER)
        )

    assert answer(signed) == "2"
    assert answer(signed, **{"X-Forwarded-For": ""}) == "0"
    assert answer("proxies") is None
    assert answer(proxy_check.question("another key of thirty-two characters")) is None
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        assert answer(signed) is None
