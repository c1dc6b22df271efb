"""Raise the limit of open files of this process."""

from __future__ import annotations

import resource

#: Every waiting browser needs one file; a process never needs more than these.
MAX_FILES = 65_536


def raise_file_limit() -> int:
    """Raise the soft limit to MAX_FILES or to the hard limit; return the limit in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft == resource.RLIM_INFINITY or soft < highest:
        soft = highest
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
