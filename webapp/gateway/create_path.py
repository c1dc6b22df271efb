"""The vendor documents two addresses for one call; which one works is remembered."""

from __future__ import annotations

_DOCUMENTED = ("/onboarding", "/onboarding/token")


class CreatePath:
    """The path in use and its documented alternative; another path has none. Contract 4-A."""

    def __init__(self, configured: str) -> None:
        self._current = configured

    @property
    def current(self) -> str:
        """The path to try first."""
        return self._current

    @property
    def other(self) -> str | None:
        """The path to try when nobody answers at the current one."""
        if self._current not in _DOCUMENTED:
            return None
        return next(path for path in _DOCUMENTED if path != self._current)

    def remember(self, path: str) -> None:
        """From now on this one first."""
        self._current = path
