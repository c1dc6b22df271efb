"""Read evidence with the server's gateway client, as lines of JSON from stdin to stdout.

A line in is `[gateway_url, kind, evidence_url or null]`; a line out is an object with `media_type`,
`bytes`, `answered_at` and `error`.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import stamina.instrumentation

from tests.support.evidence_gateway import ID
from tests.support.memory_token_cache import MemoryTokenCache
from webapp.gateway import Gateway, GatewayError, GatewayOptions

_TYPES = {"image": "document_front", "recording": "video_liveness"}


def read(gateway_url: str, kind: str, evidence_url: str | None) -> dict[str, Any]:
    client = Gateway(GatewayOptions(gateway_url, "key", "secret"), MemoryTokenCache())
    found: dict[str, Any] = dict.fromkeys(("media_type", "bytes", "answered_at", "error"))
    arguments = [ID, _TYPES[kind]] if kind in _TYPES else [ID]
    try:
        with getattr(client, kind)(*arguments, evidence_url) as evidence:
            content = b"".join(evidence.chunks)
            answered_at = getattr(evidence, "answered_at", None)
            found |= {
                "media_type": evidence.media_type,
                "bytes": base64.b64encode(content).decode(),
                "answered_at": answered_at and answered_at.isoformat(),
            }
    except GatewayError as error:
        found["error"] = type(error).__name__
    finally:
        client.close()
    return found


if __name__ == "__main__":
    stamina.instrumentation.set_on_retry_hooks([])  # they would write to stdout
    for line in sys.stdin:
        sys.stdout.write(json.dumps(read(*json.loads(line))) + "\n")
        sys.stdout.flush()
