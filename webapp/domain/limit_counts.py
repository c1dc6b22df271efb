"""Counts of attempts per minute, as the nodes exchange them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LimitCount:
    """Attempts that one process has counted and not shared yet.

    `key` names what is limited: a word and a site id, or a word and a keyed hash of a client
    address. `minute` is the Unix time in whole minutes.
    """

    key: str
    minute: int
    count: int


@dataclass(frozen=True)
class LimitTotal:
    """The attempts of all processes in `minute` (`current`) and the minute before (`previous`)."""

    key: str
    minute: int
    previous: int
    current: int
