"""Tests of reading all settings: defaults, dependencies, and problems in one message."""

import base64
import json
import re
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.config.samples import DATA_KEY, MINIMAL, PRIVATE_KEY, only_problem, problems
from webapp.config.setting_fields import SETTINGS
from webapp.config.settings import Settings, SettingsError


def test_from_environment_required_settings_only_returns_defaults(environ):
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


@pytest.mark.parametrize("name", [name for name, field in SETTINGS.items() if field.is_required()])
@pytest.mark.parametrize("how", ["absent", "empty", "blank"])
def test_from_environment_required_setting_missing_raises_with_fix(environ, name, how):
    environ.pop(name)
    environ |= {"absent": {}, "empty": {name: ""}, "blank": {name: " \n"}}[how]
    assert re.fullmatch(rf"{name} is missing: set it to .+\.", only_problem(environ))


def test_from_environment_several_problems_reports_all_in_one_error(environ, tmp_path):
    (tmp_path / "sites.toml").write_text(MINIMAL + "oidcc = true\n")
    environ.pop("MOBBSCAN_API_KEY")
    found = problems(environ | {"PUBLIC_URL": "shop", "LOG_LEVEL": "LOUD"})
    starts = ["MOBBSCAN_API_KEY", "PUBLIC_URL", "LOG_LEVEL", "sites.toml line 4, sites.shop.oidcc:"]
    assert len(found) == 4
    assert all(problem.startswith(start) for problem, start in zip(found, starts, strict=True))


def test_from_environment_misspelt_required_setting_names_the_one_that_is_meant(environ):
    environ["MOBBSCAN_API_KYE"] = environ.pop("MOBBSCAN_API_KEY")
    missing, misspelt = problems(environ)
    assert missing.startswith("MOBBSCAN_API_KEY is missing")
    assert misspelt == "MOBBSCAN_API_KYE is not a setting; did you mean MOBBSCAN_API_KEY?"


def test_from_environment_setting_and_its_file_raises(environ, tmp_path):
    (tmp_path / "value").write_text("other")
    problem = only_problem(environ | {"MOBBSCAN_API_KEY_FILE": str(tmp_path / "value")})
    assert problem.startswith("MOBBSCAN_API_KEY is given twice")


EMPTY = "is empty: write the value into it"


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATA_KEYS", "OIDC_CLIENT_SECRET"])
@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("none", "does not exist: put it there, or correct the path"),
        ("empty", EMPTY),
        ("blank", EMPTY),
        ("folder", "is a folder: add the name of the file in it"),
        ("blank/below", "cannot be read (Not a directory): correct the path, or the file"),
        ("no-text", "cannot be read (not text in UTF-8): correct the path, or the file"),
        ("n" * 300, "cannot be read (File name too long): correct the path, or the file"),
    ],
)
def test_from_environment_unreadable_file_raises_with_fix_for_the_file(
    environ, tmp_path, name, place, expected
):
    for file, content in (("empty", b""), ("blank", b" \n"), ("no-text", b"\xff\xfd")):
        (tmp_path / file).write_bytes(content)
    (tmp_path / "folder").mkdir()
    environ = {**OIDC, **environ}
    environ.pop(name, None)
    problem = only_problem(environ | {f"{name}_FILE": str(tmp_path / place)})
    assert problem == f"{name}_FILE names a file that {expected}."


