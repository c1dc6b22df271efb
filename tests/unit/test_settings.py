"""Settings: what is accepted, in which final form, and how all that is wrong is said at once."""

import base64
import json
import re
import traceback
from datetime import timedelta
from pathlib import Path

import certifi
import pytest
from joserfc.jwk import ECKey

from webapp.configuration.table import SETTINGS
from webapp.settings import Settings, SettingsError

SITES = '[sites.shop]\nname = "Shop"\nhandoff_keys = ["a-secret-of-more-than-thirty-two-bytes"]\n'
PRIVATE_KEY = ECKey.generate_key("P-256", private=True).as_dict(private=True)
DATA_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    sites = tmp_path / "sites.toml"
    sites.write_text(SITES)
    return {
        "MOBBSCAN_GATEWAY_URL": "https://gateway.example",
        "MOBBSCAN_API_KEY": "the-key",
        "MOBBSCAN_API_SECRET": "the-api-secret",
        "PUBLIC_URL": "https://id.example",
        "SECRET_KEY": "the-signing-secret-of-thirty-two-or-more",
        "SITES_FILE": str(sites),
    }


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    for problem in caught.value.problems:
        assert problem in str(caught.value)
    return caught.value.problems


def only_problem(environ: dict[str, str]) -> str:
    (problem,) = problems(environ)
    return problem


def test_the_six_required_settings_are_enough(environ):
    settings = Settings.from_environment(environ)
    assert settings.gateway_url == "https://gateway.example"
    assert settings.api_key == "the-key"
    assert settings.create_path == "/onboarding"
    assert settings.delete_method == "DELETE"
    assert settings.decision_type == "AUTO"
    assert settings.hosted_origins == ("https://gateway.example",)
    assert settings.webhook_headers == ()
    assert settings.console_url == settings.public_url == "https://id.example"
    assert settings.reconcile_after == tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 1440))
    assert settings.instance_dir == Path("instance").absolute()
    sqlite = settings.instance_dir / "mobbscan-embed.sqlite3"
    assert settings.database_url == f"sqlite:///{sqlite}"
    assert settings.operator_roles_claim == "roles"
    assert settings.trusted_proxy_hops == 0
    assert settings.log_level == "INFO"
    assert (
        settings.oidc_issuer is settings.operator_oidc_issuer is settings.operations_token is None
    )
    assert settings.sites["shop"].name == "Shop"


@pytest.mark.parametrize("name", [s.name for s in SETTINGS if s.required])
@pytest.mark.parametrize("how", ["absent", "empty", "blank"])
def test_a_required_setting_that_is_missing_is_named_with_its_cure(environ, name, how):
    environ.pop(name)
    environ |= {"absent": {}, "empty": {name: ""}, "blank": {name: " \n"}}[how]
    assert re.fullmatch(rf"{name} is missing: set it to .+\.", only_problem(environ))


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
    "MOBBSCAN_DELETE_METHOD": [("delete", "DELETE"), ("GET", "GET"), ("POST", "POST")],
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
    ],
    "OPERATOR_ACR_VALUES": [("mfa  phr", ("mfa", "phr"))],
    "OPERATOR_ROLES_CLAIM": [("https://id.example/roles", "https://id.example/roles")],
    "TRUSTED_PROXY_HOPS": [("2", 2)],
    "OPERATIONS_TOKEN": [("t" * 16, "t" * 16)],
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
    ],
    "MOBBSCAN_CREATE_PATH": ["onboarding", "/", "//evil.example", "/a?b", "/a b"],
    "MOBBSCAN_DELETE_METHOD": ["REMOVE"],
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
    "DATABASE_URL": ["hunter2", "mysql://me:hunter2@db/x", "sqlite://", "sqlite:///:memory:"],
    "OPERATOR_ROLES_CLAIM": ["two words"],
    "SITES_FILE": ["/nowhere/sites.toml", "/"],
    "TRUSTED_PROXY_HOPS": ["-1", "one", "1.5", "100"],
    "OPERATIONS_TOKEN": ["hunter2", "with spaces in the middle"],
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


def test_all_problems_come_in_one_message(environ, tmp_path):
    (tmp_path / "sites.toml").write_text(SITES + "oidcc = true\n")
    environ.pop("MOBBSCAN_API_KEY")
    found = problems(environ | {"PUBLIC_URL": "shop", "LOG_LEVEL": "LOUD"})
    starts = ["MOBBSCAN_API_KEY", "PUBLIC_URL", "LOG_LEVEL", "sites.toml line 4, sites.shop.oidcc:"]
    assert len(found) == 4
    assert all(problem.startswith(start) for problem, start in zip(found, starts, strict=True))


@pytest.mark.parametrize("name", [s.name for s in SETTINGS if s.name in GOOD])
def test_every_setting_can_come_from_a_file(environ, tmp_path, name):
    text, value = GOOD[name][0]
    (tmp_path / "value").write_text(f"{text}\n")
    environ.pop(name, None)
    settings = Settings.from_environment(environ | {f"{name}_FILE": str(tmp_path / "value")})
    assert getattr(settings, name.removeprefix("MOBBSCAN_").lower()) == value


def test_a_setting_given_twice_is_refused(environ, tmp_path):
    (tmp_path / "value").write_text("other")
    problem = only_problem(environ | {"MOBBSCAN_API_KEY_FILE": str(tmp_path / "value")})
    assert "given twice, as MOBBSCAN_API_KEY and as MOBBSCAN_API_KEY_FILE" in problem


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_that_says_nothing_is_refused(environ, tmp_path, content):
    del environ["MOBBSCAN_API_SECRET"]
    if content is not None:
        (tmp_path / "value").write_bytes(content)
    problem = only_problem(environ | {"MOBBSCAN_API_SECRET_FILE": str(tmp_path / "value")})
    assert problem.startswith("MOBBSCAN_API_SECRET names a file that")


