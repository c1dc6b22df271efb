"""Write the demo's `sites.toml` with the example shop."""

import hashlib
import json
import re
from collections.abc import Mapping

from mobbscan_sandbox.demo.addresses import Addresses
from mobbscan_sandbox.demo.instance_folder import InstanceFolder

Table = Mapping[str, object]
"""Keys and values of one TOML table; a key with the value `None` is left out."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def api_key_hash(key: str) -> str:
    """Return an entry of `api_keys` for the key: `sha256:` and lower-case hex."""
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def shop_site(addresses: Addresses, instance: InstanceFolder) -> dict[str, object]:
    """Return the table `[sites.shop]`."""
    shop = addresses.shop_url
    return {
        "name": "Example Shop",
        "origins": [shop],
        "return_urls": [f"{shop}/account"],
        "oidc": True,
        "handoff_keys": [f"file:{instance.secret_file('handoff_key')}"],
        "api_keys": [api_key_hash(instance.secret("shop_api_key"))],
        # Only browsers resolve shop.localhost.
        "webhook_url": f"http://127.0.0.1:{addresses.shop}/hooks/identity",
        "webhook_secrets": [f"file:{instance.secret_file('shop_webhook_secret')}"],
        "allow_private_webhook": True,
        "privacy_url": f"{shop}/privacy",
        "support_url": f"{shop}/help",
        "locales": ["en", "es"],
        "brand": {"color": "#0b6e4f"},
    }


def shop_flow() -> dict[str, object]:
    """Return the table `[sites.shop.flows.default]`."""
    return {
        "mode": "iframe",
        "country": "ESP",
        "document_type": "IDCard",
        "consent_version": "2026-01",
        "attempts": 3,
        "reason_map": {"Document expired": "document_expired"},
    }


def sites_toml(tables: Mapping[str, Table]) -> str:
    """Return TOML for tables by their dotted names, such as `sites.shop.flows.default`."""
    head = "# Each start of the demo overwrites this file: copy it, do not edit it.\n"
    return head + "".join(
        f"\n[{name}]\n" + "".join(_line(key, value) for key, value in table.items())
        for name, table in tables.items()
    )


def _line(key: str, value: object) -> str:
    name = key if _BARE_KEY.fullmatch(key) else json.dumps(key)
    return "" if value is None else f"{name} = {_value(value)}\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_line(key, each).strip() for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    # Strings, numbers and booleans are written the same in JSON and in TOML.
    return json.dumps(value, ensure_ascii=False)
