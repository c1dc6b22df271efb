"""Faults on demand: kind, place and number of calls that each fault affects."""

import threading
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

API = (
    "token", "create", "data", "image", "recording", "pdf", "zip", "accept", "reject",
    "pending", "delete",
)  # fmt: skip
PLACES = (*API, "hosted", "capture", "notice")
"""`hosted` is the hosted page, `capture` the calls of its script, `notice` the notices to tenants;
`*` in `Fault.at` means all of `API`."""

_NOTICE_ONLY = ("twice", "wrong_header", "no_header", "trailing_comma")
_ALSO_FOR_NOTICES = ("slow", "drop", "extra_keys", "unknown_words", "wrong_scan_id", "not_json")
_OPTIONS: dict[str, dict[str, Any]] = {
    "status": {"status": 503, "retry_after": None},
    "slow": {"delay_ms": 3000},
    "drip_headers": {"ms": 100, "bytes": 1},
    "drip_body": {"ms": 100, "bytes": 1},
    "drop": {"when": "before_headers"},
    "truncated": {"keep": 0.5},
    "html": {"status": 200},
    "wrong_type": {"media_type": "text/plain"},
    "wrong_scan_id": {},
    "huge": {"bytes": 64 * 1024 * 1024},
    "unknown_words": {},
    "extra_keys": {},
    "not_json": {},
    "wrong_shape": {},
    "empty": {},
    **{kind: {} for kind in _NOTICE_ONLY},
}
KINDS = tuple(_OPTIONS)
DROP_MOMENTS = ("before_work", "before_headers", "after_headers")


class FaultError(ValueError):
    """An invalid fault; the message says what is wrong."""


@dataclass
class Fault:
    """One fault and the calls that it affects."""

    at: list[str]
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    delay_ms: int = 0
    times: int | None = None
    """Number of calls it affects before it is removed; `None` means all."""
    skip: int = 0
    """Number of matching calls that pass unaffected first."""
    process: str | None = None
    """Affects only calls about this process id."""
    applied: int = 0
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def matches(self, place: str, content: str) -> bool:
        """Return whether the fault applies to a call at `place` with this path and body."""
        here = place in self.at or ("*" in self.at and place in API)
        return here and (self.process is None or self.process.lower() in content.lower())

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the control API, which `parse_fault` accepts again."""
        content = asdict(self)
        options = content.pop("options")
        return {**content, **options}


class FaultList:
    """The active faults in order; the first matching one applies to a call."""

    def __init__(self) -> None:
        self.all: list[Fault] = []
        self._lock = threading.Lock()

    def claim(self, place: str, content: str) -> Fault | None:
        """Return the fault for this call, if any, and count it."""
        with self._lock:
            for fault in self.all:
                if not fault.matches(place, content):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.applied += 1
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.all.remove(fault)
                return fault
        return None

    def add(self, fault: Fault) -> None:
        """Append a fault."""
        with self._lock:
            self.all.append(fault)

    def replace(self, faults: list[Fault]) -> None:
        """Replace all faults."""
        with self._lock:
            self.all[:] = faults

    def as_json(self) -> list[dict[str, Any]]:
        """Return the active faults as JSON."""
        with self._lock:
            return [fault.as_json() for fault in self.all]


def parse_fault(content: object) -> Fault:
    """Parse a fault from JSON; raises `FaultError`."""
    if not isinstance(content, dict):
        raise FaultError("a fault is a JSON object")
    given = {name: value for name, value in content.items() if name not in ("id", "applied")}
    kind, places = given.pop("kind", None), given.pop("at", None)
    places = [places] if isinstance(places, str) else places
    if kind not in KINDS:
        raise FaultError(f"kind is one of {', '.join(KINDS)}")
    if not isinstance(places, list) or not places or not set(places) <= {"*", *PLACES}:
        raise FaultError(f"at is one or several of *, {', '.join(PLACES)}")
    _check_kind_and_place(kind, places)
    options = dict(_OPTIONS[kind])
    fault = Fault(places, kind, options, options.pop("delay_ms", 0))
    for name, value in given.items():
        _check_option(name, value, options)
        if name in options:
            options[name] = value
        else:
            setattr(fault, name, value)
    return fault


def _check_kind_and_place(kind: str, places: list[str]) -> None:
    if "notice" in places and kind not in (*_NOTICE_ONLY, *_ALSO_FOR_NOTICES):
        raise FaultError(f"{kind} cannot be applied to a notice")
    if kind in _NOTICE_ONLY and places != ["notice"]:
        raise FaultError(f"{kind} applies to notices only")


_OPTION_RANGES = {
    "delay_ms": (0, 600_000),
    "skip": (0, 1_000_000),
    "times": (1, 1_000_000),
    "ms": (0, 60_000),
    "bytes": (1, 512 * 1024 * 1024),
    "status": (200, 599),
}


def _check_option(name: str, value: Any, options: dict[str, Any]) -> None:
    if name not in (*options, "delay_ms", "skip", "times", "process"):
        raise FaultError(f"{name} does not belong to this kind of fault")
    if name in ("times", "process", "retry_after") and value is None:
        return
    if name in _OPTION_RANGES:
        low, high = _OPTION_RANGES[name]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise FaultError(f"{name} is a whole number from {low} to {high}")
        return
    # `retry_after` may be seconds, a date or any text: clients must tolerate all of them.
    types, description = _OPTION_TYPES.get(name, (str, "a text"))
    if isinstance(value, bool) or not isinstance(value, types):
        raise FaultError(f"{name} is {description}")
    if name == "keep" and not 0 <= value < 1:
        raise FaultError("keep is a share from 0 to less than 1")
    if name == "when" and value not in DROP_MOMENTS:
        raise FaultError(f"when is one of {', '.join(DROP_MOMENTS)}")


_OPTION_TYPES: dict[str, tuple[Any, str]] = {
    "keep": ((int, float), "a share"),
    "retry_after": ((int, str), "a number or a text"),
}
