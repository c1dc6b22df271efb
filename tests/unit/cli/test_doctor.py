"""Tests of `doctor`: its findings, their levels and the exit code."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import ANOTHER_KEY, SITES, Installation
from tests.unit.cli.public_server import PublicServer
from tests.unit.cli.test_database import plain
from tests.unit.gateway.test_connections_tls import certified
from tests.unit.jobs.fake_gateway import FakeGateway

#: As strong as the headers of a real installation.
STRONG = '{"Authorization": "Bearer cK9sXf2-vTq8LmNw4RzB7dHe"}'
GOOD_SITE = """
privacy_url = "https://shop.example/privacy"
support_url = "https://shop.example/help"
brand = { color = "#0b6e4f" }
"""


@pytest.fixture
def public() -> Iterator[PublicServer]:
    with PublicServer() as server:
        yield server


def findings(result: Result, level: str) -> list[str]:
    return [line for line in plain(result).splitlines() if line.startswith(level)]


def test_doctor_valid_installation_prints_ok_lines_only(
    run: Run, ready: Installation, public: PublicServer
):
    (ready.folder / "sites.toml").write_text(SITES + GOOD_SITE)
    result = run("doctor", PUBLIC_URL=public.url, MOBBSCAN_WEBHOOK_HEADERS=STRONG)
    assert result.exit_code == 0
    assert plain(result).splitlines() == [
        "ok    settings are complete",
        "ok    notices must carry a header that cannot be guessed",
        "ok    sites.toml: no warnings for shop",
        "ok    database is up to date and writable",
        "ok    gateway gave an access token, good for 15 min",
        "ok    this machine's clock agrees with the gateway's",
        f"ok    PUBLIC_URL {public.url} leads to this server",
        "ok    PUBLIC_URL forwards notices",
    ]


def test_doctor_with_json_prints_levels_and_messages(run: Run, ready: Installation):
    result = run("doctor", "--json", MOBBSCAN_GATEWAY_URL="http://127.0.0.1:1")
    shown = json.loads(plain(result))
    assert shown[0] == {"level": "ok", "message": "settings are complete"}
    assert {each["level"] for each in shown} == {"ok", "warn", "fail"}
    assert result.exit_code == 1


def test_doctor_with_json_and_wrong_settings_prints_their_problems_as_json(
    run: Run, ready: Installation
):
    result = run("doctor", "--json", PUBLIC_URL="shop", LOG_LEVEL="LOUD")
    shown = json.loads(plain(result))
    assert [each["level"] for each in shown] == ["fail", "fail"]
    assert [each["message"].split()[0] for each in shown] == ["PUBLIC_URL", "LOG_LEVEL"]
    assert result.exit_code == 1


def test_doctor_with_a_misspelt_setting_warns_with_the_name_that_is_meant(
    run: Run, ready: Installation
):
    result = run("doctor", MOBBSCAN_WEBHOK_HEADERS="hunter2", LOG_LEVL_FILE="hunter2")
    assert findings(result, "warn  LOG_LEVL_FILE is not a setting; did you mean LOG_LEVEL_FILE?")
    assert findings(result, "warn  MOBBSCAN_WEBHOK_HEADERS is not a setting")
    assert "hunter2" not in result.output


def test_doctor_without_optional_secrets_warns(run: Run, ready: Installation):
    result = run("doctor", DATA_KEYS=None, MOBBSCAN_WEBHOOK_HEADERS=None)
    warnings = [line for line in plain(result).splitlines() if line.startswith("warn")]
    assert ["DATA_KEYS" in warnings[0], "MOBBSCAN_WEBHOOK_HEADERS" in warnings[1]] == [True, True]
    assert result.exit_code == 0


def test_doctor_missing_database_file_warns_and_creates_nothing(run: Run, installed: Installation):
    result = run("doctor")
    assert result.exit_code == 0
    assert [line for line in findings(result, "warn") if "`serve` creates it" in line]
    assert not list(installed.settings.instance_dir.iterdir()), "doctor creates nothing"


def test_doctor_database_without_tables_fails_with_fix(run: Run, installed: Installation):
    folder = installed.settings.instance_dir
    folder.mkdir()
    (folder / "mobbscan-embed.sqlite3").touch()
    result = run("doctor")
    assert result.exit_code == 1
    assert "FAIL  database: " in plain(result)
    assert "database upgrade" in result.output
    assert "ok    gateway" in result.output, "one failure must not hide the next finding"


def test_doctor_missing_database_folder_fails(run: Run, tmp_path):
    result = run("doctor", DATABASE_URL=f"sqlite:///{tmp_path}/typo/x.sqlite3")
    assert result.exit_code == 1
    assert "FAIL  database: DATABASE_URL names a file" in plain(result)


def test_doctor_unavailable_database_fails_and_checks_the_rest(run: Run, tmp_path):
    result = run("doctor", DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    assert result.exit_code == 1
    assert "FAIL  database: " in plain(result)
    assert "ok    gateway" in result.output


@pytest.mark.parametrize("status", [401, 403])
def test_doctor_refused_credentials_fails_without_showing_them(
    run: Run, ready: Installation, gateway: FakeGateway, status
):
    gateway.login_status = status
    result = run("doctor")
    assert result.exit_code == 1
    assert f"refused the credentials ({status})" in plain(result)
    assert "of-the-account" not in result.output


def test_doctor_unreachable_gateway_fails_with_its_address(run: Run, ready: Installation):
    result = run("doctor", MOBBSCAN_GATEWAY_URL="http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "FAIL  gateway: " in plain(result)
    assert "http://127.0.0.1:1" in result.output


def test_doctor_data_key_that_decrypts_nothing_fails(run: Run, ready: Installation):
    with ready.parts() as parts, parts.database.writing() as work:
        work.generated_keys.get_or_make("subject", datetime.now(UTC))
    result = run("doctor", DATA_KEYS=ANOTHER_KEY)
    assert result.exit_code == 1
    assert "FAIL  database: no key of DATA_KEYS opens" in plain(result)


@pytest.mark.parametrize(
    ("headers", "warned"),
    [
        (STRONG, False),
        ('{"X-Notice-Key": "agreed"}', True),
        ('{"Authorization": "Bearer aaaaaaaaaaaaaaaaaaaaaaaa"}', True),
        ('{"Content-Type": "application/json"}', True),
        (f"[{STRONG}]", False),
        (f'[{STRONG}, {{"X-Notice-Key": "former"}}]', True),
    ],
)
def test_doctor_weak_webhook_header_warns_without_its_value(
    run: Run, ready: Installation, headers: str, warned: bool
):
    result = run("doctor", MOBBSCAN_WEBHOOK_HEADERS=headers)
    found = [line for line in findings(result, "warn") if "MOBBSCAN_WEBHOOK_HEADERS" in line]
    assert bool(found) == warned
    assert "agreed" not in result.output
    assert "former" not in result.output
    assert ("(set 2)" in str(found)) == (headers.startswith("[") and warned)


@pytest.mark.parametrize(
    ("site", "about"),
    [
        ("", "no privacy_url"),
        ("", "no support_url"),
        ('brand = { color = "#fe8" }', "brand.color #fe8"),
    ],
)
def test_doctor_unwise_site_warns_with_its_id(run: Run, ready: Installation, site: str, about: str):
    (ready.folder / "sites.toml").write_text(SITES + site)
    lines = findings(run("doctor"), "warn")
    assert [line for line in lines if line.startswith(f"warn  sites.toml, shop: {about}")]


def test_doctor_http_origin_with_https_public_url_warns(run: Run, ready: Installation):
    (ready.folder / "sites.toml").write_text(SITES + 'origins = ["http://shop.localhost:8003"]')
    assert "for development only" not in run("doctor").output
    live = run("doctor", PUBLIC_URL="https://127.0.0.1:1/verify")
    assert "http://shop.localhost:8003, which is for development only" in live.output
    assert "warn  CONSOLE_URL is not set" in live.output


@pytest.mark.parametrize(("seconds", "expected"), [(-90, "ahead of"), (90, "behind")])
def test_doctor_clock_difference_warns_with_direction(
    run: Run, ready: Installation, gateway: FakeGateway, seconds: int, expected: str
):
    gateway.clock_offset_seconds = seconds
    result = run("doctor")
    (line,) = [line for line in findings(result, "warn") if "clock" in line]
    assert expected in line
    assert result.exit_code == 0


def test_doctor_no_answer_from_public_url_warns(run: Run, ready: Installation):
    result = run("doctor", PUBLIC_URL="http://127.0.0.1:1/verify")
    assert "warn  PUBLIC_URL: no answer from http://127.0.0.1:1/verify" in result.output
    assert result.exit_code == 0


def test_doctor_ignores_proxies_of_the_environment(
    run: Run, ready: Installation, public: PublicServer
):
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    result = run("doctor", PUBLIC_URL=public.url, **proxies, NO_PROXY=None, no_proxy=None)
    assert f"ok    PUBLIC_URL {public.url} leads to this server" in plain(result)
    assert "ok    this machine's clock agrees with the gateway's" in plain(result)


def test_doctor_other_server_at_public_url_fails(
    run: Run, ready: Installation, public: PublicServer
):
    public.body = b"<h1>It works!</h1>"
    result = run("doctor", PUBLIC_URL=f"{public.url}/verify")
    assert result.exit_code == 1
    assert "FAIL  PUBLIC_URL: another server answers" in result.output
    assert "/verify/…, with or without /verify," in result.output
    assert public.asked == ["GET /verify/healthz"]


@pytest.mark.parametrize(
    ("status", "level", "words"),
    [(301, "FAIL", "redirects to https://elsewhere.example/"), (502, "warn", "answers 502")],
)
def test_doctor_redirect_fails_and_bad_gateway_warns(
    run: Run, ready: Installation, public: PublicServer, status: int, level: str, words: str
):
    public.status = status
    public.headers.append(("Location", "https://elsewhere.example/?token=secret"))
    result = run("doctor", PUBLIC_URL=public.url)
    assert [line for line in findings(result, level) if words in line]
    assert "token=" not in result.output


@pytest.mark.parametrize("name", ["Permissions-Policy", "Content-Security-Policy"])
def test_doctor_proxy_changing_security_headers_fails(
    run: Run, ready: Installation, public: PublicServer, name: str
):
    public.headers.append((name, "camera=()"))
    result = run("doctor", PUBLIC_URL=public.url)
    assert f"FAIL  PUBLIC_URL: a proxy adds a second {name}" in result.output
    public.headers = [pair for pair in public.headers if pair[0] != name]
    result = run("doctor", PUBLIC_URL=public.url)
    assert f"FAIL  PUBLIC_URL: a proxy removes {name}" in result.output


def test_doctor_proxy_refusing_notices_fails(run: Run, ready: Installation, public: PublicServer):
    public.webhook_status = 403
    result = run("doctor", PUBLIC_URL=public.url)
    assert result.exit_code == 1
    assert "a notice is answered 403 before it reaches this server" in result.output


def test_doctor_untrusted_certificate_fails(run: Run, ready: Installation, tls_server: str):
    result = run("doctor", PUBLIC_URL=tls_server)
    assert result.exit_code == 1
    assert "FAIL  PUBLIC_URL: the certificate" in result.output


def test_doctor_certificate_near_its_end_warns(run: Run, ready: Installation, tls_server: str):
    authority = str(ready.folder / "certificate.pem")
    result = run("doctor", PUBLIC_URL=tls_server, OUTBOUND_CA_FILE=authority)
    assert "leads to this server" in result.output
    assert "warn  PUBLIC_URL: its certificate ends in" in result.output


@pytest.fixture
def tls_server(public: PublicServer, tmp_path: Path) -> str:
    authority = certified(tmp_path)
    public.enable_tls(authority, tmp_path / "key.pem")
    return public.url.replace("http:", "https:")


def test_doctor_vendor_sheet_holds_all_requests_and_no_secret(run: Run, ready: Installation):
    (ready.folder / "sites.toml").write_text(
        SITES + 'origins = ["https://shop.example"]\n[sites.shop.flows.fast]\ndecide = "host"\n'
    )
    result = run(
        "doctor",
        "--vendor-sheet",
        PUBLIC_URL="https://verify.example/id",
        MOBBSCAN_WEBHOOK_HEADERS='{"X-Notice-Key": "of-the-account"}',
    )
    assert result.exit_code == 0
    for expected in (
        "https://verify.example/id/webhooks/mobbscan",
        "X-Notice-Key",
        "PENDING_VALIDATION, PENDING_VERIFICATION, VERIFIED, NOT_VERIFIED, VIDEO_AVAILABLE",
        "automatic validation",
        "(for: shop/fast)",
        "https://verify.example https://shop.example",
        "https://verify.example/id/return/",
        "certified zip",
        "15 minutes",
    ):
        assert expected in result.output
    assert "of-the-account" not in result.output
    assert "thirty-two characters" not in result.output


def test_doctor_vendor_sheet_requests_only_what_the_flows_need(run: Run, ready: Installation):
    (ready.folder / "sites.toml").write_text(
        SITES + '[sites.shop.flows.default]\nmode = "redirect"\n'
    )
    sheet = run("doctor", "--vendor-sheet").output
    assert "automatic validation" not in sheet
    assert "manual review" in sheet
    assert "frame-ancestors" not in sheet
