"""The demo's `sites.toml`: the example shop, as its owner would describe it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from mobbscan_sandbox.demo.addresses import Addresses

Table = Mapping[str, object]
"""Keys and values of one TOML table; a value of `None` takes the key out."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def shop_site(addresses: Addresses, handoff_key_file: Path) -> dict[str, object]:
    """The table `[sites.shop]`."""
    shop = addresses.shop_url
    return {
        "name": "Example Shop",
        "origins": [shop],
        "return_urls": [f"{shop}/account"],
        "oidc": True,
        "handoff_keys": [f"file:{handoff_key_file}"],
        "privacy_url": f"{shop}/privacy",
        "support_url": f"{shop}/help",
        "locales": ["en", "es"],
        "brand": {"color": "#0b6e4f"},
    }


def shop_flow() -> dict[str, object]:
    """The table `[sites.shop.flows.default]`."""
    return {
        "mode": "iframe",
        "country": "ESP",
        "document_type": "IDCard",
        "consent_version": "2026-01",
        "attempts": 3,
        "reason_map": {"Document expired": "document_expired"},
    }


def sites_toml(tables: Mapping[str, Table]) -> str:
    """Write tables by their dotted names, for example `sites.shop.flows.default`."""
    head = "# Written anew at each start of the demo: an example to copy, not a place to edit.\n"
    return head + "".join(
        f"\n[{name}]\n" + "".join(_line(key, value) for key, value in table.items())
        for name, table in tables.items()
    )


def _line(key: str, value: object) -> str:
    name = key if _BARE.fullmatch(key) else json.dumps(key)
    return "" if value is None else f"{name} = {_value(value)}\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_line(key, each).strip() for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    # Strings, numbers and booleans are written the same in JSON and in TOML.
    return json.dumps(value, ensure_ascii=False)
