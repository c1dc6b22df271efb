"""Every setting there is: its name, how it is checked, and the cure when it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from webapp.config import addresses, values
from webapp.config.database import database_address


@dataclass(frozen=True)
class Setting:
    """One row of docs/settings.md.

    `cure` ends a sentence ("set it to …"); `default` is checked like a given text; without one,
    an unset setting is `unset`.
    """

    name: str
    check: Callable[[str], Any]
    cure: str
    required: bool = False
    default: str | None = None
    unset: Any = None

    @property
    def field(self) -> str:
        return self.name.removeprefix("MOBBSCAN_").lower()


_RANDOM_TEXT = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
_RANDOM_DATA_KEY = (
    "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)
_PROVIDER = "set it as registered at the identity provider"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "MOBBSCAN_GATEWAY_URL",
        addresses.base_address,
        "set it to the gateway's base address, such as https://gateway.example",
        required=True,
    ),
    Setting("MOBBSCAN_API_KEY", values.plain, "set it to the key from the vendor", required=True),
    Setting(
        "MOBBSCAN_API_SECRET",
        values.plain,
        "set it to the secret that came with the key",
        required=True,
    ),
    Setting(
        "MOBBSCAN_WEBHOOK_HEADERS",
        values.headers,
        'set it to a JSON object such as {"X-Notice-Key": "…"}, as agreed with the vendor',
        unset=(),
    ),
    Setting(
        "MOBBSCAN_CREATE_PATH",
        values.path_below_gateway,
        "leave it unset, or set it to the path the vendor names",
        default="/onboarding",
    ),
    Setting(
        "MOBBSCAN_DELETE_METHOD",
        values.delete_method,
        "leave it unset, or set it to the method the vendor names",
        default="DELETE",
    ),
    Setting(
        "MOBBSCAN_DECISION_TYPE",
        values.plain,
        "leave it unset, or set it to the word the vendor names",
        default="AUTO",
    ),
    Setting(
        "MOBBSCAN_HOSTED_ORIGINS",
        values.json_list(addresses.origin),
        'set it to a JSON list such as ["https://pages.example"]',
        unset=(),
    ),
    Setting(
        "PUBLIC_URL",
        addresses.base_address,
        "set it to the address at which browsers reach this server, such as https://id.example",
        required=True,
    ),
    Setting(
        "CONSOLE_URL",
        addresses.base_address,
        "leave it unset, or set it to the console's own address",
    ),
    Setting(
        "INSTANCE_DIR",
        values.folder,
        "set it to a folder that this server may write to",
        default="./instance",
    ),
    Setting(
        "RECONCILE_AFTER",
        values.durations,
        "set it to rising times such as 1m,5m,30m,2h,24h",
        default="1m,5m,30m,2h,24h",
    ),
    Setting(
        "SECRET_KEY",
        values.long_secret,
        f"set it to the output of: {_RANDOM_TEXT}",
        required=True,
    ),
    Setting(
        "SECRET_KEY_FALLBACKS",
        values.json_list(values.long_secret),
        "set it to a JSON list of values of SECRET_KEY: earlier ones, and the one to come",
        unset=(),
    ),
    Setting(
        "DATA_KEYS",
        values.data_keys,
        f"set it to a JSON list, the one that seals first; a key is made by: {_RANDOM_DATA_KEY}",
        unset=(),
    ),
    Setting(
        "RESULT_KEYS",
        values.result_keys,
        "leave it unset, or set it to a JSON list of private P-256 JWKs, newest first",
        unset=(),
    ),
    Setting(
        "DATABASE_URL",
        database_address,
        "leave it unset for SQLite, or set it like postgresql://user:password@host/name",
    ),
    Setting("OIDC_ISSUER", addresses.issuer, "set it to the identity provider's issuer address"),
    Setting("OIDC_CLIENT_ID", values.plain, _PROVIDER),
    Setting("OIDC_CLIENT_SECRET", values.plain, _PROVIDER),
    Setting(
        "OPERATOR_OIDC_ISSUER",
        addresses.issuer,
        "set it to the issuer address of the operators' identity provider",
    ),
    Setting("OPERATOR_OIDC_CLIENT_ID", values.plain, _PROVIDER),
    Setting("OPERATOR_OIDC_CLIENT_SECRET", values.plain, _PROVIDER),
    Setting(
        "OPERATOR_ACR_VALUES",
        values.words,
        "set it to the provider's names for strong login, separated by spaces",
        unset=(),
    ),
    Setting(
        "OPERATOR_ROLES_CLAIM",
        values.plain,
        "set it to the name of the claim that carries the roles",
        default="roles",
    ),
    Setting(
        "SITES_FILE",
        values.file,
        "set it to the path of your sites.toml (docs/settings.md shows one)",
        required=True,
    ),
    Setting(
        "TRUSTED_PROXY_HOPS",
        values.hops,
        "set it to the number of proxies in front of this server",
        default="0",
    ),
    Setting(
        "OPERATIONS_TOKEN",
        values.operations_token,
        f"set it to the output of: {_RANDOM_TEXT}",
    ),
    Setting(
        "WEB_CONCURRENCY",
        values.workers,
        "set it to about one for each processor, such as 2",
        default="2",
    ),
    Setting("LOG_LEVEL", values.log_level, "set it to INFO", default="INFO"),
    Setting(
        "OUTBOUND_CA_FILE",
        values.certificates,
        "set it to a PEM file with the certificates to trust",
    ),
)
