"""Fixture that lists the files of the repository."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

GENERATED = {"instance", "htmlcov", "test-results", "__pycache__"}


@pytest.fixture(scope="session")
def files(root: Path) -> Callable[..., list[Path]]:
    """Return a function that lists files, optionally by suffix; hidden ones are left out."""

    def files_in(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            hidden = path.name.startswith(".") and path.name not in (".ci", ".gitignore")
            if hidden or path.name in GENERATED:
                continue
            if path.is_dir():
                yield from files_in(path)
            else:
                yield path

    all_files = list(files_in(root))
    return lambda *suffixes: [p for p in all_files if not suffixes or p.suffix in suffixes]
