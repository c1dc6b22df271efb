"""The settings of the server: read once, frozen; or every problem in one message."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from pydantic import Field, ValidationError

from webapp.basics.urls import parse_url
from webapp.config.encryption_keys import DERIVED, derive_data_key
from webapp.config.environment import misspelt_variables, read_settings
from webapp.config.problems import SettingsError, describe
from webapp.config.setting_fields import SETTINGS, SettingFields
from webapp.config.setting_rules import contradictions, inherited_texts
from webapp.config.sites import Site
from webapp.config.sites_file import load_sites

__all__ = ["Settings", "SettingsError"]

#: Sentences by name of the setting.
Problems: TypeAlias = dict[str, str]


class Settings(SettingFields):
    """What docs/settings.md describes: the variables and the sites of sites.toml."""

    sites: Mapping[str, Site] = Field({})

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read every setting, without an argument from the process's environment.

        Raises `SettingsError` naming every problem and how to fix it.
        """
        environ = os.environ if environ is None else environ
        given, unreadable = read_settings(SETTINGS, environ)
        inherited = inherited_texts(given)
        texts = given | inherited
        settings, invalid = _validate(texts)
        wrong = {name: text for name, text in invalid.items() if name not in inherited} | unreadable
        sites, site_problems = _sites(texts, wrong, environ)
        problems = [wrong[name] for name in SETTINGS if name in wrong]
        problems += [*site_problems, *contradictions(texts, wrong, sites)]
        if problems or settings is None:
            raise SettingsError([*problems, *misspelt_variables(SETTINGS, environ)])
        return settings._complete(sites)

    def _complete(self, sites: Mapping[str, Site]) -> Settings:
        """Fill in the sites, and the defaults that depend on other settings."""
        origins = (parse_url(self.gateway_url).origin, *self.hosted_origins)
        sqlite = f"sqlite:///{self.instance_dir / 'mobbscan-embed.sqlite3'}"
        return self.model_copy(
            update={
                "sites": sites,
                "console_url": self.console_url or self.public_url,
                "hosted_origins": tuple(dict.fromkeys(origins)),
                "database_url": self.database_url or sqlite,
            }
        )

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
        """True if served in plain http, which is accepted on loopback addresses only."""
        return self.public_url.startswith("http://")

    @property
    def livemode(self) -> bool:
        """LIVE_MODE; if it is not set, whether the gateway is elsewhere than on loopback."""
        if self.live_mode is not None:
            return self.live_mode
        return not parse_url(self.gateway_url).is_loopback

    @property
    def data_keys_derived(self) -> bool:
        """True if personal columns are encrypted with a key derived from `SECRET_KEY`."""
        return self.data_keys[0] == DERIVED

    @property
    def opening_keys(self) -> tuple[str, ...]:
        """Return the keys that decrypt personal columns; the first one encrypts.

        The derived keys come last in any case: they decrypt what was stored before DATA_KEYS was
        set.
        """
        derived = tuple(map(derive_data_key, (self.secret_key, *self.secret_key_fallbacks)))
        keys = [key for each in self.data_keys for key in (derived if each == DERIVED else (each,))]
        return tuple(dict.fromkeys((*keys, *derived)))


def _validate(texts: Mapping[str, str]) -> tuple[Settings | None, Problems]:
    """Return settings or problems; pydantic's error holds secrets and ends here."""
    problems: Problems = {}
    try:
        return Settings.model_validate(texts, by_name=False), problems
    except ValidationError as error:
        for each in error.errors(include_input=False):
            name, *items = map(str, each["loc"])
            place = f"{name} entry {int(items[0]) + 1}" if items else name
            sentence = f"{place} {describe(each)}: {SETTINGS[name].description}."
            problems.setdefault(name, sentence)
    return None, problems


def _sites(
    texts: Mapping[str, str], wrong: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[Mapping[str, Site], tuple[str, ...]]:
    if "SITES_FILE" in wrong or "SITES_FILE" not in texts:
        return {}, ()
    try:
        return load_sites(Path(texts["SITES_FILE"]).expanduser(), environ), ()
    except SettingsError as error:
        return {}, error.problems