def test_a_secret_put_in_place_of_its_files_name_is_not_shown(environ):
    del environ["MOBBSCAN_API_SECRET"]
    assert "hunter2" not in only_problem(environ | {"MOBBSCAN_API_SECRET_FILE": "hunter2"})


def test_no_secret_shows_in_repr_or_in_a_traceback(environ):
    secrets = {
        "MOBBSCAN_API_KEY": "marker-1",
        "MOBBSCAN_API_SECRET": "marker-2",
        "MOBBSCAN_WEBHOOK_HEADERS": '{"X-Key": "marker-3"}',
        "SECRET_KEY": "marker-4" * 8,
        "SECRET_KEY_FALLBACKS": json.dumps(["marker-5" * 8]),
        "DATABASE_URL": "postgresql://me:marker-6@db/embed",
        "OPERATIONS_TOKEN": "marker-7-marker-7",
        "OIDC_ISSUER": "https://login.example",
        "OIDC_CLIENT_ID": "client",
        "OIDC_CLIENT_SECRET": "marker-8",
        "RESULT_KEYS": json.dumps([PRIVATE_KEY]),
        "DATA_KEYS": json.dumps([DATA_KEY]),
    }
    settings = Settings.from_environment(environ | secrets)
    shown = repr(settings) + str(settings)
    assert "marker-" not in shown
    assert PRIVATE_KEY["d"] not in shown
    assert DATA_KEY not in shown
    assert "a-secret-of-more" not in shown
    wrong = environ | secrets | {name: f'["{text}' for name, text in secrets.items()}
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(wrong)
    assert len(caught.value.problems) >= 6
    text = "".join(traceback.format_exception(caught.value))
    assert "marker-" not in text


def test_without_data_keys_one_is_derived_from_each_signing_key(environ):
    settings = Settings.from_environment(environ)
    assert settings.data_keys_derived
    (key,) = settings.data_keys
    assert len(base64.urlsafe_b64decode(key)) == 32

    rotated = environ | {
        "SECRET_KEY": "n" * 32,
        "SECRET_KEY_FALLBACKS": json.dumps([environ["SECRET_KEY"]]),
    }
    assert Settings.from_environment(rotated).data_keys[1] == key
    given = Settings.from_environment(environ | {"DATA_KEYS": json.dumps([DATA_KEY])})
    assert not given.data_keys_derived


@pytest.mark.parametrize(
    ("address", "origin", "prefix", "plain"),
    [
        ("https://shop.example/verify", "https://shop.example", "/verify", False),
        ("https://shop.example:8443/", "https://shop.example:8443", "", False),
        ("http://localhost:8000", "http://localhost:8000", "", True),
    ],
)
def test_the_public_address_is_taken_apart(environ, address, origin, prefix, plain):
    settings = Settings.from_environment(environ | {"PUBLIC_URL": address})
    assert settings.public_origin == origin
    assert settings.public_prefix == prefix
    assert settings.is_loopback_http is plain


OIDC = {
    "OIDC_ISSUER": "https://login.example/",
    "OIDC_CLIENT_ID": "users",
    "OIDC_CLIENT_SECRET": "users-secret",
}


def test_operators_log_in_where_users_do_unless_told_otherwise(environ):
    settings = Settings.from_environment(environ | OIDC)
    assert settings.oidc_issuer == settings.operator_oidc_issuer == "https://login.example/"
    assert settings.operator_oidc_client_id == "users"
    own_client = {"OPERATOR_OIDC_CLIENT_ID": "staff", "OPERATOR_OIDC_CLIENT_SECRET": "s"}
    settings = Settings.from_environment(environ | OIDC | own_client)
    assert settings.operator_oidc_issuer == "https://login.example/"
    assert settings.operator_oidc_client_id == "staff"


def test_a_client_secret_is_never_inherited_by_another_issuer(environ):
    other = {"OPERATOR_OIDC_ISSUER": "https://staff.example"}
    found = problems(environ | OIDC | other)
    assert [problem.split()[0] for problem in found] == [
        "OPERATOR_OIDC_CLIENT_ID",
        "OPERATOR_OIDC_CLIENT_SECRET",
    ]


@pytest.mark.parametrize("left_out", OIDC)
def test_an_identity_provider_is_described_fully_or_not_at_all(environ, left_out):
    partly = {name: text for name, text in OIDC.items() if name != left_out}
    assert only_problem(environ | partly).startswith(f"{left_out} is missing: ")


def test_a_site_open_to_oidc_needs_an_identity_provider(environ, tmp_path):
    (tmp_path / "sites.toml").write_text(SITES + "oidc = true\n")
    assert "site shop has oidc = true" in only_problem(environ)
    assert Settings.from_environment(environ | OIDC).sites["shop"].oidc


def test_certificates_to_trust_are_checked_when_settings_are_read(environ):
    settings = Settings.from_environment(environ | {"OUTBOUND_CA_FILE": certifi.where()})
    assert settings.outbound_ca_file == certifi.where()


def test_settings_cannot_be_changed(environ):
    settings = Settings.from_environment(environ)
    with pytest.raises(AttributeError):
        settings.api_key = "other"
    with pytest.raises(TypeError):
        settings.sites["other"] = settings.sites["shop"]


def test_without_an_argument_the_process_environment_is_read(environ, monkeypatch):
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    assert Settings.from_environment().api_key == "the-key"
