"""Why a database cannot be used, in its driver's own words."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

#: Whatever stands in quotes: who runs a server knows its names, and nobody else needs to.
_NAMES = re.compile(r"""(["'«„“]).*?["'»”“]""")
#: libpq tells first where it tried to connect to.
_WHERE = " failed: "


def said(error: Exception) -> str:
    """One line, without names and values.

    What a driver says of a place where it cannot work (no such database, a full disk) has no
    value of a statement in it; what it says of a statement may have, and does not belong here.
    """
    if not isinstance(error, DBAPIError):
        return "all connections of this process are in use"
    driver = error.orig
    primary = getattr(getattr(driver, "diag", None), "message_primary", None)
    first_line = str(primary or driver).partition("\n")[0]
    return _NAMES.sub("…", first_line.rpartition(_WHERE)[2])
