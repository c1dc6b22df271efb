"""`python -m mobbscan_sandbox` as a program, and its alias `python -m webapp sandbox`."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from mobbscan_sandbox.gateway import main
from tests.support.gateway import web

WITHOUT_PACKAGES = (
    "import sys; sys.modules.update(dict.fromkeys(['PIL', 'fpdf', 'oidc_provider_mock']))"
)
WITHOUT_SANDBOX = "import sys; sys.modules['mobbscan_sandbox'] = None"


@contextmanager
def running_program(root, *arguments):
    """Start the program and yield the names and values that it prints."""
    program = subprocess.Popen(
        [sys.executable, "-m", "mobbscan_sandbox", "--bind", "127.0.0.1:0", *arguments],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
    )
    printed = {}
    while "notices to" not in printed:
        line = program.stdout.readline()
        assert line, "the program ended early"
        name, value = re.split(r"  +", line.strip(), maxsplit=1)
        printed[name] = value
    yield printed
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=60) == 0
    program.stdout.close()


def run_with(root, folder, customization, *command):
    """Run a module with a `sitecustomize` that makes packages unimportable."""
    (folder / "sitecustomize.py").write_text(customization)
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_program_without_credentials_generates_and_prints_them(root):
    with running_program(root) as printed:
        url = printed["gateway in a box"]
        body = {"api_key": printed["api key"], "api_secret": printed["api secret"]}
        assert web.post(f"{url}/auth/token", json=body).status_code == 200
        assert web.get(printed["controls"]).status_code == 200
        assert printed["notices to"] == "none (no --webhook)"


def test_program_uses_given_credentials_and_headers_without_printing_them(root):
    arguments = [
        *("--api-key", "k", "--api-secret", "s3cret", "--webhook", "http://127.0.0.1:9/hook"),
        *("--webhook-header", "Authorization: Bearer t0p", "--webhook-header", "X-A: b:c"),
        *("--webhook-state", "VERIFIED", "--webhook-state", "VIDEO_AVAILABLE"),
        *("--public-url", "https://gateway.example/"),
    ]
    with running_program(root, *arguments) as printed:
        assert set(printed) == {"gateway in a box", "controls", "notices to"}
        url = printed["gateway in a box"]
        answer = web.post(f"{url}/auth/token", json={"api_key": "k", "api_secret": "s3cret"})
        headers = {"Authorization": f"Bearer {answer.json()['accessToken']}"}
        created = web.post(f"{url}/onboarding", json={}, headers=headers).json()
        assert created["url"].startswith("https://gateway.example/onboarding/")
        assert web.get(f"{url}/_sandbox/api/webhook").json() == {
            "url": "http://127.0.0.1:9/hook",
            "header_names": ["Authorization", "X-A"],
            "states": ["VERIFIED", "VIDEO_AVAILABLE"],
        }


def test_program_reads_secrets_from_files(root, tmp_path):
    secret, headers = tmp_path / "secret", tmp_path / "headers"
    secret.write_text("-s3cret\n")
    headers.write_text('{"Authorization": "Bearer t0p"}')
    files = ("--api-secret-file", str(secret), "--webhook-header-file", str(headers))
    with running_program(root, "--api-key", "k", *files) as printed:
        url = printed["gateway in a box"]
        body = {"api_key": "k", "api_secret": "-s3cret"}
        assert web.post(f"{url}/auth/token", json=body).status_code == 200
        assert web.get(f"{url}/_sandbox/api/webhook").json()["header_names"] == ["Authorization"]


@pytest.mark.parametrize("content", ["no json", "[]", '{"Authorization": ""}', "\ud800"])
def test_invalid_header_file_is_an_error_that_names_the_option(tmp_path, capsys, content):
    headers = tmp_path / "headers"
    headers.write_bytes(content.encode(errors="surrogatepass"))
    with pytest.raises(SystemExit):
        main(["--webhook-header-file", str(headers)])
    assert "--webhook-header-file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bind", "8001"],
        ["--bind", "host:99999"],
        ["--api-secret-file", "/nothing/there"],
        ["--webhook-header", "nonsense"],
        ["--what"],
    ],
)
def test_invalid_option_exits_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["mobbscan_sandbox"], ["webapp", "sandbox"]])
def test_command_without_its_packages_names_them_in_one_sentence(root, tmp_path, command):
    ran = run_with(root, tmp_path, WITHOUT_PACKAGES, *command, "--bind", "127.0.0.1:0")
    assert ran.returncode == 1
    assert "fpdf2, oidc-provider-mock, pillow" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_alias_without_the_sandbox_package_says_so_in_one_sentence(root, tmp_path):
    ran = run_with(root, tmp_path, WITHOUT_SANDBOX, "webapp", "sandbox")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "the package mobbscan_sandbox is missing" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_alias_passes_its_options_on(root, tmp_path):
    ran = run_with(root, tmp_path, "", "webapp", "sandbox", "--help")
    assert (ran.returncode, "--webhook-header-file" in ran.stdout) == (0, True)
