"""What operations ask."""

from __future__ import annotations

import pytest

from tests.unit.web.conftest import Make
from tests.unit.web.fakes import steps_of

TOKEN = "a-token-of-those-who-run-the-server-for-these-tests"


def test_alive_asks_nobody(make: Make) -> None:
    app = make()
    steps_of(app).problems = ["the database is away"]
    assert app.test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize(("problems", "status"), [([], 200), (["the database is away"], 503)])
def test_ready_tells_the_world_a_code_and_operations_the_reason(
    make: Make, problems: list[str], status: int
) -> None:
    app = make(OPERATIONS_TOKEN=TOKEN)
    steps_of(app).problems = problems
    world = app.test_client().get("/readyz")
    wrong = app.test_client().get("/readyz", headers={"Authorization": "Bearer guess"})
    known = app.test_client().get("/readyz", headers={"Authorization": f"Bearer {TOKEN}"})
    assert [world.status_code, wrong.status_code, known.status_code] == [status] * 3
    assert (world.data, wrong.data) == (b"", b"")
    assert known.get_json() == {
        "ready": not problems,
        "problems": problems,
        "degraded": [],
    }


@pytest.mark.parametrize("guess", ["", "Bearer ", "Bearer None"])
def test_without_a_token_nobody_is_operations(make: Make, guess: str) -> None:
    answer = make().test_client().get("/readyz", headers={"Authorization": guess})
    assert answer.data == b""


def test_metrics_are_told_to_operations_alone(make: Make) -> None:
    client = make(OPERATIONS_TOKEN=TOKEN).test_client()
    for wrong in ({}, {"Authorization": "Bearer guess"}, {"Authorization": f"Basic {TOKEN}"}):
        answer = client.get("/metrics", headers=wrong)
        assert (answer.status_code, answer.data) == (401, b"")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    told = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert told.status_code == 200
    assert told.content_type.startswith("text/plain; version=0.0.4")
    assert "mobbscan_embed_http_requests_total" in told.text
    assert told.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("guess", ["", "Bearer ", "Bearer None"])
def test_without_a_token_there_are_no_metrics(make: Make, guess: str) -> None:
    answer = make().test_client().get("/metrics", headers={"Authorization": guess})
    assert (answer.status_code, answer.data) == (404, b"")
