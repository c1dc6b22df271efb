"""The keys that sites.toml may have, each with its check, and how a table of them is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from babel.core import get_global

from webapp.config import addresses, site_keys
from webapp.config.fields import (
    Check,
    a_table,
    checked,
    flag,
    list_of,
    matching,
    one_of,
    table_of,
    text,
    unknown,
    whole_number,
)
from webapp.config.problems import InvalidValue
from webapp.config.toml_lines import KeyPath, spelled
from webapp.domain.reasons import ReasonCode

#: The languages of the pages; one of a person's region (es-MX) is served in them too.
LOCALES = ("en", "es")
NAME = r"[a-z0-9][a-z0-9-]{0,62}"
Problems = list[tuple[KeyPath, str]]


def country(found: Any) -> str:
    code = matching(r"[A-Z]{3}", "ESP (ISO 3166-1 alpha-3)")(found)
    if code not in get_global("territory_aliases"):
        raise InvalidValue("is no country of ISO 3166-1 alpha-3")
    return str(code)


def _locales(found: Any) -> tuple[str, ...]:
    locales: tuple[str, ...] = list_of(one_of(*LOCALES))(found)
    if not locales:
        raise InvalidValue("must name one language or more")
    return locales


def brand_checks() -> dict[str, Check]:
    return {
        "logo": checked(addresses.page_address),
        "color": matching(r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})", "#0a5 or #00aa55"),
    }


def site_checks(environ: Mapping[str, str]) -> dict[str, Check]:
    return {
        "name": text,
        "origins": list_of(checked(addresses.origin)),
        "return_urls": list_of(checked(addresses.return_address)),
        "oidc": flag,
        "handoff_keys": list_of(site_keys.handoff_key(environ)),
        "api_keys": list_of(site_keys.api_key(environ)),
        "webhook_url": checked(addresses.receiver_address),
        "webhook_secrets": list_of(site_keys.webhook_secret(environ)),
        "allow_private_webhook": flag,
        "privacy_url": checked(addresses.page_address),
        "support_url": checked(addresses.page_address),
        "locales": _locales,
        "brand": a_table,
        "flows": a_table,
    }


def flow_checks() -> dict[str, Check]:
    return {
        "mode": one_of("iframe", "redirect"),
        "country": country,
        "document_type": one_of("IDCard", "Passport", "DrivingLicense"),
        "document_specific_type": matching(r"[A-Za-z0-9_]{1,64}", "ESPIDCardV4"),
        "microphone": flag,
        "consent_version": text,
        "decide": one_of("review", "rules", "host"),
        "decide_within_minutes": whole_number(1, 60 * 24 * 30),
        "attempts": whole_number(1, 1000),
        "expires_after_hours": whole_number(1, 24 * 365),
        "retention_days": whole_number(1, 36_500),
        "reason_map": table_of(one_of(*ReasonCode)),
        "extra_data": table_of(text),
    }


def read_table(
    found: Mapping[str, Any], checks: Mapping[str, Check], where: KeyPath, problems: Problems
) -> dict[str, Any]:
    """The acceptable values of a table; the others go to `problems`."""
    good: dict[str, Any] = {}
    for key, value in found.items():
        try:
            if key not in checks:
                raise unknown(key, checks)
            good[key] = checks[key](value)
        except InvalidValue as wrong:
            problems += [((*where, key, *each.below), each.what) for each in wrong.each()]
    return good


def read_named(
    found: Mapping[str, Any], kind: str, where: KeyPath, problems: Problems
) -> dict[str, Mapping[str, Any]]:
    """Tables under names of the writer's choice: sites and flows."""
    good: dict[str, Mapping[str, Any]] = {}
    for name, table in found.items():
        if not re.fullmatch(NAME, name):
            what = f"a {kind}'s name has lower-case letters, digits and hyphens only, at most 63"
            problems.append(((*where, name), what))
        elif not isinstance(table, dict):
            problems.append(((*where, name), f"must be a table: [{spelled((*where, name))}]"))
        else:
            good[name] = table
    return good
