"""Read and verify signed results as a host site does: with the published keys only."""

from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

PARAMETER = "mobbscan_result"


def split_result(url: str) -> tuple[str, str]:
    """Return a return address without its last parameter, the signed result, and the result."""
    address, _, rest = url.rpartition(f"{PARAMETER}=")
    result, hash_mark, fragment = rest.partition("#")
    return address[:-1] + hash_mark + fragment, result


def verified_result(public_url: str, result: str) -> dict[str, Any]:
    """Return the claims. Raises JoseError unless a published key has signed the result."""
    answer = httpx.get(f"{public_url}/.well-known/jwks.json", verify=False, trust_env=False)
    keys = KeySet.import_key_set(answer.raise_for_status().json())
    return dict(jwt.decode(result, keys, algorithms=["ES256"]).claims)
