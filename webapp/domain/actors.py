"""Who causes an event on the timeline."""

from __future__ import annotations

from enum import StrEnum


class Actor(StrEnum):
    """The words that the column `timeline.actor` holds."""

    USER = "user"
    GATEWAY = "gateway"
    HOST = "host"  # the host site's back end, by API
    SYSTEM = "system"
    OPERATOR = "operator"  # creates a link, replays a dead letter
    CLI = "cli"  # makes a decision by command
