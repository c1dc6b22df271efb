"""Sign messages to host sites as Standard Webhooks (standardwebhooks.com) demands."""

from __future__ import annotations

import base64
import secrets as random_secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks.webhooks import Webhook

_SECRET_BYTES = 32


def signed_headers(
    message_id: str, body: str, at: datetime, secrets: Sequence[str]
) -> dict[str, str]:
    """Return `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature`.

    `at` is the time of this attempt, aware UTC: receivers refuse old timestamps. Every secret
    (`whsec_…`) signs, so that a receiver that knows one of them can verify while they rotate.
    Raises ValueError without a secret, and for a time that is not aware UTC.
    """
    offset = at.utcoffset()
    if offset is None or offset:
        raise ValueError("the time of an attempt must be aware UTC")
    if not secrets:
        raise ValueError("a message cannot be signed without a secret")
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def new_secret() -> str:
    """Return a random secret (`whsec_…`)."""
    text = base64.b64encode(random_secrets.token_bytes(_SECRET_BYTES)).decode()
    return f"whsec_{text}"
