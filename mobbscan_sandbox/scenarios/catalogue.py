"""Read and validate the scenarios of `catalogue.json`.

A scenario is a list of steps of three actors: `user`, `gateway` (with its reviewers) and `time`. It
declares the status, page and reasons with which an integrator must end. See
docs/sandbox-scenarios.md.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ACTORS: dict[str, dict[str, tuple[str, ...]]] = {
    # Verb → its allowed details.
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
GROUPS = ("ends", "errors", "notices", "values", "network", "clicks", "time")
_REQUIRED_KEYS = {"id", "group", "says", "steps", "ends"}
_ALLOWED_KEYS = _REQUIRED_KEYS | {"notices", "switches", "faults", "answers", "invented"}
_END_KEYS = {"status", "page", "next", "reasons", "processes"}
_CHOICES: dict[str, tuple[object, ...]] = {
    "meets": ("hosted", "unavailable", "refused", "anything"),
    "presses": (1, 2, 3),
    "headers": ("configured", "wrong", "none"),
    "order": ("as_held", "reversed"),
    "returns": (True, False),
    "notice": (True, False),
}


class CatalogueError(ValueError):
    """An invalid catalogue; the message names the scenario and what is wrong."""


@dataclass(frozen=True)
class Step:
    """One step; `until` is the integrator's status to await before the next step."""

    actor: str
    verb: str
    details: Mapping[str, Any] = field(default_factory=dict)
    until: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the step in the form of the catalogue."""
        more = {} if self.until is None else {"until": self.until}
        return {self.actor: self.verb, **self.details, **more}


@dataclass(frozen=True)
class ScenarioEnd:
    """The state in which an integrator must end."""

    status: str
    page: str
    next: str
    reasons: tuple[str, ...] = ()
    processes: int = 1

    def as_json(self) -> dict[str, Any]:
        """Return the end in the form of the catalogue."""
        return {
            "status": self.status,
            "page": self.page,
            "next": self.next,
            "reasons": list(self.reasons),
            "processes": self.processes,
        }


@dataclass(frozen=True)
class Scenario:
    """One scenario; `switches`, `faults` and `answers` apply while it is selected."""

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

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the control API."""
        return {
            "id": self.id,
            "group": self.group,
            "says": self.says,
            "notices": self.notices,
            "switches": dict(self.switches),
            "faults": [dict(each) for each in self.faults],
            "answers": {call: dict(fields) for call, fields in self.answers.items()},
            "steps": [step.as_json() for step in self.steps],
            "ends": self.ends.as_json(),
            "invented": self.invented,
        }


@dataclass(frozen=True)
class Catalogue:
    """All scenarios by id; `reason_map` maps (invented) rejection texts to reasons."""

    scenarios: Mapping[str, Scenario]
    reason_map: Mapping[str, str]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue of the sandbox."""
    return parse_catalogue(Path(__file__).with_name("catalogue.json").read_text("utf-8"))


def parse_catalogue(text: str) -> Catalogue:
    """Parse a catalogue; raises `CatalogueError` for the first error."""
    try:
        content = json.loads(text)
        rows, reasons = content["scenarios"], content["reason_map"]
    except (ValueError, TypeError, KeyError) as error:
        raise CatalogueError("a catalogue is an object with scenarios and reason_map") from error
    scenarios: dict[str, Scenario] = {}
    for row in rows:
        scenario = _scenario(row)
        if scenario.id in scenarios:
            raise CatalogueError(f"{scenario.id}: the id is used twice")
        scenarios[scenario.id] = scenario
    return Catalogue(scenarios, reasons)


def _scenario(row: Mapping[str, Any]) -> Scenario:
    name = str(row.get("id") or "a scenario without id")
    missing = _REQUIRED_KEYS - row.keys()
    _check_keys(name, "a scenario", row, _ALLOWED_KEYS)
    if missing:
        raise CatalogueError(f"{name}: {', '.join(sorted(missing))} is missing")
    _check_value(name, "group", row["group"], GROUPS)
    if not str(row["says"]).endswith("."):
        raise CatalogueError(f"{name}: says is a sentence")
    steps = tuple(_step(name, each) for each in row["steps"])
    if not steps:
        raise CatalogueError(f"{name}: it has no steps")
    _check_keys(name, "answers", row.get("answers", {}), {"create", "read"})
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
    _check_value(name, actor, verb, ACTORS[actor])
    details = {key: value for key, value in row.items() if key not in (actor, "until")}
    _check_keys(name, f"{actor} {verb}", details, ACTORS[actor][verb])
    for key, value in details.items():
        if key in _CHOICES:
            _check_value(name, key, value, _CHOICES[key])
    if row.get("until") is not None:
        _check_value(name, "until", row["until"], STATUSES)
    return Step(actor, verb, details, row.get("until"))


def _end(name: str, row: Mapping[str, Any]) -> ScenarioEnd:
    _check_keys(name, "ends", row, _END_KEYS)
    if missing := {"status", "page", "next"} - row.keys():
        raise CatalogueError(f"{name}: ends without {', '.join(sorted(missing))}")
    for key, choices in (("status", STATUSES), ("page", PAGES), ("next", NEXT)):
        _check_value(name, key, row[key], choices)
    return ScenarioEnd(**{**row, "reasons": tuple(row.get("reasons", ()))})


def _check_keys(name: str, what: str, row: Iterable[str], known: Iterable[str]) -> None:
    if unknown := set(row) - set(known):
        raise CatalogueError(f"{name}: {what} has no {', '.join(sorted(unknown))}")


def _check_value(name: str, what: str, value: object, choices: Iterable[object]) -> None:
    if value not in list(choices):
        raise CatalogueError(f"{name}: {what} is one of {', '.join(map(str, choices))}")
