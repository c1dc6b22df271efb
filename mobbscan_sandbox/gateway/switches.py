"""Switches: the settings of the gateway that can be changed while it runs."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from mobbscan_sandbox.gateway.errors import ERROR_STYLES
from mobbscan_sandbox.gateway.outcomes import DECISIONS

NOTICE_MODES = (
    "send", "hold", "twice", "never", "before_create_answer", "shuffled", "after_restart",
)  # fmt: skip
VIDEO_MODES = ("after_pending", "first", "after_decision", "never")


class SwitchError(ValueError):
    """An unknown switch or an invalid value; the message says which."""


@dataclass(frozen=True)
class Switches:
    """The values of all switches; the defaults are a healthy gateway."""

    down: bool = False
    latency_ms: int = 0
    hold_create_ms: int = 0
    token_ttl_seconds: int = 900
    token_dies_after_seconds: int = 0
    credentials_disabled: bool = False
    read_only: bool = False
    notices: str = "send"
    notice_delay_ms: int = 0
    notice_attempts: int = 1
    notice_shuffle_ms: int = 500
    video_available: str = "after_pending"
    video_after_ms: int = 0
    auto_outcome: str | None = None
    decide_after_ms: int = 0
    clock_offset_seconds: int = 0
    extensions: bool = False
    legacy_states: bool = False
    zip_enabled: bool = True
    extra_images: bool = False
    evidence_entries: str = "url"
    unknown_status: int = 401
    missing_evidence_status: int = 404
    unstarted_status: int = 200
    pending_again_status: int = 409
    error_style: str = "status"
    pdf_after_verdict: bool = False
    delete_by_get: bool = True
    delete_decided_status: int = 200
    require_reject_type: bool = False
    require_full_personal_data: bool = False
    dialogs: bool = True
    time_limit_seconds: int = 0
    timeout_word: str = "TimeoutError"

    def with_changes(self, changes: object) -> Self:
        """Return a copy with `changes`; raises `SwitchError`."""
        if not isinstance(changes, dict):
            raise SwitchError("the switches are a JSON object")
        for name, value in changes.items():
            _check(name, value)
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """Return all switches by name."""
        return asdict(self)


CHOICES: dict[str, tuple[object, ...]] = {
    "notices": NOTICE_MODES,
    "auto_outcome": (None, *DECISIONS),
    "error_style": ERROR_STYLES,
    "video_available": VIDEO_MODES,
    "evidence_entries": ("url", "object"),
    "missing_evidence_status": (404, 400),
    "timeout_word": ("TimeoutError", "Timeout"),
    "unknown_status": (401, 404),
    "unstarted_status": (200, 401),
    "pending_again_status": (409, 200),
    "delete_decided_status": (200, 409),
}
_RANGES = {
    "latency_ms": (0, 120_000),
    "hold_create_ms": (0, 120_000),
    "token_ttl_seconds": (1, 31_536_000),
    "token_dies_after_seconds": (0, 31_536_000),
    "notice_delay_ms": (0, 600_000),
    "notice_attempts": (1, 10),
    "notice_shuffle_ms": (0, 60_000),
    "video_after_ms": (0, 600_000),
    "time_limit_seconds": (0, 3600),
    "decide_after_ms": (0, 600_000),
    "clock_offset_seconds": (-31_536_000, 31_536_000),
}
_NAMES = tuple(field.name for field in fields(Switches))


def _check(name: str, value: object) -> None:
    if name not in _NAMES:
        raise SwitchError(f"there is no switch {name!r}; there are: {', '.join(_NAMES)}")
    if name in CHOICES:
        # `True in (1, 2)` is true.
        if isinstance(value, bool) or value not in CHOICES[name]:
            raise SwitchError(f"{name} is one of {', '.join(map(repr, CHOICES[name]))}")
    elif name in _RANGES:
        low, high = _RANGES[name]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise SwitchError(f"{name} is a whole number from {low} to {high}")
    elif not isinstance(value, bool):
        raise SwitchError(f"{name} is true or false")
