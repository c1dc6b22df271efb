"""All settings, read once: frozen values in their final form, or every problem in one message."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from webapp.basics.urls import parse_url
from webapp.config import values
from webapp.config.problems import InvalidSecretSource, InvalidValue, SettingsError
from webapp.config.sites import Site, load_sites
from webapp.config.sources import from_environment
from webapp.config.table import SETTINGS, Setting

__all__ = ["Settings", "SettingsError"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What docs/settings.md describes, checked; each field is the setting's name in lower case.

    Fields that may hold a secret are left out of `repr`.
    """

    gateway_url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    webhook_headers: tuple[dict[str, str], ...] = field(repr=False)
    create_path: str
    delete_method: str
    decision_type: str
    hosted_origins: tuple[str, ...]
    public_url: str
    console_url: str
    instance_dir: Path
    reconcile_after: tuple[timedelta, ...]
    secret_key: str = field(repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(repr=False)
    data_keys: tuple[str, ...] = field(repr=False)
    data_keys_derived: bool
    result_keys: tuple[dict[str, str], ...] = field(repr=False)
    database_url: str = field(repr=False)
    oidc_issuer: str | None
    oidc_client_id: str | None
    oidc_client_secret: str | None = field(repr=False)
    operator_oidc_issuer: str | None
    operator_oidc_client_id: str | None
    operator_oidc_client_secret: str | None = field(repr=False)
    operator_acr_values: tuple[str, ...]
    operator_roles_claim: str
    sites_file: Path
    sites: Mapping[str, Site]
    trusted_proxy_hops: int
    operations_token: str | None = field(repr=False)
    web_concurrency: int
    log_level: str
    outbound_ca_file: str | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read every setting. Without an argument: the process's environment.

        Raises `SettingsError` naming everything that is missing or wrong, with the cure.
        """
        environ = os.environ if environ is None else environ
        problems: list[str] = []
        found = {s.field: _read(s, environ, problems) for s in SETTINGS}
        _inherit_operator_login(found)
        found["sites"] = _read_sites(found["sites_file"], environ, problems)
        named = {problem.split()[0] for problem in problems}
        named |= {name.removesuffix("_FILE") for name in named}
        problems += _contradictions(found, named)
        if problems:
            raise SettingsError(problems)
        return cls(**_completed(found))

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of `PUBLIC_URL`."""
        return parse_url(self.public_url).origin

    @property
    def public_prefix(self) -> str:
        """The path of `PUBLIC_URL`: empty, or like `/verify`."""
        return parse_url(self.public_url).path

    @property
    def is_loopback_http(self) -> bool:
        """Served in plain http, which is accepted on this machine's own addresses only."""
        return self.public_url.startswith("http://")

    @property
    def opening_keys(self) -> tuple[str, ...]:
        """`data_keys`, and behind them those of what was stored before there were any."""
        signing = (self.secret_key, *self.secret_key_fallbacks)
        return tuple(dict.fromkeys((*self.data_keys, *map(values.derived_data_key, signing))))


def _read(setting: Setting, environ: Mapping[str, str], problems: list[str]) -> Any:
    try:
        text = from_environment(setting.name, environ)
        if text is None and setting.required:
            raise InvalidValue("is missing")
        text = setting.default if text is None else text
        return setting.unset if text is None else setting.check(text)
    except InvalidSecretSource as wrong:
        problems.append(f"{wrong.name} {wrong.what}: {wrong.fix}.")
    except InvalidValue as wrong:
        problems.append(f"{setting.name} {wrong.what}: {setting.cure}.")
    return None


def _read_sites(
    path: Path | None, environ: Mapping[str, str], problems: list[str]
) -> Mapping[str, Site]:
    if path is None:
        return {}
    try:
        return load_sites(path, environ)
    except SettingsError as error:
        problems.extend(error.problems)
        return {}


def _inherit_operator_login(found: dict[str, Any]) -> None:
    """Operators log in where users do, unless told otherwise.

    A client of one issuer is never shown to another: the pair is inherited only with the issuer.
    """
    if found["operator_oidc_issuer"]:
        return
    found["operator_oidc_issuer"] = found["oidc_issuer"]
    if not found["operator_oidc_client_id"] and not found["operator_oidc_client_secret"]:
        found["operator_oidc_client_id"] = found["oidc_client_id"]
        found["operator_oidc_client_secret"] = found["oidc_client_secret"]


def _contradictions(found: Mapping[str, Any], wrong: set[str]) -> list[str]:
    """Settings that do not go together; those already complained about as `wrong` stay out."""
    # What operators inherit from an incomplete or wrong login of users would only repeat the
    # complaint.
    inherited = wrong | {f"OPERATOR_{name}" for name in wrong}
    problems = _incomplete("OIDC", found, wrong) or _incomplete("OPERATOR_OIDC", found, inherited)
    if not found["oidc_issuer"] and "OIDC_ISSUER" not in wrong:
        problems += [
            f"OIDC_ISSUER is missing: site {site.id} has oidc = true; set all three of OIDC_*,"
            " or take that line out of the site."
            for site in found["sites"].values()
            if site.oidc
        ]
    return problems


def _incomplete(prefix: str, found: Mapping[str, Any], wrong: set[str]) -> list[str]:
    names = [f"{prefix}_{part}" for part in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")]
    unset = [name for name in names if not found[name.lower()]]
    if len(unset) == len(names) or wrong & set(names):
        return []
    return [f"{name} is missing: set all three of {prefix}_* or none." for name in unset]


def _completed(found: dict[str, Any]) -> dict[str, Any]:
    """Defaults that depend on other settings."""
    own = parse_url(found["gateway_url"]).origin
    signing = [found["secret_key"], *found["secret_key_fallbacks"]]
    data_keys = found["data_keys"] or (values.DERIVED,)
    derived = tuple(map(values.derived_data_key, signing))
    sqlite = f"sqlite:///{found['instance_dir'] / 'mobbscan-embed.sqlite3'}"
    return found | {
        "hosted_origins": tuple(dict.fromkeys((own, *found["hosted_origins"]))),
        "console_url": found["console_url"] or found["public_url"],
        "data_keys": tuple(
            key for each in data_keys for key in (derived if each == values.DERIVED else (each,))
        ),
        "data_keys_derived": data_keys[0] == values.DERIVED,
        "database_url": found["database_url"] or sqlite,
        "sites": MappingProxyType(dict(found["sites"])),
    }
