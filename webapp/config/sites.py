"""The host sites of sites.toml and their flows: frozen, and every problem with line and key."""

from __future__ import annotations

import os
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from webapp.config.fields import a_table
from webapp.config.problems import SettingsError
from webapp.config.site_keys import ApiKey
from webapp.config.site_tables import (
    Problems,
    brand_checks,
    flow_checks,
    read_named,
    read_table,
    site_checks,
)
from webapp.config.sources import reason
from webapp.config.toml_lines import KeyPath, line_of, spelled

__all__ = ["ApiKey", "Flow", "Site", "load_sites"]


@dataclass(frozen=True)
class Flow:
    """A named set of settings of a site: what is asked of a person, and who decides."""

    name: str = "default"
    mode: str = "iframe"
    country: str | None = None
    document_type: str | None = None
    document_specific_type: str | None = None
    microphone: bool = False
    consent_version: str | None = None
    decide: str = "review"
    attempts: int = 3
    expires_after_hours: int = 48
    retention_days: int | None = None
    reason_map: dict[str, str] = field(default_factory=dict)
    extra_data: dict[str, str] = field(default_factory=dict)
    decide_within_minutes: int = 60


@dataclass(frozen=True)
class Site:
    """A host site: whom it lets in, where it may frame us, and where people go back to."""

    id: str
    name: str
    origins: tuple[str, ...] = ()
    return_urls: tuple[str, ...] = ()
    oidc: bool = False
    handoff_keys: tuple[str | dict[str, Any], ...] = field(default=(), repr=False)
    api_keys: tuple[ApiKey, ...] = field(default=(), repr=False)
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    allow_private_webhook: bool = False
    privacy_url: str | None = None
    support_url: str | None = None
    locales: tuple[str, ...] = ("en",)
    brand_logo: str | None = None
    brand_color: str | None = None
    flows: Mapping[str, Flow] = field(default_factory=lambda: {"default": Flow()})


def load_sites(path: Path | str, environ: Mapping[str, str] | None = None) -> Mapping[str, Site]:
    """The sites by id, in the file's order. `environ` answers the secrets written as `env:NAME`.

    Raises `SettingsError` with every problem: the file's name, the line, the key, what is wrong.
    """
    path = Path(path)
    text, found = _read(path)
    problems: Problems = []
    sites = dict(_sites(found, os.environ if environ is None else environ, problems))
    problems += _shared_api_keys(sites)
    if problems:
        raise SettingsError(
            f"{path.name} line {line_of(text, where)}, {spelled(where)}: {what}"
            for where, what in problems
        )
    return MappingProxyType(sites)


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text("utf-8")
        return text, tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError([f"{path.name} cannot be read ({reason(cause)})."]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path.name} is not valid TOML: {error}"]) from None


def _sites(
    found: dict[str, Any], environ: Mapping[str, str], problems: Problems
) -> Iterator[tuple[str, Site]]:
    good = read_table(found, {"sites": a_table}, (), problems)
    if not good.get("sites"):
        problems.append((("sites",), "has no site; write one as [sites.shop]"))
    for id_, table in read_named(good.get("sites", {}), "site", ("sites",), problems).items():
        yield id_, _site(id_, table, environ, problems)


def _site(
    id_: str, table: Mapping[str, Any], environ: Mapping[str, str], problems: Problems
) -> Site:
    where: KeyPath = ("sites", id_)
    good = read_table(table, site_checks(environ), where, problems)
    brand = read_table(good.pop("brand", {}), brand_checks(), (*where, "brand"), problems)
    tables = read_named(good.pop("flows", {}), "flow", (*where, "flows"), problems)
    flows = {name: _flow(name, each, where, problems) for name, each in tables.items()}
    problems += [((*where, *below), what) for below, what in _site_contradictions(table, good)]
    return Site(
        **{"name": id_} | good,
        id=id_,
        brand_logo=brand.get("logo"),
        brand_color=brand.get("color"),
        flows=MappingProxyType(flows or {"default": Flow()}),
    )


def _site_contradictions(
    table: Mapping[str, Any], good: Mapping[str, Any]
) -> Iterator[tuple[KeyPath, str]]:
    if "name" not in table:
        yield (), 'has no name; write name = "…" as people should read it'
    if not (table.get("oidc") or table.get("handoff_keys") or table.get("api_keys")):
        yield (), "lets nobody in; give it handoff_keys, api_keys or oidc = true"
    receiver = good.get("webhook_url", "")
    if receiver.startswith("http://") and not good.get("allow_private_webhook"):
        yield ("webhook_url",), "must be https, or allow_private_webhook = true on an intranet"
    if receiver and not table.get("webhook_secrets"):
        yield ("webhook_url",), "needs webhook_secrets, so that messages can be signed"


def _flow(name: str, table: Mapping[str, Any], site: KeyPath, problems: Problems) -> Flow:
    where = (*site, "flows", name)
    good = read_table(table, flow_checks(), where, problems)
    if "document_type" in good and "document_specific_type" in good:
        what = "says the same as document_type, more exactly; keep one of the two"
        problems.append(((*where, "document_specific_type"), what))
    return Flow(name=name, **good)


def _shared_api_keys(sites: Mapping[str, Site]) -> Problems:
    """A key stands for one site: it is all that a call to the API says about who calls."""
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for site in sites.values():
        for key in site.api_keys:
            owners[key.sha256].append(site.id)
    return [
        (("sites", ids[1], "api_keys"), f"has a key that site {ids[0]} has too")
        for ids in owners.values()
        if len(set(ids)) > 1
    ]
