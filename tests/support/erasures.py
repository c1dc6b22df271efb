"""Deletes onboardings by API."""

import hashlib
from typing import Any

import httpx

from tests.support.eventually import eventually
from tests.support.stack import Stack

KEY = "a key of tests that may erase"
#: The setting `api_keys` of a site whose back end may erase.
KEYS = [
    {
        "hash": "sha256:" + hashlib.sha256(KEY.encode()).hexdigest(),
        "scopes": ["onboardings", "erase"],
    }
]


def call(stack: Stack, method: str, path: str) -> httpx.Response:
    with httpx.Client(trust_env=False, verify=False, timeout=30) as client:
        headers = {"Authorization": f"Bearer {KEY}"}
        return client.request(method, f"{stack.public_url}/api/v1{path}", headers=headers)


def delete(stack: Stack, path: str) -> httpx.Response:
    return call(stack, "DELETE", path)


def erasure_of(stack: Stack, erasure_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = call(stack, "GET", f"/erasures/{erasure_id}").raise_for_status().json()
    return answer


def until_settled(stack: Stack, erasure_id: str, seconds: float) -> dict[str, Any]:
    """Wait until no more attempts follow."""

    def settled() -> dict[str, Any] | None:
        found = erasure_of(stack, erasure_id)
        return found if found["next_attempt_at"] is None else None

    return eventually(settled, seconds=seconds)
