"""A test whose program is missing is never left out in silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.mark.needs("strace")
def test_that_needs_it():
    pass

def test_that_does_not():
    pass
"""


@pytest.fixture
def run(root: Path, tmp_path: Path):
    """Run two tests in a world where strace is not installed."""
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


@pytest.mark.parametrize("shared", [(), ("-n", "2")], ids=["alone", "by several processes"])
def test_it_is_left_out_loudly(run, shared):
    code, output = run(*shared)
    assert code == 0
    assert "! 1 TESTS LEFT OUT !" in output
    assert "1 of them need strace, which is not installed" in output
    assert "1 passed, 1 skipped" in output.splitlines()[-1]


def test_it_fails_where_nothing_may_be_left_out(run):
    code, output = run(REQUIRE_ALL="1")
    assert code == 1
    assert "needs strace, not installed here, and REQUIRE_ALL=1 forbids" in output
    assert "1 passed, 1 error" in output.splitlines()[-1]
