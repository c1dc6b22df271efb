"""Return references: what our address at the end of `redirectUrl` carries, signed."""

from __future__ import annotations

from typing import Protocol


class References(Protocol):
    """Signs onboarding ids for return addresses; `webapp.return_references` does it for real."""

    def sign(self, onboarding_id: str) -> str:
        """A reference safe in a path segment."""
        ...

    def read(self, reference: str) -> str:
        """The onboarding id. Raises ReferenceTampered."""
        ...

    def address(self, reference: str) -> str:
        """The full return address to hand to the gateway as `redirectUrl` (contract 3.1)."""
        ...
