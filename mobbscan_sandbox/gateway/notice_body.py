"""Body and headers of a notice (contract, section 5), with its fault applied."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from mobbscan_sandbox.gateway.delivery import Delivery


def notice_content(delivery: Delivery) -> bytes:
    """Return the JSON body."""
    body: dict[str, Any] = {"verificationId": delivery.verification_id, "status": delivery.status}
    fault = delivery.fault
    if fault == "wrong_scan_id":
        body["verificationId"] = str(uuid.uuid4())
    elif fault == "unknown_words":
        body["status"] = "SOMETHING_NEW"
    elif fault == "extra_keys":
        body |= {"unknownKey": "text", "unknownObject": {"list": [1, None]}}
    text = json.dumps(body)
    if fault == "trailing_comma":
        text = text[:-1] + ",}"
    elif fault == "not_json":
        text = text[: len(text) // 2]
    return text.encode()


def notice_headers(delivery: Delivery, configured: Mapping[str, str]) -> dict[str, str]:
    """Return the tenant's headers, those of a forged notice, or wrong ones."""
    chosen = dict(configured if delivery.headers is None else delivery.headers)
    if delivery.fault == "no_header":
        return {}
    if delivery.fault == "wrong_header":
        return {name: f"{value}-wrong" for name, value in chosen.items()}
    return chosen
