"""Whether a process could work with the settings as they are now, before one is begun or ended."""

from __future__ import annotations

from collections.abc import Sequence

from webapp import wiring
from webapp.settings import Settings, SettingsError
from webapp.store.errors import StoreError, Unwritable


def problems_of_settings(*, database_may_be_away: bool = False) -> Sequence[str]:
    """What would keep it from working, each with its cure; no sentence holds a value."""
    try:
        wiring.check_database(Settings.from_environment())
    except SettingsError as wrong:
        return wrong.problems
    except StoreError as wrong:
        away = isinstance(wrong, Unwritable)
        return () if away and database_may_be_away else (str(wrong),)
    return ()
