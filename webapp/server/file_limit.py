"""How many files and connections a process may have open."""

from __future__ import annotations

import resource

#: Every waiting browser is one; more than these are never needed.
ENOUGH = 65_536


def raise_file_limit() -> int:
    """To what is enough, or what the system allows; the limit now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft < highest:
        soft = highest
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
