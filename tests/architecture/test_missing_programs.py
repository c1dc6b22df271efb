"""Checks that a skipped test with a missing program is reported, or fails under REQUIRE_ALL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.mark.needs("strace")
def test_with_need():
    pass

def test_without_need():
    pass
"""


@pytest.fixture
def run(root: Path, tmp_path: Path):
    """Return a function that runs two tests with strace missing."""
    conftest = (root / "tests" / "conftest.py").read_text("utf-8")
    (tmp_path / "conftest.py").write_text(f'{conftest}\nPROGRAMS["strace"] = ("no-such-program",)')
    (tmp_path / "test_two.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = needs(*programs)\n")

    def run(*options: str, **environ: str) -> tuple[int, str]:
        quick = ["-p", "no:cacheprovider", *options]
        command = [sys.executable, "-m", "pytest", *quick, str(tmp_path)]
        plain = {name: text for name, text in os.environ.items() if name != "REQUIRE_ALL"}
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=plain | environ, cwd=tmp_path
        )
        return done.returncode, done.stdout

    return run


@pytest.mark.parametrize("shared", [(), ("-n", "2")], ids=["one process", "two processes"])
def test_missing_program_is_reported_in_the_summary(run, shared):
    code, output = run(*shared)
    assert code == 0
    assert "! 1 TESTS LEFT OUT !" in output
    assert "1 of them need strace, which is not installed" in output
    assert "1 passed, 1 skipped" in output.splitlines()[-1]


def test_missing_program_fails_the_run_if_all_are_required(run):
    code, output = run(REQUIRE_ALL="1")
    assert code == 1
    assert "needs strace, not installed here, and REQUIRE_ALL=1 forbids" in output
    assert "1 passed, 1 error" in output.splitlines()[-1]
