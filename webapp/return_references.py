"""Return references, signed with SECRET_KEY (itsdangerous). Implements `journey.references`."""

from __future__ import annotations

from collections.abc import Sequence

from itsdangerous import BadData, URLSafeSerializer

from webapp.domain.errors import ReferenceTampered


class SignedReferences:
    def __init__(self, public_url: str, keys: Sequence[str]) -> None:
        """`keys`: newest first, as SECRET_KEY and its fallbacks are."""
        self._public_url = public_url
        # itsdangerous wants the oldest first; the last one signs.
        self._signer = URLSafeSerializer(list(reversed(keys)), salt="mobbscan-embed return")

    def sign(self, onboarding_id: str) -> str:
        return str(self._signer.dumps(onboarding_id))

    def read(self, reference: str) -> str:
        try:
            found = self._signer.loads(reference)
        except BadData as cause:
            raise ReferenceTampered("not a reference of ours") from cause
        if not isinstance(found, str):
            raise ReferenceTampered("not a reference of ours")
        return found

    def address(self, reference: str) -> str:
        return f"{self._public_url}/return/{reference}"
