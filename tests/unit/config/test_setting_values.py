"""Tests of each setting with valid and invalid values."""

import json
import re
from datetime import timedelta
from pathlib import Path

import certifi
import pytest
from joserfc.jwk import ECKey

from tests.unit.config.samples import DATA_KEY, PRIVATE_KEY, only_problem
from webapp.config.setting_fields import SETTINGS
from webapp.config.settings import Settings
from webapp.gateway.options import GatewayOptions

WEB_CRYPTO_KEY = {**PRIVATE_KEY, "ext": True, "key_ops": ["sign"]}
OTHER_KEY = ECKey.generate_key("P-256", private=True).as_dict(private=True)
VALID = {
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
    "MOBBSCAN_TIME_ZONE": [("UTC", "UTC"), ("Europe/Madrid", "Europe/Madrid")],
    "FORWARD_UNKNOWN_NOTICES_TO": [
        ("http://127.0.0.1:8005/hook", "http://127.0.0.1:8005/hook"),
    ],
    "PUBLIC_URL": [
        ("https://Shop.example/verify/", "https://shop.example/verify"),
        ("https://shop.example/verify/embed", "https://shop.example/verify/embed"),
        ("https://shop.example/embedded", "https://shop.example/embedded"),
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
    "RESULT_KEYS": [
        (json.dumps([PRIVATE_KEY]), (PRIVATE_KEY,)),
        # Browsers' Web Crypto exports these members too.
        (json.dumps([WEB_CRYPTO_KEY]), (WEB_CRYPTO_KEY,)),
        (json.dumps([OTHER_KEY, PRIVATE_KEY]), (OTHER_KEY, PRIVATE_KEY)),
        ("[]", ()),
    ],
    "LIVE_MODE": [("true", True), ("false", False), ("True", True), ("FALSE", False)],
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
    "OIDC_TOKEN_AUTH_METHOD": [("client_secret_post", "client_secret_post")],
    "OPERATOR_OIDC_TOKEN_AUTH_METHOD": [("client_secret_basic_raw", "client_secret_basic_raw")],
    "OPERATOR_ACR_VALUES": [("mfa  phr", ("mfa", "phr"))],
    "OPERATOR_ROLES_CLAIM": [("https://id.example/roles", "https://id.example/roles")],
    "TRUSTED_PROXY_HOPS": [("2", 2)],
    "OUTBOUND_PROXY": [
        ("http://Proxy.example:3128/", "http://proxy.example:3128"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://me:p%40ss@proxy.example:3128", "http://me:p%40ss@proxy.example:3128"),
        ("http://me:@proxy.example:80", "http://me:@proxy.example:80"),
    ],
    "OPERATIONS_TOKEN": [("t" * 16, "t" * 16)],
    "WEB_CONCURRENCY": [("16", 16)],
    "LOG_LEVEL": [("debug", "DEBUG")],
}

#: Settings without which another one is refused.
NEEDED = {"FORWARD_UNKNOWN_NOTICES_TO": {"MOBBSCAN_WEBHOOK_HEADERS": '{"X-A": "1"}'}}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [(name, text, value) for name, cases in VALID.items() for text, value in cases],
)
def test_from_environment_valid_value_is_parsed(environ, name, text, value):
    settings = Settings.from_environment(environ | NEEDED.get(name, {}) | {name: text})
    field = name.removeprefix("MOBBSCAN_").lower()
    assert getattr(settings, field) == value


INVALID_ADDRESSES = [
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
REWRITTEN = [
    *("X_Notice_Key", "Host", "host", "Forwarded", "X-Forwarded-For", "x-forwarded-anything"),
    *("Transfer-Encoding", "Content-Length", "Connection", "Keep-Alive", "TE", "Upgrade"),
    *("Proxy-Authorization", "Expect", "X-Real-IP"),
]
INVALID = {
    "MOBBSCAN_GATEWAY_URL": INVALID_ADDRESSES,
    "PUBLIC_URL": [
        *INVALID_ADDRESSES,
        "https://shop.example/embed",
        "https://shop.example/api/verify/",
        "https://shop.example/.well-known",
    ],
    "CONSOLE_URL": INVALID_ADDRESSES,
    "OIDC_ISSUER": INVALID_ADDRESSES,
    "OPERATOR_OIDC_ISSUER": INVALID_ADDRESSES,
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
        *(f'{{"X-A": "hunter2", "{name}": "hunter2"}}' for name in REWRITTEN),
    ],
    "FORWARD_UNKNOWN_NOTICES_TO": [
        "older.example/hook",
        "http://older.example/hook",
        "http://older.localhost/hook",
        "https://user:hunter2@older.example/hook",
        "https://older.example/hook#hunter2",
        "ftp://older.example/hunter2",
    ],
    "MOBBSCAN_CREATE_PATH": ["onboarding", "/", "//evil.example", "/a?b", "/a b"],
    "MOBBSCAN_DELETE_METHOD": ["REMOVE", "POST"],
    "MOBBSCAN_DECISION_TYPE": ["A B"],
    "OIDC_TOKEN_AUTH_METHOD": ["private_key_jwt", "none", "Basic"],
    "OPERATOR_OIDC_TOKEN_AUTH_METHOD": ["private_key_jwt"],
    "MOBBSCAN_HOSTED_ORIGINS": [
        "https://pages.example",
        '{"a": 1}',
        "[1]",
        '["https://pages.example/path"]',
        '["http://pages.example"]',
        '["*"]',
    ],
    "MOBBSCAN_TIME_ZONE": ["Mars/Olympus", "Madrid", "../../etc/passwd", "+01:00", "Europe"],
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
        json.dumps([PRIVATE_KEY, PRIVATE_KEY]),
        json.dumps([PRIVATE_KEY | {"kid": "one"}, OTHER_KEY | {"kid": "one"}]),
        json.dumps([PRIVATE_KEY | {name: OTHER_KEY[name] for name in ("x", "y")}]),
        json.dumps([PRIVATE_KEY | {"kid": 7}]),
    ],
    "LIVE_MODE": ["yes", "1", "on", "hunter2"],
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
    "SITES_FILE": ["/nowhere/sites.toml", "/", "~no-such-user/sites.toml"],
    "TRUSTED_PROXY_HOPS": ["-1", "one", "1.5", "100", "007", "²"],
    "OPERATIONS_TOKEN": ["hunter2", "with spaces in the middle"],
    "WEB_CONCURRENCY": ["0", "-2", "1.5", "two", "1000", "02"],
    "LOG_LEVEL": ["LOUD"],
    "OUTBOUND_CA_FILE": ["/nowhere/ca.pem", __file__],
    "OUTBOUND_PROXY": [
        "proxy.example:3128",
        "https://proxy.example:3128",
        "socks5://proxy.example:1080",
        "http://proxy.example",
        "http://proxy.example:0",
        "http://proxy.example:70000",
        "http://me@proxy.example:3128",
        "http://me:hunter@2@proxy.example:3128",
        "http://me:hunter/2@proxy.example:3128",
        "http://proxy.example:3128/hunter",
        "http://proxy.example:3128?hunter",
        "http://pro xy.example:3128",
    ],
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, cases in INVALID.items() for text in cases]
)
def test_from_environment_invalid_value_raises_with_fix_and_without_value(environ, name, text):
    problem = only_problem(environ | {name: text})
    assert re.fullmatch(rf"{name} .+: (set it|leave it unset).+\.", problem)
    assert "hunter" not in problem
    assert "is not acceptable" not in problem, "an error of pydantic without a text of ours"


