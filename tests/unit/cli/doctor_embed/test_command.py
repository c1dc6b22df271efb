"""`doctor embed URL` over HTTP: requests, files, cookies, output, exit status."""

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.forward_proxy import ForwardProxy
from tests.unit.cli.doctor_embed.conftest import Doctor
from tests.unit.cli.doctor_embed.web_servers import Answer, WebServer
from tests.unit.cli.installation import Installation
from webapp.cli.main import main

CSP = "Content-Security-Policy"


def test_embed_good_page_exits_with_0_and_sends_only_get(
    doctor: Doctor, host: WebServer, ours: WebServer
) -> None:
    result = doctor(f"{host.url}/")
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            f"ok    PUBLIC_URL: {ours.url} serves the script and the frame's page",
            f"ok    {host.url}: this page can embed site shop",
        ],
    )
    assert [each[:2] for each in host.requests] == [("GET", "/")]
    assert [each[:2] for each in ours.requests] == [
        ("GET", "/static/embed-v1.js"),
        ("GET", "/embed/shop"),
    ]


def test_embed_failures_are_listed_with_lines_and_exit_with_1(
    doctor: Doctor, host: WebServer, ours: WebServer
) -> None:
    host.answers["/"].headers += [(CSP, "frame-src 'self'"), (CSP, "form-action 'self'")]
    result = doctor(f"{host.url}/")
    assert result.exit_code == 1
    assert f"FAIL  {CSP} (policy 1 of 2): frame-src: does not allow" in result.output
    assert f"\n      write: frame-src 'self' {ours.url}\n" in result.output
    assert f"warn  {CSP} (policy 2 of 2): form-action" in result.output
    assert "can embed" not in result.output


def test_embed_json_is_accepted_before_the_subcommand_too(
    installed: Installation, host: WebServer, ours: WebServer
) -> None:
    arguments = ["doctor", "--json", "embed", f"{host.url}/"]
    result = CliRunner().invoke(main, arguments, env=installed.environ)
    assert result.exit_code == 0
    assert [each["level"] for each in json.loads(result.output)] == ["ok", "ok"]


def test_embed_json_is_an_array_of_findings(
    doctor: Doctor, host: WebServer, ours: WebServer
) -> None:
    host.answers["/"].headers += [("Permissions-Policy", "camera=()")]
    result = doctor(f"{host.url}/", "--json")
    first, *others = json.loads(result.output)
    assert result.exit_code == 1
    assert first.pop("message")
    assert first == {
        "level": "fail",
        "header": "Permissions-Policy: camera",
        "breaks": "camera",
        "line": f'Permissions-Policy: camera=(self "{ours.url}")',
    }
    assert {each["level"] for each in others} == {"ok"}


def test_embed_page_of_another_origin_fails_with_the_setting(
    doctor: Doctor, host: WebServer, installed: Installation
) -> None:
    other = host.url.replace("127.0.0.1", "localhost")
    result = doctor(f"{other}/")
    assert result.exit_code == 1
    assert f'write: origins = ["{host.url}", "{other}"]' in result.output


def test_embed_saved_files_replace_the_request(
    doctor: Doctor, host: WebServer, tmp_path: Path
) -> None:
    headers = tmp_path / "headers.txt"
    headers.write_text(
        f"\ufeffHTTP/1.1 302 Found\r\n{CSP}: frame-src 'none'\r\n\r\n"
        "HTTP/2 200 \r\ncontent-type: text/html\r\nPERMISSIONS-POLICY: camera=()\r\n\r\n"
    )
    html = tmp_path / "page.html"
    html.write_text(f'<meta http-equiv="{CSP}" content="frame-src \'none\'">')
    result = doctor(f"{host.url}/", "--headers", str(headers), "--html", str(html))
    assert result.exit_code == 1
    assert "FAIL  Permissions-Policy: camera" in result.output
    assert f'FAIL  <meta http-equiv="{CSP}">: frame-src' in result.output
    assert result.output.count("FAIL") == 2
    assert host.requests == []


@pytest.mark.parametrize(("option", "missing"), [("--html", "--headers"), ("--headers", "--html")])
def test_embed_one_file_warns_of_what_is_not_checked(
    doctor: Doctor, host: WebServer, tmp_path: Path, option: str, missing: str
) -> None:
    file = tmp_path / "saved"
    file.write_text("X-Header: <p>\n")
    result = doctor(f"{host.url}/", option, str(file))
    assert result.exit_code == 0
    assert f"warn  the page: {missing} is not given" in result.output


@pytest.mark.parametrize(
    ("content", "problem"),
    [("", "has no header"), ("HTTP/1.1 200 OK\nunreadable here\n", "line 2 is no header")],
)
def test_embed_unusable_headers_file_is_named(
    doctor: Doctor, host: WebServer, tmp_path: Path, content: str, problem: str
) -> None:
    file = tmp_path / "headers.txt"
    file.write_text(content)
    result = doctor(f"{host.url}/", "--headers", str(file))
    assert result.exit_code == 1
    assert f"{file}: {problem}" in result.output