def test_from_environment_file_without_permission_raises_with_fix(environ, monkeypatch):
    """Root may read every file, so the operating system's answer is simulated."""
    really_read = Path.read_bytes

    def read(path):
        if path.name == "others":
            raise PermissionError(13, "Permission denied")
        return really_read(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    problem = only_problem(environ | {"OPERATIONS_TOKEN_FILE": "/etc/others"})
    assert problem == (
        "OPERATIONS_TOKEN_FILE names a file that may not be read: "
        "let the user that runs this read it."
    )


def test_from_environment_secret_in_place_of_a_path_is_not_shown(environ):
    del environ["MOBBSCAN_API_SECRET"]
    assert "hunter2" not in only_problem(environ | {"MOBBSCAN_API_SECRET_FILE": "hunter2"})


def test_settings_repr_and_errors_hold_no_secret(environ):
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
    assert caught.value.__cause__ is caught.value.__context__ is None, "they would hold the input"


def test_opening_keys_include_keys_derived_from_every_secret_key(environ):
    settings = Settings.from_environment(environ)
    assert settings.data_keys_derived
    (key,) = settings.opening_keys
    assert len(base64.urlsafe_b64decode(key)) == 32

    rotated = environ | {
        "SECRET_KEY": "n" * 32,
        "SECRET_KEY_FALLBACKS": json.dumps([environ["SECRET_KEY"]]),
    }
    assert Settings.from_environment(rotated).opening_keys[1] == key
    given = Settings.from_environment(environ | {"DATA_KEYS": json.dumps([DATA_KEY])})
    assert not given.data_keys_derived
    assert given.opening_keys[1:] == (key,), "what was stored before there was one is still opened"
    coming = Settings.from_environment(environ | {"DATA_KEYS": json.dumps(["derived", DATA_KEY])})
    assert coming.data_keys_derived
    assert coming.opening_keys == (key, DATA_KEY), "the new one opens, and does not seal yet"


@pytest.mark.parametrize(
    ("address", "origin", "prefix", "plain"),
    [
        ("https://shop.example/verify", "https://shop.example", "/verify", False),
        ("https://shop.example:8443/", "https://shop.example:8443", "", False),
        ("http://localhost:8000", "http://localhost:8000", "", True),
    ],
)
def test_public_url_properties_return_its_parts(environ, address, origin, prefix, plain):
    settings = Settings.from_environment(environ | {"PUBLIC_URL": address})
    assert settings.public_origin == origin
    assert settings.public_prefix == prefix
    assert settings.is_loopback_http is plain


@pytest.mark.parametrize(
    ("gateway", "livemode"), [("https://gateway.example", True), ("http://127.0.0.1:9", False)]
)
def test_livemode_not_set_is_off_for_a_gateway_on_loopback(environ, gateway, livemode):
    settings = Settings.from_environment(environ | {"MOBBSCAN_GATEWAY_URL": gateway})
    assert settings.livemode is livemode


OIDC = {
    "OIDC_ISSUER": "https://login.example/",
    "OIDC_CLIENT_ID": "users",
    "OIDC_CLIENT_SECRET": "users-secret",
}


def test_operator_login_unset_is_inherited_from_users_login(environ):
    settings = Settings.from_environment(environ | OIDC)
    assert settings.oidc_issuer == settings.operator_oidc_issuer == "https://login.example/"
    assert settings.operator_oidc_client_id == "users"
    own_client = {"OPERATOR_OIDC_CLIENT_ID": "staff", "OPERATOR_OIDC_CLIENT_SECRET": "s"}
    settings = Settings.from_environment(environ | OIDC | own_client)
    assert settings.operator_oidc_issuer == "https://login.example/"
    assert settings.operator_oidc_client_id == "staff"


def test_operator_token_auth_method_is_inherited_with_the_client_only(environ):
    users = environ | OIDC | {"OIDC_TOKEN_AUTH_METHOD": "client_secret_post"}
    settings = Settings.from_environment(users)
    assert settings.operator_oidc_token_auth_method == "client_secret_post"
    own_client = {"OPERATOR_OIDC_CLIENT_ID": "staff", "OPERATOR_OIDC_CLIENT_SECRET": "s"}
    settings = Settings.from_environment(users | own_client)
    assert settings.operator_oidc_token_auth_method == "auto"


def test_operator_client_is_not_inherited_with_another_issuer(environ):
    other = {"OPERATOR_OIDC_ISSUER": "https://staff.example"}
    found = problems(environ | OIDC | other)
    assert [problem.split()[0] for problem in found] == [
        "OPERATOR_OIDC_CLIENT_ID",
        "OPERATOR_OIDC_CLIENT_SECRET",
    ]


@pytest.mark.parametrize("left_out", OIDC)
def test_from_environment_incomplete_login_names_the_missing_setting(environ, left_out):
    partly = {name: text for name, text in OIDC.items() if name != left_out}
    assert only_problem(environ | partly).startswith(f"{left_out} is missing: ")


def test_from_environment_wrong_users_login_is_reported_once(environ):
    wrong = OIDC | {"OIDC_ISSUER": "http://login.example"}
    assert only_problem(environ | wrong).startswith("OIDC_ISSUER must be https")


def test_from_environment_oidc_site_without_issuer_raises(environ, tmp_path):
    (tmp_path / "sites.toml").write_text(MINIMAL + "oidc = true\n")
    assert "site shop has oidc = true" in only_problem(environ)
    assert Settings.from_environment(environ | OIDC).sites["shop"].oidc


def test_from_environment_forwarding_without_a_webhook_names_the_missing_setting(environ):
    forwarding = environ | {"FORWARD_UNKNOWN_NOTICES_TO": "https://older.example/hook?code=1"}
    assert only_problem(forwarding).startswith("MOBBSCAN_WEBHOOK_HEADERS is missing")
    settings = Settings.from_environment(forwarding | {"MOBBSCAN_WEBHOOK_HEADERS": '{"X-A": "b"}'})
    assert settings.forward_unknown_notices_to == "https://older.example/hook?code=1"


def test_from_environment_forwarding_to_itself_raises(environ):
    own = {
        "MOBBSCAN_WEBHOOK_HEADERS": '{"X-A": "b"}',
        "FORWARD_UNKNOWN_NOTICES_TO": "https://ID.example/webhooks/mobbscan",
    }
    assert "this server's own address" in only_problem(environ | own)


def test_settings_are_frozen_deeply(environ):
    headers = {"MOBBSCAN_WEBHOOK_HEADERS": '{"X-Key": "value"}'}
    settings = Settings.from_environment(environ | headers)
    with pytest.raises(ValueError, match="frozen"):
        settings.api_key = "other"
    for mapping in (settings.sites, settings.webhook_headers[0]):
        with pytest.raises(TypeError):
            mapping["other"] = None


def test_from_environment_without_argument_reads_the_process_environment(environ, monkeypatch):
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    assert Settings.from_environment().api_key == "the-key"
