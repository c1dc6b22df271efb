"""`python -m mobbscan_sandbox` as a program."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mobbscan_sandbox.gateway import main
from tests.support.gateway import web


def started(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mobbscan_sandbox", "--bind", "127.0.0.1:0", *arguments],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )


def introduction(program: subprocess.Popen[str]) -> dict[str, str]:
    """Read what it prints when it is ready."""
    assert program.stdout is not None
    lines: dict[str, str] = {}
    while "notices to" not in lines:
        line = program.stdout.readline()
        assert line, "it ended early"
        name, value = re.split(r"  +", line.strip(), maxsplit=1)
        lines[name] = value
    return lines


def stopped(program: subprocess.Popen[str]) -> int:
    program.send_signal(signal.SIGTERM)
    status = program.wait(timeout=60)
    assert program.stdout is not None
    program.stdout.close()
    return status


def test_credentials_that_nobody_chose_are_made_up_and_printed(root: Path) -> None:
    program = started(root)
    told = introduction(program)
    body = {"api_key": told["api key"], "api_secret": told["api secret"]}
    assert web.post(f"{told['gateway in a box']}/auth/token", json=body).status_code == 200
    assert web.get(told["controls"]).status_code == 200
    assert told["notices to"] == "nobody (no --webhook)"
    assert stopped(program) == 0


def test_given_credentials_and_headers_are_used_and_not_printed(root: Path) -> None:
    program = started(
        root,
        *("--api-key", "k", "--api-secret", "s3cret", "--webhook", "http://127.0.0.1:9/hook"),
        *("--webhook-header", "Authorization: Bearer t0p", "--webhook-header", "X-A: b:c"),
        *("--webhook-state", "VERIFIED", "--webhook-state", "VIDEO_AVAILABLE"),
        *("--public-url", "https://gateway.example/"),
    )
    told = introduction(program)
    url = told["gateway in a box"]
    assert set(told) == {"gateway in a box", "controls", "notices to"}
    answer = web.post(f"{url}/auth/token", json={"api_key": "k", "api_secret": "s3cret"})
    headers = {"Authorization": f"Bearer {answer.json()['accessToken']}"}
    created = web.post(f"{url}/onboarding", json={}, headers=headers).json()
    assert created["url"].startswith("https://gateway.example/onboarding/")
    webhook = web.get(f"{url}/_sandbox/api/webhook").json()
    assert webhook == {
        "url": "http://127.0.0.1:9/hook",
        "header_names": ["Authorization", "X-A"],
        "states": ["VERIFIED", "VIDEO_AVAILABLE"],
    }
    assert stopped(program) == 0


def test_secrets_may_come_in_files(root: Path, tmp_path: Path) -> None:
    secret, headers = tmp_path / "secret", tmp_path / "headers"
    secret.write_text("-s3cret\n")
    headers.write_text('{"Authorization": "Bearer t0p"}')
    files = ("--api-secret-file", str(secret), "--webhook-header-file", str(headers))
    program = started(root, "--api-key", "k", *files)
    url = introduction(program)["gateway in a box"]
    body = {"api_key": "k", "api_secret": "-s3cret"}
    assert web.post(f"{url}/auth/token", json=body).status_code == 200
    assert web.get(f"{url}/_sandbox/api/webhook").json()["header_names"] == ["Authorization"]
    assert stopped(program) == 0


@pytest.mark.parametrize("content", ["no json", "[]", '{"Authorization": ""}', "\ud800"])
def test_a_file_of_headers_that_is_none_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    headers = tmp_path / "headers"
    headers.write_bytes(content.encode(errors="surrogatepass"))
    with pytest.raises(SystemExit):
        main(["--webhook-header-file", str(headers)])
    assert "--webhook-header-file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bind", "8001"],
        ["--api-secret-file", "/nothing/there"],
        ["--bind", "host:99999"],
        ["--webhook-header", "nonsense"],
        ["--what"],
    ],
)
def test_a_wrong_command_line_is_explained(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "error:" in capsys.readouterr().err
