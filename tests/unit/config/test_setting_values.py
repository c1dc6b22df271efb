"""Each setting with values that are good and values that are not."""

import json
import re
from datetime import timedelta
from pathlib import Path

import certifi
import pytest
from joserfc.jwk import ECKey

from tests.unit.config.samples import DATA_KEY, PRIVATE_KEY, only_problem
from webapp.config import values
from webapp.config.settings import Settings
from webapp.config.table import SETTINGS
from webapp.gateway.options import GatewayOptions

GOOD = {
    "MOBBSCAN_GATEWAY_URL": [
        ("https://gateway.example/base/", "https://gateway.example/base"),
        ("https://Gateway.example:443", "https://gateway.example"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("http://[::1]:8001/", "http://[::1]:8001"),
        ("http://localhost:8001", "http://localhost:8001"),
    ],
    "MOBBSCAN_API_KEY": [("k", "k")],
    "MOBBSCAN_API_SECRET": [("s3cr3t!", "s3cr3t!")],
    "MOBBSCAN_WEBHOOK_HEADERS": [
        ('{"X-A": "1", "X-B": "2"}', ({"X-A": "1", "X-B": "2"},)),
        ('[{"X-A": "new"}, {"X-A": "old"}]', ({"X-A": "new"}, {"X-A": "old"})),
    ],
    "MOBBSCAN_CREATE_PATH": [("/onboarding/token", "/onboarding/token")],
    "MOBBSCAN_DELETE_METHOD": [("delete", "DELETE"), ("GET", "GET")],
    "MOBBSCAN_DECISION_TYPE": [("MANUAL", "MANUAL")],
    "MOBBSCAN_HOSTED_ORIGINS": [
        ("[]", ("https://gateway.example",)),
        (
            '["https://pages.example/", "https://gateway.example"]',
            ("https://gateway.example", "https://pages.example"),
        ),
    ],
    "PUBLIC_URL": [
        ("https://Shop.example/verify/", "https://shop.example/verify"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
    "CONSOLE_URL": [("https://console.example", "https://console.example")],
    "INSTANCE_DIR": [("here", Path("here").absolute())],
    "RECONCILE_AFTER": [
        ("30s, 2m,1h,1d", tuple(timedelta(seconds=s) for s in (30, 120, 3600, 86400)))
    ],
    "SECRET_KEY": [("x" * 32, "x" * 32)],
    "SECRET_KEY_FALLBACKS": [("[]", ()), (json.dumps(["y" * 32, "z" * 40]), ("y" * 32, "z" * 40))],
    "DATA_KEYS": [
        (json.dumps([DATA_KEY]), (DATA_KEY,)),
        (json.dumps([DATA_KEY.rstrip("=")]), (DATA_KEY,)),
    ],
    "RESULT_KEYS": [(json.dumps([PRIVATE_KEY]), (PRIVATE_KEY,)), ("[]", ())],
    "DATABASE_URL": [
        ("sqlite:////srv/a.sqlite3", "sqlite:////srv/a.sqlite3"),
        ("postgresql://me:pw@db/embed", "postgresql+psycopg://me:pw@db/embed"),
        ("postgres://db/embed", "postgresql+psycopg://db/embed"),
        ("postgresql+psycopg:///embed?host=/run", "postgresql+psycopg:///embed?host=%2Frun"),
        (
            "postgresql://db/embed?sslmode=verify-full&connect_timeout=3",
            "postgresql+psycopg://db/embed?connect_timeout=3&sslmode=verify-full",
        ),
    ],
    "OPERATOR_ACR_VALUES": [("mfa  phr", ("mfa", "phr"))],
    "OPERATOR_ROLES_CLAIM": [("https://id.example/roles", "https://id.example/roles")],
    "TRUSTED_PROXY_HOPS": [("2", 2)],
    "OPERATIONS_TOKEN": [("t" * 16, "t" * 16)],
    "WEB_CONCURRENCY": [("16", 16)],
    "LOG_LEVEL": [("debug", "DEBUG")],
}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [(name, text, value) for name, cases in GOOD.items() for text, value in cases],
)
def test_a_good_value_is_kept_in_its_final_form(environ, name, text, value):
    settings = Settings.from_environment(environ | {name: text})
    field = name.removeprefix("MOBBSCAN_").lower()
    assert getattr(settings, field) == value


NO_ADDRESS = [
    "gateway.example",
    "ftp://gateway.example",
    "http://gateway.example",
    "http://127.0.0.1.example",
    "http://shop.localhost",
    "https://",
    "https://user:hunter2@gateway.example",
    "https://gateway.example?a=hunter2",
    "https://gateway.example/?",
    "https://gateway.example#hunter2",
    "https://gateway.example/a//b",
    "https://gateway.example/a/../b",
    "https://gateway.example/a%2fb",
    "https://gateway.example:hunter2",
    "https://gateway.example:99999",
    "https://gateway.example:0",
    "https://gateway.example\\@evil.example",
    "https://gate way.example",
    "https://gäteway.example",
    "https://-.example",
    "https://[::1",
]
NEVER_ARRIVE = [
    *("X_Notice_Key", "Host", "host", "Forwarded", "X-Forwarded-For", "x-forwarded-anything"),
    *("Transfer-Encoding", "Content-Length", "Connection", "Keep-Alive", "TE", "Upgrade"),
    *("Proxy-Authorization", "Expect", "X-Real-IP"),
]
BAD = {
    "MOBBSCAN_GATEWAY_URL": NO_ADDRESS,
    "PUBLIC_URL": NO_ADDRESS,
    "CONSOLE_URL": NO_ADDRESS,
    "OIDC_ISSUER": NO_ADDRESS,
    "OPERATOR_OIDC_ISSUER": NO_ADDRESS,
    "MOBBSCAN_API_KEY": ["hunter 2", "hünter2", "hunter\n2"],
    "MOBBSCAN_API_SECRET": ["hunter 2", "hünter2"],
    "MOBBSCAN_WEBHOOK_HEADERS": [
        "{}",
        "[]",
        "[{}]",
        '[{"X-A": "hunter2"}, {}]',
        "hunter2",
        '"hunter2"',
        '["hunter2"]',
        '{"X-A": 2}',
        '{"X-A": ""}',
        '{"X-A": " hunter2"}',
        '{"X-A": "hunter\\n2"}',
        '{"X A": "hunter2"}',
        '{"": "hunter2"}',
        '{"X-A": "hunter2", "x-a": "hunter3"}',
        *(f'{{"X-A": "hunter2", "{name}": "hunter2"}}' for name in NEVER_ARRIVE),
    ],
    "MOBBSCAN_CREATE_PATH": ["onboarding", "/", "//evil.example", "/a?b", "/a b"],
    "MOBBSCAN_DELETE_METHOD": ["REMOVE", "POST"],
    "MOBBSCAN_DECISION_TYPE": ["A B"],
    "MOBBSCAN_HOSTED_ORIGINS": [
        "https://pages.example",
        '{"a": 1}',
        "[1]",
        '["https://pages.example/path"]',
        '["http://pages.example"]',
        '["*"]',
    ],
    "INSTANCE_DIR": [__file__],
    "RECONCILE_AFTER": ["1", "1m,", "1w", "0s", "-1m", "5m,1m", "1m,1m", "60s,1m"],
    "SECRET_KEY": ["hunter2", "h" * 31],
    "SECRET_KEY_FALLBACKS": ["hunter2", '["hunter2"]', '"hunter2"'],
    "DATA_KEYS": [
        "[]",
        "hunter2",
        '["hunter2"]',
        json.dumps([DATA_KEY, "aHVudGVyMg=="]),
        json.dumps([DATA_KEY + "AAAA"]),
        '["ä"]',
    ],
    "RESULT_KEYS": [
        "hunter2",
        "{}",
        '["hunter2"]',
        "[{}]",
        '[{"kty": "oct", "k": "hunter2"}]',
        json.dumps([{k: v for k, v in PRIVATE_KEY.items() if k != "d"}]),
        json.dumps([PRIVATE_KEY | {"x": 5}]),
        json.dumps([ECKey.generate_key("P-384", private=True).as_dict(private=True)]),
    ],
    "DATABASE_URL": [
        "hunter2",
        "mysql://me:hunter2@db/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////srv/a.sqlite3?timeout=hunter2",
        "postgresql://me@db/embed?port=hunter2",
        "postgresql://me@db/embed?connect_timeout=hunter2",
        "postgresql://me@db/embed?sslmode=require&x=hunter2",
        "postgresql://me@db/embed?prepare_threshold=5",
    ],
    "OPERATOR_ROLES_CLAIM": ["two words"],
    "SITES_FILE": ["/nowhere/sites.toml", "/"],
    "TRUSTED_PROXY_HOPS": ["-1", "one", "1.5", "100"],
    "OPERATIONS_TOKEN": ["hunter2", "with spaces in the middle"],
    "WEB_CONCURRENCY": ["0", "-2", "1.5", "two", "1000"],
    "LOG_LEVEL": ["LOUD"],
    "OUTBOUND_CA_FILE": ["/nowhere/ca.pem", __file__],
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, cases in BAD.items() for text in cases]
)
def test_a_wrong_value_is_named_with_its_cure_and_never_shown(environ, name, text):
    problem = only_problem(environ | {name: text})
    assert re.fullmatch(rf"{name} .+: (set it|leave it unset).+\.", problem)
    assert "hunter" not in problem


def test_every_setting_has_been_tried_with_good_and_with_bad_values():
    pairs = {"OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"}
    free = pairs | {f"OPERATOR_{name}" for name in pairs} | {"OPERATOR_ACR_VALUES"}
    assert {s.name for s in SETTINGS} == BAD.keys() | free


@pytest.mark.parametrize("name", [s.name for s in SETTINGS if s.name in GOOD])
def test_every_setting_can_come_from_a_file(environ, tmp_path, name):
    text, value = GOOD[name][0]
    (tmp_path / "value").write_text(f"{text}\n")
    environ.pop(name, None)
    settings = Settings.from_environment(environ | {f"{name}_FILE": str(tmp_path / "value")})
    assert getattr(settings, name.removeprefix("MOBBSCAN_").lower()) == value


def test_certificates_to_trust_are_checked_when_settings_are_read(environ):
    settings = Settings.from_environment(environ | {"OUTBOUND_CA_FILE": certifi.where()})
    assert settings.outbound_ca_file == certifi.where()


def test_what_the_settings_let_through_the_gateway_client_takes():
    for method in ("DELETE", "GET"):
        assert values.delete_method(method) == method
        GatewayOptions("https://gateway.example", "k", "s", delete_method=method)


@pytest.mark.parametrize("name", NEVER_ARRIVE)
def test_a_header_that_never_arrives_is_refused_by_name(environ, name):
    problem = only_problem(environ | {"MOBBSCAN_WEBHOOK_HEADERS": json.dumps({name: "x"})})
    assert f"names the header {name}, which servers on the way" in problem
    assert "instead" in problem


def test_a_file_of_sites_that_is_a_folder_is_said_to_be_one(environ, tmp_path):
    problem = only_problem(environ | {"SITES_FILE": str(tmp_path)})
    assert problem.startswith("SITES_FILE names a folder, not a file: ")


def test_a_file_below_a_file_is_no_surprise(environ):
    problem = only_problem(environ | {"SITES_FILE": f"{environ['SITES_FILE']}/sites.toml"})
    assert problem.startswith("SITES_FILE names a file that cannot be read (Not a directory): ")


def test_an_option_that_the_database_does_not_know_is_said_and_the_one_that_is_meant(environ):
    problem = only_problem(environ | {"DATABASE_URL": "postgresql://db/embed?sslmod=hunter2"})
    assert problem.startswith("DATABASE_URL has an option that PostgreSQL does not know")
    assert "(perhaps sslmode is meant)" in problem
    assert "hunter2" not in problem


def test_a_password_that_breaks_the_address_is_not_repeated(environ):
    address = "postgresql://u:Zq7x@y?s3kr1t=9@host/db"
    problem = only_problem(environ | {"DATABASE_URL": address})
    assert "in a password, write ? as %3F" in problem
    assert not [part for part in ("Zq7x", "s3kr1t", "9@host") if part in problem]
