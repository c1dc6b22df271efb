"""Verify the signed messages of the server (Standard Webhooks)."""

from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class MessageVerifier:
    """Verifies messages with the secret `whsec_…` that shop and server share."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)

    def read(self, body: bytes, headers: dict[str, str]) -> dict[str, Any] | None:
        """Return the message; None without a valid signature of the last five minutes."""
        try:
            message: dict[str, Any] = self._webhook.verify(body, headers)
        except (WebhookVerificationError, ValueError):
            # standardwebhooks 1.1 raises ValueError when a signature is malformed.
            return None
        return message
