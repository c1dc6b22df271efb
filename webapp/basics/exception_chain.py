"""Walk from an exception to the exceptions that caused it."""

from __future__ import annotations

from collections.abc import Iterator


def exception_chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception, its cause, the cause's cause and so on, each once.

    Includes contexts suppressed by `from None`: httpcore suppresses the TLS error that way.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