@pytest.mark.parametrize(
    "content",
    [
        "session=the-secret; other=2\n",
        "Cookie: session=the-secret",
        (
            "# Netscape HTTP Cookie File\n"
            "#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tthe-secret\n"
            ".elsewhere.example\tTRUE\t/\tFALSE\t0\tforeign\tthe-other-secret\n"
        ),
    ],
)
def test_embed_cookie_file_is_sent_to_the_page_only(
    doctor: Doctor, host: WebServer, ours: WebServer, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text(content)
    result = doctor(f"{host.url}/", "--cookie-file", str(file))
    assert result.exit_code == 0, result.output
    ((_, _, sent),) = host.requests
    assert "session=the-secret" in sent
    assert "foreign" not in sent
    assert {cookie for _, _, cookie in ours.requests} == {""}
    assert "the-secret" not in result.output


@pytest.mark.parametrize("content", [b"the-secret", b"\xff\xfethe-secret"])
def test_embed_unusable_cookie_file_is_refused_without_its_content(
    doctor: Doctor, host: WebServer, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "cookies.txt"
    file.write_bytes(content)
    result = doctor(f"{host.url}/", "--cookie-file", str(file))
    assert result.exit_code == 1
    assert "Netscape" in result.output
    assert "the-secret" not in result.output
    assert host.requests == []


def test_embed_redirect_within_the_origin_is_followed(doctor: Doctor, host: WebServer) -> None:
    host.answers["/"] = Answer(status=302, headers=[("Location", "/verify?token=the-secret")])
    host.answers["/verify?token=the-secret"] = Answer(headers=[(CSP, "frame-src 'none'")])
    result = doctor(f"{host.url}/")
    assert result.exit_code == 1
    assert f"warn  the page: redirects to {host.url}/verify, which was checked" in result.output
    assert "--cookie-file" in result.output
    assert "frame-src" in result.output
    assert "the-secret" not in result.output


def test_embed_redirect_to_another_origin_is_not_followed(
    doctor: Doctor, host: WebServer, ours: WebServer
) -> None:
    location = f"{ours.url}/login?state=the-secret"
    host.answers["/"] = Answer(status=303, headers=[("Location", location)])
    result = doctor(f"{host.url}/")
    assert f"warn  the page: redirects to {ours.url}/login, which is not followed" in result.output
    assert "--cookie-file" in result.output
    assert "the-secret" not in result.output
    assert not any(path.startswith("/login") for _, path, _ in ours.requests)


def test_embed_page_that_answers_403_warns_and_is_checked(doctor: Doctor, host: WebServer) -> None:
    host.answers["/"] = Answer(status=403, headers=[("Permissions-Policy", "camera=()")])
    result = doctor(f"{host.url}/")
    assert "warn  the page: answers 403" in result.output
    assert "FAIL  Permissions-Policy: camera" in result.output


def test_embed_host_that_only_browsers_resolve_is_named(doctor: Doctor) -> None:
    result = doctor("http://shop.localhost:9/")
    assert "resolve *.localhost in browsers only: save the page and give --html" in result.output


def test_embed_host_without_answer_names_the_other_way(doctor: Doctor) -> None:
    result = doctor("http://127.0.0.1:9/page?token=the-secret")
    assert result.exit_code == 1
    assert "http://127.0.0.1:9: no answer" in result.output
    assert "--headers" in result.output
    assert "the-secret" not in result.output


@pytest.mark.parametrize("url", ["shop.example", "ftp://shop.example", "https://user:pw@x.example"])
def test_embed_unusable_url_is_a_usage_error(doctor: Doctor, url: str) -> None:
    result = doctor(url)
    assert result.exit_code == 2
    assert "Invalid value for URL: it " in result.output
    assert "pw" not in result.output


def test_embed_unknown_site_names_the_known_ones(doctor: Doctor, host: WebServer) -> None:
    result = doctor(f"{host.url}/", "--site", "other")
    assert result.exit_code == 1
    assert "no site other; sites.toml has shop" in result.output


def test_embed_page_of_no_site_names_origins_and_option(
    doctor: Doctor, host: WebServer, installed: Installation
) -> None:
    sites = installed.folder / "sites.toml"
    elsewhere = sites.read_text().replace(host.url, "https://elsewhere.example")
    bank = 'name = "Bank"\nhandoff_keys = ["another secret of at least 32 bytes, for tests"]'
    sites.write_text(f"{elsewhere}\n[sites.bank]\n{bank}\n[sites.bank.flows.default]\n")
    result = doctor(f"{host.url}/")
    assert result.exit_code == 1
    assert f"no site of sites.toml has the origin {host.url}" in result.output
    assert "--site: shop, bank" in result.output


def test_embed_tags_of_the_page_are_checked(
    doctor: Doctor, host: WebServer, ours: WebServer
) -> None:
    host.answers["/"].body = (
        f'<script src="{ours.url}/static/embed-v1.js"></script>'
        '<mobbscan-onboarding server="https://elsewhere.example" site="other">'
    ).encode()
    result = doctor(f"{host.url}/")
    assert result.exit_code == 1
    for line in (
        f'<script type="module" src="{ours.url}/static/embed-v1.js"></script>',
        f'server="{ours.url}"',
        'site="shop"',
    ):
        assert f"write: {line}\n" in result.output


@pytest.mark.parametrize(("displays", "status"), [(("redirect",), 0), (("redirect", "modal"), 1)])
def test_embed_page_that_only_redirects_needs_no_frame_and_no_camera(
    doctor: Doctor, host: WebServer, ours: WebServer, displays: tuple[str, ...], status: int
) -> None:
    tags = (
        f'<mobbscan-onboarding server="{ours.url}" site="shop" display="{each}">'
        for each in displays
    )
    host.answers["/"] = Answer(
        "".join(tags).encode(),
        [(CSP, "frame-src 'none'"), ("Permissions-Policy", "camera=()")],
    )
    result = doctor(f"{host.url}/")
    assert result.exit_code == status
    assert ("FAIL" in result.output) is bool(status)
    assert f"{CSP}: frame-src" in result.output


def test_embed_control_characters_of_the_page_are_not_printed(
    doctor: Doctor, host: WebServer
) -> None:
    meta = f'<meta http-equiv="{CSP}" content="frame-src \x1b[2Ja.example\x9b">'
    host.answers["/"].body = meta.encode()
    output = doctor(f"{host.url}/").output
    assert "write: frame-src ?[2Ja.example" in output
    assert not {"\x1b", "\x9b"} & set(output)


@pytest.mark.parametrize(
    "start",
    [b"<![x y z>", b"<![endif", b'<a x="' * 100_000, b"<!--" * 200_000, b"<script>" * 100_000],
    ids=lambda start: start[:9].decode(),
)
def test_embed_malformed_html_neither_stops_nor_delays_the_check(
    doctor: Doctor, host: WebServer, start: bytes
) -> None:
    host.answers["/"].body = start
    started = time.process_time()
    result = doctor(f"{host.url}/")
    assert result.exit_code == 0, result.output
    assert time.process_time() - started < 5


@pytest.mark.parametrize("address", ["//[", "http://a\u2100b/"])
def test_embed_address_that_cannot_be_parsed_never_stops_the_check(
    doctor: Doctor, host: WebServer, ours: WebServer, address: str
) -> None:
    tag = f'<mobbscan-onboarding server="{ours.url}" site="shop" token-url="{address}">'
    html = f'<!doctype html><script src="{address}"></script>{tag}'
    host.answers["/"] = Answer(html.encode(), [(CSP, "connect-src *")])
    result = doctor(f"{host.url}/")
    assert result.exit_code == 0, result.exception
    host.answers["/"] = Answer(status=302, headers=[("Location", "//[")])
    assert (
        "warn  the page: redirects to //[, which is not followed" in doctor(f"{host.url}/").output
    )


def test_embed_marked_section_hides_nothing_behind_it(doctor: Doctor, host: WebServer) -> None:
    meta = f'<meta http-equiv="{CSP}" content="frame-src \'self\'">'
    host.answers["/"].body = f"<![old>{meta}".encode()
    assert f'FAIL  <meta http-equiv="{CSP}">' in doctor(f"{host.url}/").output


@pytest.mark.parametrize(
    "charset", ["hex", "rot13", "idna", "undefined", "punycode", "utf-16le", "no-such"]
)
def test_embed_charset_of_the_page_never_stops_the_check(
    doctor: Doctor, host: WebServer, charset: str
) -> None:
    meta = f'<meta http-equiv="{CSP}" content="frame-src \'self\'">'
    host.answers["/"] = Answer(
        meta.encode("utf-16le" if charset == "utf-16le" else "utf-8"),
        [("Content-Type", f"text/html; charset={charset}")],
    )
    assert f'FAIL  <meta http-equiv="{CSP}">' in doctor(f"{host.url}/").output


def test_embed_compressed_page_is_checked_by_its_headers(doctor: Doctor, host: WebServer) -> None:
    host.answers["/"] = Answer(b"\x1f\x8b", [("Content-Encoding", "gzip"), (CSP, "frame-src a.b")])
    result = doctor(f"{host.url}/")
    assert "warn  the page: is compressed" in result.output
    assert "FAIL" in result.output


def test_embed_page_is_requested_through_the_outbound_proxy(
    doctor: Doctor, host: WebServer
) -> None:
    with ForwardProxy() as proxy:
        result = doctor(f"{host.url}/", OUTBOUND_PROXY=proxy.url)
        assert result.exit_code == 0, result.output
        assert [each[:2] for each in host.requests] == [("GET", "/")]
    host.requests.clear()
    result = doctor(f"{host.url}/", OUTBOUND_PROXY="http://127.0.0.1:9")
    assert "see that OUTBOUND_PROXY lets this machine reach it" in result.output
    assert host.requests == []