def test_every_setting_has_invalid_values_in_this_file():
    pairs = {"OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"}
    free = pairs | {f"OPERATOR_{name}" for name in pairs} | {"OPERATOR_ACR_VALUES"}
    assert SETTINGS.keys() == INVALID.keys() | free


@pytest.mark.parametrize("name", list(VALID))
def test_from_environment_value_in_a_file_is_parsed(environ, tmp_path, name):
    text, value = VALID[name][0]
    (tmp_path / "value").write_text(f"{text}\n")
    environ.pop(name, None)
    settings = Settings.from_environment(
        environ | NEEDED.get(name, {}) | {f"{name}_FILE": str(tmp_path / "value")}
    )
    assert getattr(settings, name.removeprefix("MOBBSCAN_").lower()) == value


def test_outbound_ca_file_with_certificates_is_accepted(environ):
    settings = Settings.from_environment(environ | {"OUTBOUND_CA_FILE": certifi.where()})
    assert settings.outbound_ca_file == certifi.where()


def test_delete_method_every_accepted_value_is_accepted_by_the_gateway_client(environ):
    for method in ("DELETE", "GET"):
        settings = Settings.from_environment(environ | {"MOBBSCAN_DELETE_METHOD": method})
        GatewayOptions("https://gateway.example", "k", "s", delete_method=settings.delete_method)


@pytest.mark.parametrize("name", REWRITTEN)
def test_webhook_headers_rewritten_by_proxies_raises_with_the_name(environ, name):
    problem = only_problem(environ | {"MOBBSCAN_WEBHOOK_HEADERS": json.dumps({name: "x"})})
    assert f"names the header {name}, which servers on the way" in problem
    assert "instead" in problem


def test_sites_file_that_is_a_folder_raises(environ, tmp_path):
    problem = only_problem(environ | {"SITES_FILE": str(tmp_path)})
    assert problem.startswith("SITES_FILE names a folder, not a file: ")


def test_sites_file_below_a_file_raises(environ):
    problem = only_problem(environ | {"SITES_FILE": f"{environ['SITES_FILE']}/sites.toml"})
    assert problem.startswith("SITES_FILE names a file that cannot be read (Not a directory): ")


def test_database_url_unknown_option_suggests_the_known_one(environ):
    problem = only_problem(environ | {"DATABASE_URL": "postgresql://db/embed?sslmod=hunter2"})
    assert problem.startswith("DATABASE_URL has an option that PostgreSQL does not know")
    assert "(perhaps sslmode is meant)" in problem
    assert "hunter2" not in problem


def test_database_url_with_unescaped_password_does_not_repeat_it(environ):
    address = "postgresql://u:Zq7x@y?s3kr1t=9@host/db"
    problem = only_problem(environ | {"DATABASE_URL": address})
    assert "in a password, write ? as %3F" in problem
    assert not [part for part in ("Zq7x", "s3kr1t", "9@host") if part in problem]
