"""Fields of the settings: default, type that parses the text, and how to fix a wrong value."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from webapp.config import setting_types as types
from webapp.config.encryption_keys import DERIVED
from webapp.config.model import BaseAddress, ConfigModel, Issuer, PublicAddress, whole_number
from webapp.config.setting_types import Digits, LongSecret, Upper, VisibleAscii

_RANDOM_TEXT = (
    "set it to the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
)
_VENDOR = "leave it unset, or set it to what the vendor names"
_AUTH_METHOD = "leave it unset, or set it to the method registered at the identity provider"
_PROVIDER = "set it as registered at the identity provider"
_GATEWAY_FIELDS = frozenset(
    {"gateway_url", "api_key", "api_secret", "webhook_headers", "create_path"}
    | {"delete_method", "decision_type", "hosted_origins", "time_zone"}
)


def _unparsed(default: str) -> Any:
    """A default that is parsed like the text of a variable."""
    return default


def _variable_of(field: str) -> str:
    return ("MOBBSCAN_" if field in _GATEWAY_FIELDS else "") + field.upper()


class SettingFields(ConfigModel):
    """The variables of docs/settings.md; each alias is the name of one.

    The description of a field says how to fix it. Fields that may hold a secret are not in `repr`.
    """

    model_config = ConfigDict(alias_generator=_variable_of)

    gateway_url: BaseAddress = Field(
        description="set it to the gateway's base address, such as https://gateway.example"
    )
    api_key: VisibleAscii = Field(description="set it to the key from the vendor", repr=False)
    api_secret: VisibleAscii = Field(
        description="set it to the secret that came with the key", repr=False
    )
    webhook_headers: types.HeaderSets = Field(
        (),
        description='set it to a JSON object such as {"X-Notice-Key": "…"}, as agreed with the '
        "vendor; leave it unset to close the webhook",
        repr=False,
    )
    create_path: types.GatewayPath = Field("/onboarding", description=_VENDOR)
    delete_method: Annotated[Literal["DELETE", "GET"], Upper] = Field("DELETE", description=_VENDOR)
    decision_type: VisibleAscii = Field("AUTO", description=_VENDOR)
    hosted_origins: types.Origins = Field(
        (), description='set it to a JSON list such as ["https://pages.example"]'
    )
    time_zone: types.TimeZone = Field(
        "UTC",
        description="set it to the zone of the gateway's times that state none, such as "
        "Europe/Madrid",
    )
    forward_unknown_notices_to: types.OlderReceiver | None = Field(
        None,
        description="leave it unset, or set it to the https address of the receiver that took the "
        "gateway's notices before this server",
        repr=False,
    )
    public_url: PublicAddress = Field(
        description="set it to the address at which browsers reach this server, such as "
        "https://id.example"
    )
    console_url: types.ConsoleUrl = Field(
        "", description="leave it unset, or set it to the console's own address"
    )
    instance_dir: types.Folder = Field(
        _unparsed("./instance"), description="set it to a folder that this server may write to"
    )
    reconcile_after: types.Durations = Field(
        _unparsed("1m,5m,30m,2h,24h"), description="set it to rising times such as 1m,5m,30m,2h,24h"
    )
    secret_key: LongSecret = Field(description=_RANDOM_TEXT, repr=False)
    secret_key_fallbacks: Annotated[tuple[LongSecret, ...], types.JsonList] = Field(
        (),
        description="set it to a JSON list of values of SECRET_KEY: earlier ones, and the one to "
        "come",
        repr=False,
    )
    data_keys: types.DataKeys = Field(
        (DERIVED,),
        description="set it to a JSON list, the encrypting key first; a key is the output of: "
        "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'",
        repr=False,
    )
    result_keys: types.ResultKeys = Field(
        (),
        description="leave it unset, or set it to a JSON list of private P-256 JWKs, newest first",
        repr=False,
    )
    database_url: types.DatabaseUrl = Field(
        "",
        description="leave it unset for SQLite, or set it like postgresql://user:password@host/name",
        repr=False,
    )
    oidc_issuer: Issuer | None = Field(
        None, description="set it to the identity provider's issuer address"
    )
    oidc_client_id: VisibleAscii | None = Field(None, description=_PROVIDER)
    oidc_client_secret: VisibleAscii | None = Field(None, description=_PROVIDER, repr=False)
    oidc_token_auth_method: types.TokenAuthMethod = Field("auto", description=_AUTH_METHOD)
    operator_oidc_issuer: Issuer | None = Field(
        None, description="set it to the issuer address of the operators' identity provider"
    )
    operator_oidc_client_id: VisibleAscii | None = Field(None, description=_PROVIDER)
    operator_oidc_client_secret: VisibleAscii | None = Field(
        None, description=_PROVIDER, repr=False
    )
    operator_oidc_token_auth_method: types.TokenAuthMethod = Field("auto", description=_AUTH_METHOD)
    operator_acr_values: types.Words = Field(
        _unparsed(""),
        description="set it to the provider's names for strong login, separated by spaces",
    )
    operator_roles_claim: VisibleAscii = Field(
        "roles", description="set it to the name of the claim that carries the roles"
    )
    sites_file: types.File = Field(
        description="set it to the path of your sites.toml (docs/settings.md shows one)"
    )
    trusted_proxy_hops: Annotated[int, whole_number(0, 99), Digits] = Field(
        0, description="set it to the number of proxies in front of this server"
    )
    operations_token: types.Token | None = Field(None, description=_RANDOM_TEXT, repr=False)
    live_mode: types.Switch | None = Field(
        None,
        description="leave it unset, or set it to false where checks are tests and to true where "
        "they are real",
    )
    web_concurrency: Annotated[int, whole_number(1, 999), Digits] = Field(
        2, description="set it to about one for each processor, such as 2"
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], Upper] = Field(
        "INFO", description="set it to INFO"
    )
    outbound_proxy: types.ProxyAddress | None = Field(
        None,
        description="leave it unset, or set it to http://host:port or "
        "http://user:password@host:port, with reserved characters of both written as in %40",
        repr=False,
    )
    outbound_ca_file: types.CertificatesFile | None = Field(
        None, description="set it to a PEM file with the certificates to trust"
    )


#: By name of the variable.
SETTINGS = {field.alias or name: field for name, field in SettingFields.model_fields.items()}
