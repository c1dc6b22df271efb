"""What the tests of the house read: the tree as it lies there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LEFT_BY_RUNNING = {"instance", "htmlcov", "test-results", "__pycache__"}


@pytest.fixture(scope="session")
def files(root: Path) -> Callable[..., list[Path]]:
    """All files of the repository with these endings, or all; nothing hidden but `.ci`."""

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            hidden = path.name.startswith(".") and path.name not in (".ci", ".gitignore")
            if hidden or path.name in LEFT_BY_RUNNING:
                continue
            if path.is_dir():
                yield from walk(path)
            else:
                yield path

    everything = list(walk(root))
    return lambda *endings: [p for p in everything if not endings or p.suffix in endings]
