"""Where `serve` listens is checked before anything is touched."""

import subprocess
import sys

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import Installation
from tests.unit.cli.test_database import plain
from webapp.cli.bind import checked_bind


@pytest.mark.parametrize(
    "good", ["127.0.0.1:8000", "0.0.0.0:80", "localhost:8000", "[::1]:8000", "[::]:8000"]
)
def test_a_host_and_a_port_are_taken_as_they_are(good):
    assert checked_bind(good) == good


@pytest.mark.parametrize(
    ("wrong", "cure"),
    [
        ("abc:xyz", "give it as HOST:PORT"),
        ("8000", "give it as HOST:PORT"),
        ("::1:8000", "give it as HOST:PORT"),
        ("http://localhost:8000", "give it as HOST:PORT"),
        ("", "give it as HOST:PORT"),
        ("1.2.3.4:99999", "from 1 to 65535"),
        ("127.0.0.1:0", "from 1 to 65535"),
        (":8501", "127.0.0.1:8501 is for this machine only"),
        ("no-such-host.invalid:8000", "knows no address"),
    ],
)
def test_anything_else_is_refused_with_the_cure_before_the_database_is_made(
    run: Run, installed: Installation, wrong, cure
):
    result = run("serve", "--bind", wrong)
    assert result.exit_code == 2
    assert cure in " ".join(plain(result).split())
    assert not installed.settings.instance_dir.exists()


@pytest.mark.parametrize("wrong", ["abc", "0", "-2", "1.5"])
def test_a_number_of_workers_that_is_none_is_one_clear_line(ready: Installation, wrong) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "webapp", "serve"],
        env={**ready.process_environment(), "WEB_CONCURRENCY": wrong},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 1, ended
    assert "WEB_CONCURRENCY is not a number of web workers from 1 to 999: set it" in ended.stderr
    assert "Traceback" not in ended.stderr
