"""Tests of the check before a reload, against a PostgreSQL address where nothing listens."""

import pytest

from tests.unit.cli.installation import ANOTHER_KEY, Installation
from webapp.config.settings import Settings
from webapp.server.preflight import problems_of_settings

AWAY = "postgresql://ada@127.0.0.1:1/onboardings"


@pytest.fixture
def in_use(tmp_path, monkeypatch) -> Settings:
    installed = Installation(tmp_path, "http://127.0.0.1:1", DATABASE_URL=AWAY)
    for name, value in installed.environ.items():
        monkeypatch.setenv(name, value)
    return installed.settings


def test_problems_of_settings_unreachable_database_in_use_is_no_problem(in_use, monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    assert problems_of_settings(in_use) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_KEYS", ANOTHER_KEY),
        ("SECRET_KEY", "another one for tests: thirty-two characters and more"),
        ("DATABASE_URL", AWAY.replace("ada", "ben")),
    ],
)
def test_problems_of_settings_unreachable_database_with_other_keys_is_a_problem(
    in_use, monkeypatch, name, value
):
    monkeypatch.setenv(name, value)
    (problem,) = problems_of_settings(in_use)
    assert "DATABASE_URL" in problem


def test_problems_of_settings_unreachable_database_of_a_new_process_is_a_problem(in_use):
    (problem,) = problems_of_settings()
    assert "DATABASE_URL" in problem
