"""The scenarios, read from `catalogue.json` and checked word by word.

A scenario is a list of steps of three actors. `user` is the person with the camera, `gateway` is
this gateway in a box (and whoever decides there), `time` passes. It declares with which status,
page and reasons an integrator must end; the words are those of docs/sandbox-scenarios.md.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ACTORS: dict[str, dict[str, tuple[str, ...]]] = {
    # Verb → the details it may carry.
    "user": {
        "starts": ("meets", "presses"),
        "starts_in_two_tabs": (),
        "finishes": ("outcome", "returns"),
        "returns": ("error",),
        "leaves": (),
    },
    "gateway": {
        "decides": ("outcome", "reason"),
        "moves": ("state", "notice"),
        "notifies": ("status", "headers"),
        "releases": ("order",),
        "switches": ("switches",),
        "fails": ("faults",),
        "recovers": (),
        "revokes_tokens": (),
    },
    "time": {"passes": ("hours",)},
}
STATUSES = (
    "created", "started", "interrupted", "submitted", "deciding", "in_review", "verified",
    "rejected", "expired", "canceled",
)  # fmt: skip
PAGES = ("hosted", "waiting", "result", "unavailable")
NEXT = ("continue", "wait", "retry", "done")
GROUPS = ("ends", "errors", "notices", "words", "network", "clicks", "time")
_NEEDED = {"id", "group", "says", "steps", "ends"}
_KEYS = _NEEDED | {"notices", "switches", "faults", "answers", "invented"}
_END = {"status", "page", "next", "reasons", "processes"}
_CHOICES: dict[str, tuple[object, ...]] = {
    "meets": ("hosted", "unavailable", "refused", "anything"),
    "presses": (1, 2, 3),
    "headers": ("configured", "wrong", "none"),
    "order": ("as_held", "reversed"),
    "returns": (True, False),
    "notice": (True, False),
}


class CatalogueError(ValueError):
    """A scenario that cannot be played; the message names it."""


@dataclass(frozen=True)
class Step:
    """`until`: the integrator's status that must be seen before the next step."""

    actor: str
    verb: str
    details: Mapping[str, Any] = field(default_factory=dict)
    until: str | None = None

    def shown(self) -> dict[str, Any]:
        """Return the step as the catalogue writes it."""
        more = {} if self.until is None else {"until": self.until}
        return {self.actor: self.verb, **self.details, **more}


@dataclass(frozen=True)
class ScenarioEnd:
    """What an integrator must end with. `None` says nothing about it."""

    status: str
    page: str
    next: str
    reasons: tuple[str, ...] = ()
    processes: int = 1

    def shown(self) -> dict[str, Any]:
        """Return the end as the catalogue writes it."""
        return {
            "status": self.status,
            "page": self.page,
            "next": self.next,
            "reasons": list(self.reasons),
            "processes": self.processes,
        }


@dataclass(frozen=True)
class Scenario:
    """`switches`, `faults` and `answers` hold from the moment it is chosen until it is put away."""

    id: str
    group: str
    says: str
    steps: tuple[Step, ...]
    ends: ScenarioEnd
    notices: str = "send"
    switches: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Mapping[str, Any], ...] = ()
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    invented: str | None = None

    def shown(self) -> dict[str, Any]:
        """Return the scenario as the control API shows it."""
        return {
            "id": self.id,
            "group": self.group,
            "says": self.says,
            "notices": self.notices,
            "switches": dict(self.switches),
            "faults": [dict(each) for each in self.faults],
            "answers": {call: dict(fields) for call, fields in self.answers.items()},
            "steps": [step.shown() for step in self.steps],
            "ends": self.ends.shown(),
            "invented": self.invented,
        }


@dataclass(frozen=True)
class Catalogue:
    """All scenarios by id. `reason_map`: rejection texts (invented) and the reasons they mean."""

    scenarios: Mapping[str, Scenario]
    reason_map: Mapping[str, str]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with the sandbox."""
    return read(Path(__file__).with_name("catalogue.json").read_text("utf-8"))


def read(text: str) -> Catalogue:
    """Read a catalogue; raises `CatalogueError` with the first thing that is wrong."""
    try:
        content = json.loads(text)
        rows, reasons = content["scenarios"], content["reason_map"]
    except (ValueError, TypeError, KeyError) as error:
        raise CatalogueError("a catalogue is an object with scenarios and reason_map") from error
    scenarios: dict[str, Scenario] = {}
    for row in rows:
        one = _scenario(row)
        if one.id in scenarios:
            raise CatalogueError(f"{one.id}: there are two of them")
        scenarios[one.id] = one
    return Catalogue(scenarios, reasons)


def _scenario(row: Mapping[str, Any]) -> Scenario:
    name = str(row.get("id") or "a scenario without id")
    missing = _NEEDED - row.keys()
    _only(name, "a scenario", row, _KEYS)
    if missing:
        raise CatalogueError(f"{name}: {', '.join(sorted(missing))} is missing")
    _one_of(name, "group", row["group"], GROUPS)
    if not str(row["says"]).endswith("."):
        raise CatalogueError(f"{name}: says is a sentence")
    steps = tuple(_step(name, each) for each in row["steps"])
    if not steps:
        raise CatalogueError(f"{name}: nobody does anything")
    _only(name, "answers", row.get("answers", {}), {"create", "read"})
    return Scenario(
        **{
            **row,
            "steps": steps,
            "ends": _end(name, row["ends"]),
            "faults": tuple(row.get("faults", ())),
        },
    )


def _step(name: str, row: Mapping[str, Any]) -> Step:
    actors = [actor for actor in ACTORS if actor in row]
    if len(actors) != 1:
        raise CatalogueError(f"{name}: a step has one actor: {', '.join(ACTORS)}")
    actor = actors[0]
    verb = row[actor]
    _one_of(name, actor, verb, ACTORS[actor])
    details = {key: value for key, value in row.items() if key not in (actor, "until")}
    _only(name, f"{actor} {verb}", details, ACTORS[actor][verb])
    for key, value in details.items():
        if key in _CHOICES:
            _one_of(name, key, value, _CHOICES[key])
    if row.get("until") is not None:
        _one_of(name, "until", row["until"], STATUSES)
    return Step(actor, verb, details, row.get("until"))


def _end(name: str, row: Mapping[str, Any]) -> ScenarioEnd:
    _only(name, "ends", row, _END)
    if missing := {"status", "page", "next"} - row.keys():
        raise CatalogueError(f"{name}: ends without {', '.join(sorted(missing))}")
    for key, choices in (("status", STATUSES), ("page", PAGES), ("next", NEXT)):
        _one_of(name, key, row[key], choices)
    return ScenarioEnd(**{**row, "reasons": tuple(row.get("reasons", ()))})


def _only(name: str, what: str, row: Iterable[str], known: Iterable[str]) -> None:
    if unknown := set(row) - set(known):
        raise CatalogueError(f"{name}: {what} has no {', '.join(sorted(unknown))}")


def _one_of(name: str, what: str, value: object, choices: Iterable[object]) -> None:
    if value not in list(choices):
        raise CatalogueError(f"{name}: {what} is one of {', '.join(map(str, choices))}")
