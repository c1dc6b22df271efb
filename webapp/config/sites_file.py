"""Read sites.toml: return its sites, or name every problem with file, line and key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from webapp.config.model import freeze
from webapp.config.problems import SettingsError, describe
from webapp.config.setting_sources import failure_reason
from webapp.config.site_rules import contradictions
from webapp.config.sites import ApiKey, Brand, Flow, Site, SitesFile
from webapp.config.text_files import NotText, read_text
from webapp.config.toml_lines import KeyPath, line_of, spelled

_TABLES_OF_A_SITE: Mapping[str | int, type[BaseModel]] = {
    "api_keys": ApiKey,
    "brand": Brand,
    "flows": Flow,
}


def load_sites(path: Path, environ: Mapping[str, str]) -> Mapping[str, Site]:
    """Return the sites by id, in the file's order. `environ` resolves secrets like `env:NAME`.

    Raises `SettingsError` with every problem.
    """
    text, table = _read(path)
    sites, problems = _validate(table, environ)
    places = {place for place, _ in problems}
    problems += [each for each in contradictions(table, environ) if each[0] not in places]
    if problems:
        lines = [(line_of(text, place), spelled(place), what) for place, what in problems]
        raise SettingsError(
            f"{path.name} line {line}, {key}: {what}" for line, key, what in sorted(lines)
        )
    return sites


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    problem = ""
    try:
        text = read_text(path)
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = f"{path.name} is not valid TOML: {error}"
    except (OSError, NotText) as error:
        problem = f"{path.name} cannot be read ({failure_reason(error)})."
    raise SettingsError([problem])


def _validate(
    table: dict[str, Any], environ: Mapping[str, str]
) -> tuple[Mapping[str, Site], list[tuple[KeyPath, str]]]:
    """Return sites and no problems, or problems; pydantic's error holds secrets and ends here."""
    try:
        file = SitesFile.model_validate(table, context={"environ": environ}, by_name=False)
    except ValidationError as error:
        return {}, [_problem(table, each) for each in error.errors(include_input=False)]
    return freeze({id_: _named(site, id_) for id_, site in file.sites.items()}), []


def _named(site: Site, id_: str) -> Site:
    """Give a site and its flows the keys of their tables."""
    flows = site.flows or {"default": Flow()}
    named = {name: flow.model_copy(update={"name": name}) for name, flow in flows.items()}
    return site.model_copy(update={"id": id_, "flows": freeze(named)})


def _problem(table: dict[str, Any], error: ErrorDetails) -> tuple[KeyPath, str]:
    key = error["loc"][-1]
    if error["type"] == "missing":
        return error["loc"], "is missing"
    place = _existing(table, error["loc"])
    if error["type"] == "extra_forbidden":
        near = get_close_matches(str(key), _known_keys(place), n=1)
        return place, "unknown key" + (f"; did you mean {near[0]}?" if near else "")
    return place, describe(error)


def _existing(table: dict[str, Any], loc: tuple[int | str, ...]) -> KeyPath:
    """Cut off what pydantic adds to a location: `[key]`, and `hash` where the file has a text."""
    value: Any = table
    for depth, key in enumerate(loc):
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return loc[:depth]
    return loc


def _known_keys(place: KeyPath) -> list[str]:
    """Return the keys that the table around `place` may have."""
    model: type[BaseModel] = SitesFile
    if len(place) >= 3:
        model = Site if len(place) == 3 else _TABLES_OF_A_SITE[place[2]]
    keys = [field.alias or name for name, field in model.model_fields.items()]
    return [key for key in keys if key.isidentifier()]
