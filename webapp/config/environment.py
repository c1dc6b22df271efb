"""Read the variables of settings from the environment, and find misspelt ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches

from webapp.config.problems import InvalidValue
from webapp.config.setting_sources import read_setting
from webapp.config.text_files import BYTE_ORDER_MARK

#: Other programs of the same environment have variables of other names.
_OURS = re.compile(r"(MOBBSCAN|OIDC|WEB|LOG)_\w+")
#: Of difflib: one or two letters of a name are wrong.
_SIMILARITY = 0.8


def read_settings(
    names: Collection[str], environ: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts of those settings that are set, and the problems of others, by name."""
    texts, problems = {}, {}
    for name in names:
        try:
            text = read_setting(name, environ)
        except InvalidValue as error:
            problems[name] = str(error)
        else:
            if text is not None:
                texts[name] = text
    return texts, problems


def misspelt_variables(names: Collection[str], environ: Mapping[str, str]) -> list[str]:
    """Name every variable that no setting reads and whose name is close to a setting's."""
    known = {*names, *(f"{name}_FILE" for name in names)}
    by_stem = {name.removeprefix("MOBBSCAN_"): name for name in known}
    found = []
    for variable in sorted(environ.keys() - known):
        name = variable.lstrip(BYTE_ORDER_MARK)
        if name != variable:
            found.append(
                f"{name} is set by a file that begins with a byte order mark, which is then part "
                "of the name; save the file as UTF-8 without it"
            )
            continue
        stem = variable.removeprefix("MOBBSCAN_")
        near = get_close_matches(stem, by_stem, n=1, cutoff=_SIMILARITY)
        if near and _OURS.fullmatch(variable):
            found.append(f"{variable} is not a setting; did you mean {by_stem[near[0]]}?")
    return found
