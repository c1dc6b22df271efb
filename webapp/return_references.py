"""Sign onboarding ids for return addresses, with SECRET_KEY (itsdangerous)."""

from __future__ import annotations

from collections.abc import Sequence

from itsdangerous import BadData, URLSafeSerializer

from webapp.domain.errors import ReferenceTampered


class SignedReferences:
    """Makes and verifies the reference at the end of `redirectUrl` (contract 3.1)."""

    def __init__(self, public_url: str, keys: Sequence[str]) -> None:
        """`keys`: newest first, as SECRET_KEY and its fallbacks are."""
        self._public_url = public_url
        # itsdangerous wants the oldest first; the last one signs.
        self._signer = URLSafeSerializer(list(reversed(keys)), salt="mobbscan-embed return")

    def sign(self, onboarding_id: str) -> str:
        """Return the signed reference of an id; it is safe in a path segment."""
        return str(self._signer.dumps(onboarding_id))

    def verify(self, reference: str) -> str:
        """Return the onboarding id of a reference. Raises ReferenceTampered."""
        try:
            found = self._signer.loads(reference)
        except BadData as cause:
            raise ReferenceTampered("not a reference of ours") from cause
        if not isinstance(found, str):
            raise ReferenceTampered("not a reference of ours")
        return found

    def url(self, reference: str) -> str:
        """Return the whole address for the gateway's `redirectUrl`."""
        return f"{self._public_url}/return/{reference}"
