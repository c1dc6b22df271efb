"""How our client proves at the provider's token endpoint who it is (RFC 6749 2.3.1)."""

from __future__ import annotations

import base64
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import quote_plus

_Method: TypeAlias = Callable[..., tuple[str, MutableMapping[str, str], Any]]


def auth_method(setting: str, announced: Sequence[str]) -> str | _Method:
    """Return the method for Authlib: its own by name, or a function.

    `setting` is OIDC_TOKEN_AUTH_METHOD. `auto` takes what the provider announces; Basic, which
    every provider must support, if it announces both or none.
    """
    post_only = "client_secret_post" in announced and "client_secret_basic" not in announced
    if setting == "client_secret_post" or (setting == "auto" and post_only):
        return "client_secret_post"
    # Authlib's own Basic does not encode name and secret.
    return "client_secret_basic" if setting == "client_secret_basic_raw" else _encoded_basic


def _encoded_basic(
    client: Any, _method: str, uri: str, headers: MutableMapping[str, str], body: Any
) -> tuple[str, MutableMapping[str, str], Any]:
    """Form-encode name and secret before they are joined: a colon may be part of either."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body
