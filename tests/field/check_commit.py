"""Run the field tests of this checkout against the code of another commit, and print each result.

`python tests/field/check_commit.py COMMIT [pytest options]`. A test that fails is red; one that
cannot be imported or set up is an error, which says nothing about the code of that commit.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LINE = re.compile(r"^(PASSED|FAILED|ERROR) (tests/field/\S+(?: \S+?)*?)(?: - (.*))?$")
_NOT_SET_UP = re.compile(r"ImportError|ModuleNotFoundError|fixture '")
_PYTEST = ("-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider", "-p", "no:randomly")


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Yield a folder with the code of `commit` and the tests of this checkout."""
    with tempfile.TemporaryDirectory(prefix="mobbscan-embed-") as name:
        folder = Path(name) / "checkout"
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", str(folder), commit],
            cwd=ROOT,
            check=True,
        )
        try:
            shutil.rmtree(folder / "tests")
            shutil.copytree(
                ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__")
            )
            yield folder
        finally:
            subprocess.run(
                ["git", "worktree", "remove", "--force", str(folder)], cwd=ROOT, check=True
            )


def results(folder: Path, options: list[str]) -> Iterator[tuple[str, str]]:
    """Yield `passed`, `red` or `error` with the id of each test."""
    command = [sys.executable, *_PYTEST, "tests/field", *options]
    run = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    for line in run.stdout.splitlines():
        found = _LINE.match(line)
        if found:
            outcome, test, reason = found.groups()
            is_red = outcome == "FAILED" and not _NOT_SET_UP.search(reason or "")
            yield "passed" if outcome == "PASSED" else "red" if is_red else "error", test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    given, options = parser.parse_known_args()
    with checkout(given.commit) as folder:
        found = sorted(results(folder, options), key=lambda each: each[1])
    for outcome, test in found:
        sys.stdout.write(f"{outcome:6}  {test.removeprefix('tests/field/')}\n")
    sys.stdout.write(f"{dict(Counter(outcome for outcome, _ in found))}\n")
    if not found:
        sys.exit("no field test ran")


if __name__ == "__main__":
    main()
