"""Tests of the address of `serve --bind` and of its number of workers."""

import socket
import subprocess
import sys
import threading

import click
import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import Installation
from tests.unit.cli.test_database import plain
from webapp.cli.bind import checked_bind, require_bindable


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8000", "0.0.0.0:80", "localhost:8000", "[::1]:8000", "[::]:8000"]
)
def test_checked_bind_host_and_port_returns_them_unchanged(address):
    assert checked_bind(address) == address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("abc:xyz", "give it as HOST:PORT"),
        ("8000", "give it as HOST:PORT"),
        ("::1:8000", "give it as HOST:PORT"),
        ("http://localhost:8000", "give it as HOST:PORT"),
        ("", "give it as HOST:PORT"),
        ("1.2.3.4:99999", "from 1 to 65535"),
        ("127.0.0.1:0", "from 1 to 65535"),
        (":8501", "127.0.0.1:8501 for this machine only"),
        ("no-such-host.invalid:8000", "no-such-host.invalid has no address"),
    ],
)
def test_serve_invalid_bind_exits_with_fix_before_creating_files(
    run: Run, installed: Installation, address, expected
):
    result = run("serve", "--bind", address)
    assert result.exit_code == 2
    assert expected in " ".join(plain(result).split())
    assert not installed.settings.instance_dir.exists()


def test_serve_invalid_number_of_workers_exits_with_one_line(ready: Installation) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "webapp", "serve"],
        env={**ready.process_environment(), "WEB_CONCURRENCY": "abc"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended
    assert "WEB_CONCURRENCY must be a whole number" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_serve_on_a_port_in_use_exits_with_one_line(ready: Installation, listener) -> None:
    bind = f"127.0.0.1:{listener.getsockname()[1]}"
    ended = subprocess.run(
        [sys.executable, "-m", "webapp", "serve", "--bind", bind],
        env=ready.process_environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended
    expected = f"Error: cannot listen on {bind} (Address already in use)"
    assert ended.stderr.startswith(expected), ended.stderr
    assert "--bind" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not ended.stdout


def test_require_bindable_port_freed_meanwhile_returns(listener) -> None:
    bind = f"127.0.0.1:{listener.getsockname()[1]}"
    timer = threading.Timer(0.3, listener.close)
    timer.start()
    require_bindable(bind, wait_seconds=30)
    timer.join()


def test_require_bindable_foreign_address_raises_with_reason() -> None:
    with pytest.raises(click.ClickException, match="Cannot assign requested address"):
        require_bindable("192.0.2.1:8000", wait_seconds=0)
