"""Check how the keys of sites.toml fit together.

The rules read the raw table: validators of a whole model do not run once one of its fields is
wrong, and then these problems would stay hidden until the first ones are fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.config.problems import InvalidValue
from webapp.config.setting_sources import resolve_secret
from webapp.config.toml_lines import KeyPath

Problem = tuple[KeyPath, str]


def contradictions(table: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[Problem]:
    """Yield place and text of every problem."""
    sites = _tables(table.get("sites", {}))
    if not table.get("sites"):
        yield ("sites",), "has no site; write one as [sites.shop]"
    for id_, site in sites.items():
        for below, what in _site_problems(site):
            yield ("sites", id_, *below), what
        for name, flow in _tables(site.get("flows", {})).items():
            if "(key)" in flow:
                yield ("sites", id_, "flows", name, "(key)"), "unknown key"
            if "document_type" in flow and "document_specific_type" in flow:
                place = ("sites", id_, "flows", name, "document_specific_type")
                yield place, "says the same as document_type, more exactly; keep one of the two"
    yield from _shared_api_keys(sites, environ)


def _tables(found: Any) -> dict[str, dict[str, Any]]:
    items = found.items() if isinstance(found, dict) else ()
    return {key: table for key, table in items if isinstance(table, dict)}


def _site_problems(site: Mapping[str, Any]) -> Iterator[Problem]:
    if not (site.get("oidc") or site.get("handoff_keys") or site.get("api_keys")):
        yield (), "admits no users; give it handoff_keys, api_keys or oidc = true"
    if "(key)" in site:
        yield ("(key)",), "unknown key"
    receiver = site.get("webhook_url")
    if not isinstance(receiver, str):
        return
    if receiver.strip().lower().startswith("http://") and not site.get("allow_private_webhook"):
        yield ("webhook_url",), "must be https, or allow_private_webhook = true on an intranet"
    if not site.get("webhook_secrets"):
        yield ("webhook_url",), "needs webhook_secrets, so that messages can be signed"


def _shared_api_keys(
    sites: Mapping[str, dict[str, Any]], environ: Mapping[str, str]
) -> Iterator[Problem]:
    """Refuse an API key of two sites: the key alone says which site calls the API."""
    owners: dict[str, str] = {}
    for id_, site in sites.items():
        for key in _hashes(site.get("api_keys"), environ):
            if owners.setdefault(key, id_) != id_:
                yield ("sites", id_, "api_keys"), f"has a key that site {owners[key]} has too"


def _hashes(api_keys: Any, environ: Mapping[str, str]) -> Iterator[str]:
    for key in api_keys if isinstance(api_keys, list) else ():
        written = key.get("hash") if isinstance(key, dict) else key
        if isinstance(written, str):
            try:
                yield resolve_secret(written.strip(), environ)
            except InvalidValue:
                continue
