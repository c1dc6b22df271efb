"""What a notice looks like on the wire (contract, section 5), sound or spoilt."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from mobbscan_sandbox.gateway.delivery import Delivery


def notice_content(delivery: Delivery) -> bytes:
    """Return the body."""
    body: dict[str, Any] = {"verificationId": delivery.verification_id, "status": delivery.status}
    spoilt = delivery.spoilt
    if spoilt == "wrong_scan_id":
        body["verificationId"] = str(uuid.uuid4())
    elif spoilt == "unknown_words":
        body["status"] = "SOMETHING_NEW"
    elif spoilt == "extra_keys":
        body |= {"unheardOf": "text", "unheardOfObject": {"list": [1, None]}}
    text = json.dumps(body)
    if spoilt == "trailing_comma":
        text = text[:-1] + ",}"
    elif spoilt == "not_json":
        text = text[: len(text) // 2]
    return text.encode()


def notice_headers(delivery: Delivery, configured: Mapping[str, str]) -> dict[str, str]:
    """Return the customer's headers, or those of a forger, or spoilt ones."""
    chosen = dict(configured if delivery.headers is None else delivery.headers)
    if delivery.spoilt == "no_header":
        return {}
    if delivery.spoilt == "wrong_header":
        return {name: f"{value}-wrong" for name, value in chosen.items()}
    return chosen
