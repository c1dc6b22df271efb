"""Control of bench_starts.py: the vendor's sample code for a start, behind a Flask route.

Both snippets are unchanged: each call creates a client, and each start fetches a token. The vendor
uses `requests`; this uses `httpx`, as the measured code does.
"""

from __future__ import annotations

import os
import uuid

import httpx
from flask import Flask, redirect
from werkzeug.wrappers import Response

GATEWAY = os.environ.get("MOBBSCAN_GATEWAY_URL", "")
app = Flask(__name__)


def start(gateway: str) -> str:
    """Create a process at the gateway and return its hosted address."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    data = {"api_key": "API_KEY", "api_secret": "API_SECRET"}
    response = httpx.post(f"{gateway}/auth/token", json=data, headers=headers)
    access_token = response.json()["accessToken"]

    headers = {"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"}
    json_data = {
        "countryId": "ESP",
        "docType": "IDCard",
        "redirectUrl": "https://example.com/redirect",
        "scanId": str(uuid.uuid4()),
        "verificationExtraData": {"additionalProp1": "string"},
    }
    response = httpx.post(f"{gateway}/onboarding", json=json_data, headers=headers)
    return str(response.json()["url"])


@app.post("/onboardings")
def begin() -> Response:
    return redirect(start(GATEWAY), 303)
