"""`doctor embed`: what this server's own addresses answer through its proxies."""

import pytest

from tests.unit.cli.doctor_embed.conftest import Doctor
from tests.unit.cli.doctor_embed.web_servers import Answer, WebServer

SCRIPT, FRAME = "/static/embed-v1.js", "/embed/shop"


@pytest.mark.parametrize(
    ("path", "header", "value", "level", "finding"),
    [
        (SCRIPT, "Access-Control-Allow-Origin", "*", "FAIL", "Access-Control-Allow-Origin"),
        (SCRIPT, "Content-Type", "text/plain", "FAIL", "Content-Type"),
        (SCRIPT, "Cross-Origin-Resource-Policy", "same-origin", "warn",
         "Cross-Origin-Resource-Policy"),
        (FRAME, "Content-Security-Policy", "frame-ancestors 'self'", "FAIL",
         "Content-Security-Policy (policy 2 of 2): frame-ancestors"),
        (FRAME, "X-Frame-Options", "SAMEORIGIN", "warn", "X-Frame-Options"),
        (FRAME, "Permissions-Policy", "camera=()", "FAIL", "Permissions-Policy: camera"),
    ],
)  # fmt: skip
def test_header_that_a_proxy_adds_is_named(
    doctor: Doctor,
    host: WebServer,
    ours: WebServer,
    path: str,
    header: str,
    value: str,
    level: str,
    finding: str,
) -> None:
    ours.answers[path].headers.append((header, value))
    result = doctor(f"{host.url}/")
    assert f"{level:<5} {path}: {finding}: " in result.output
    assert result.exit_code == (1 if level == "FAIL" else 0)


def test_x_frame_options_without_frame_ancestors_fails(
    doctor: Doctor, host: WebServer, ours: WebServer
) -> None:
    ours.answers[FRAME] = Answer(headers=[("X-Frame-Options", "DENY")])
    assert f"FAIL  {FRAME}: X-Frame-Options: " in doctor(f"{host.url}/").output


@pytest.mark.parametrize("path", [SCRIPT, FRAME])
@pytest.mark.parametrize("status", [404, 500, 301])
def test_address_without_its_content_fails(
    doctor: Doctor, host: WebServer, ours: WebServer, path: str, status: int
) -> None:
    ours.answers[path] = Answer(status=status)
    result = doctor(f"{host.url}/")
    assert result.exit_code == 1
    assert f"FAIL  {path}: {ours.url}{path} answers {status} instead of" in result.output


def test_server_that_does_not_run_is_a_warning(doctor: Doctor, host: WebServer) -> None:
    result = doctor(f"{host.url}/", PUBLIC_URL="http://127.0.0.1:9")
    assert result.exit_code == 0
    assert "warn  PUBLIC_URL: no answer from http://127.0.0.1:9" in result.output
