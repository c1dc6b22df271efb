"""Choose between the two URL paths that the vendor documents for creating a process."""

from __future__ import annotations

_DOCUMENTED_PATHS = ("/onboarding", "/onboarding/token")


class CreateEndpoint:
    """The path in use and the documented alternative; a custom path has none. Contract 4-A."""

    def __init__(self, configured_path: str) -> None:
        self._path = configured_path

    @property
    def path(self) -> str:
        """The path to try first."""
        return self._path

    @property
    def alternative(self) -> str | None:
        """The path to try when `path` does not exist at the gateway."""
        if self._path not in _DOCUMENTED_PATHS:
            return None
        return next(path for path in _DOCUMENTED_PATHS if path != self._path)

    def remember(self, path: str) -> None:
        """Try `path` first from now on."""
        self._path = path
