"""The database: is it there, up to date, writable, and opened by our keys?"""

from __future__ import annotations

from collections.abc import Iterator

from webapp.cli.doctor.finding import Finding, failure, good, warning
from webapp.store.sqlite_file import SqliteFile
from webapp.wiring import Components


def findings(parts: Components) -> Iterator[Finding]:
    """A file that is not there yet is no failure, where `serve` can make it."""
    file = SqliteFile.of(parts.engine.url)
    if file is not None and file.path.parent.is_dir() and not file.path.exists():
        yield warning(
            f"database: there is no file {file.path} yet: `serve` makes it at its first start; "
            "if there has been one, put it back before"
        )
        return
    problems = parts.steps.find_problems()
    yield from (failure(f"database: {problem}") for problem in problems)
    if not problems:
        yield good("database is up to date and writable")
