"""Tests of finding misspelt variables of settings, and of the settings in use."""

import logging

import pytest

from webapp.config import current
from webapp.config.environment import misspelt_variables
from webapp.config.setting_fields import SETTINGS
from webapp.config.settings import SettingsError


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("MOBBSCAN_API_SECRT", "MOBBSCAN_API_SECRET"),
        ("MOBBSCAN_API_KEYS", "MOBBSCAN_API_KEY"),
        ("MOBBSCAN_PUBLIC_URL", "PUBLIC_URL"),
        ("MOBBSCAN_GATEWAY_URI", "MOBBSCAN_GATEWAY_URL"),
        ("MOBBSCAN_API_SECRET_FIEL", "MOBBSCAN_API_SECRET_FILE"),
        ("OIDC_ISSUR", "OIDC_ISSUER"),
        ("WEB_CONCURENCY", "WEB_CONCURRENCY"),
        ("LOG_LEVL_FILE", "LOG_LEVEL_FILE"),
    ],
)
def test_misspelt_variables_close_name_suggests_the_setting(variable, meant):
    (sentence,) = misspelt_variables(SETTINGS, {variable: "hunter2"})
    assert sentence == f"{variable} is not a setting; did you mean {meant}?"


def test_misspelt_variables_settings_and_names_of_others_returns_none():
    known = dict.fromkeys(SETTINGS, "x") | {f"{name}_FILE": "x" for name in SETTINGS}
    others = dict.fromkeys(("PATH", "WEB_ROOT", "LOG_FORMAT", "OIDC_AUDIENCE", "SECRET_KEYS"), "x")
    assert misspelt_variables(SETTINGS, known | others) == []


@pytest.fixture
def process_environ(environ, monkeypatch):
    monkeypatch.setattr(current, "_current", [])
    for name, text in environ.items():
        monkeypatch.setenv(name, text)


def test_log_misspelt_settings_logs_one_warning(process_environ, monkeypatch, caplog):
    current.log_misspelt_settings()
    assert caplog.records == []
    monkeypatch.setenv("LOG_LEVL", "hunter2")
    monkeypatch.setenv("OIDC_ISSUR", "hunter2")
    current.log_misspelt_settings()
    (record,) = caplog.records
    assert (record.levelno, record.message) == (logging.WARNING, "misspelt_settings_found")
    assert len(record.problems) == 2


def test_reload_settings_with_problems_keeps_the_current_ones(process_environ, monkeypatch, caplog):
    before = current.reload_settings()
    monkeypatch.setenv("PUBLIC_URL", "hunter2")
    assert current.reload_settings() is current.current_settings() is before
    (record,) = caplog.records
    assert record.message == "config_reload_rejected"
    assert "hunter2" not in str(record.problems)
    monkeypatch.setenv("PUBLIC_URL", "https://new.example")
    assert current.reload_settings().public_url == "https://new.example"


def test_reload_settings_with_problems_at_start_raises(process_environ, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "hunter2")
    with pytest.raises(SettingsError):
        current.reload_settings()
