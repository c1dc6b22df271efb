"""Failures on demand: what goes wrong, where, how often; each heals by itself after `times`."""

import threading
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

API = (
    "token", "create", "data", "image", "recording", "pdf", "zip", "accept", "reject",
    "pending", "delete",
)  # fmt: skip
PLACES = (*API, "hosted", "capture", "notice")
"""`hosted` is the page itself, `capture` the calls of its script, `notice` what the company gets;
`*` stands for all of the API."""

_NOTICE_ONLY = ("twice", "wrong_header", "no_header", "trailing_comma")
_NOTICE_TOO = ("slow", "drop", "extra_keys", "unknown_words", "wrong_scan_id", "not_json")
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
MOMENTS = ("before_work", "before_headers", "after_headers")


class FaultError(ValueError):
    """A fault that cannot be."""


@dataclass
class Fault:
    """One thing that goes wrong at some calls."""

    at: list[str]
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    delay_ms: int = 0
    times: int | None = None
    """How many calls it strikes before it heals; `None`: until it is taken away."""
    skip: int = 0
    """How many calls it lets pass first."""
    process: str | None = None
    """Strikes only calls about this process."""
    struck: int = 0
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def meets(self, place: str, about: str) -> bool:
        """Say whether a call is one it may strike."""
        here = place in self.at or ("*" in self.at and place in API)
        return here and (self.process is None or self.process.lower() in about.lower())

    def shown(self) -> dict[str, Any]:
        """Return it as JSON, the way it was asked for."""
        content = asdict(self)
        options = content.pop("options")
        return {**content, **options}


class Faults:
    """All faults in their order. Of those that meet a call, the first one strikes it."""

    def __init__(self) -> None:
        self.all: list[Fault] = []
        self._lock = threading.Lock()

    def claim(self, place: str, about: str) -> Fault | None:
        """Return what goes wrong with this call, and count it."""
        with self._lock:
            for fault in self.all:
                if not fault.meets(place, about):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.struck += 1
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.all.remove(fault)
                return fault
        return None

    def add(self, fault: Fault) -> None:
        """Put one behind the others."""
        with self._lock:
            self.all.append(fault)

    def replace(self, faults: list[Fault]) -> None:
        """Put these in the place of all others."""
        with self._lock:
            self.all[:] = faults

    def shown(self) -> list[dict[str, Any]]:
        """Return all that have not healed yet."""
        with self._lock:
            return [fault.shown() for fault in self.all]


def fault_of(wanted: object) -> Fault:
    """Read one fault as JSON has it; raises `FaultError` with what is wrong."""
    if not isinstance(wanted, dict):
        raise FaultError("a fault is a JSON object")
    given = {name: value for name, value in wanted.items() if name not in ("id", "struck")}
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
        _check(name, value, options)
        if name in options:
            options[name] = value
        else:
            setattr(fault, name, value)
    return fault


def _check_kind_and_place(kind: str, places: list[str]) -> None:
    if "notice" in places and kind not in (*_NOTICE_ONLY, *_NOTICE_TOO):
        raise FaultError(f"a notice cannot be struck by {kind}")
    if kind in _NOTICE_ONLY and places != ["notice"]:
        raise FaultError(f"{kind} strikes notices only")


_NUMBERS = {
    "delay_ms": (0, 600_000),
    "skip": (0, 1_000_000),
    "times": (1, 1_000_000),
    "ms": (0, 60_000),
    "bytes": (1, 512 * 1024 * 1024),
    "status": (200, 599),
}


def _check(name: str, value: Any, options: dict[str, Any]) -> None:
    if name not in (*options, "delay_ms", "skip", "times", "process"):
        raise FaultError(f"{name} does not belong to this kind of fault")
    if name in ("times", "process", "retry_after") and value is None:
        return
    if name in _NUMBERS:
        low, high = _NUMBERS[name]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise FaultError(f"{name} is a whole number from {low} to {high}")
        return
    # `retry_after` may be seconds, a date in words, or nonsense: what a client must bear.
    fits, words = _OTHERS.get(name, (str, "a text"))
    if isinstance(value, bool) or not isinstance(value, fits):
        raise FaultError(f"{name} is {words}")
    if name == "keep" and not 0 <= value < 1:
        raise FaultError("keep is a share from 0 to less than 1")
    if name == "when" and value not in MOMENTS:
        raise FaultError(f"when is one of {', '.join(MOMENTS)}")


_OTHERS: dict[str, tuple[Any, str]] = {
    "keep": ((int, float), "a share"),
    "retry_after": ((int, str), "a number or a text"),
}
