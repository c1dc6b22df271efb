"""Check that the database exists, is up to date and writable, and fits DATA_KEYS."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.cli.doctor.finding import Finding, failure, good, warning
from webapp.store.sqlite_file import SqliteFile
from webapp.wiring import Components


def findings(components: Components) -> Iterator[Finding]:
    """A missing SQLite file is a warning if `serve` can create it."""
    file = SqliteFile.of(components.engine.url)
    if file is not None and file.path.parent.is_dir() and not file.path.exists():
        yield warning(
            f"database: there is no file {file.path} yet: `serve` creates it at its first start; "
            "if there was one, restore it first"
        )
        return
    problems = components.steps.find_problems()
    yield from (failure(f"database: {problem}") for problem in problems)
    if not problems:
        yield good("database is up to date and writable")
