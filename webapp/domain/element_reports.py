"""Errors that the element in pages of host sites reports: codes only, counted per day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: How long reports are kept.
RETENTION = timedelta(days=30)


class ElementCode(StrEnum):
    """The element's error codes. OTHER: one that this server does not know."""

    FRAME_SILENT = "frame_silent"
    FRAME_BLOCKED_BY_CSP = "frame_blocked_by_csp"
    CROSS_ORIGIN_ISOLATED = "cross_origin_isolated"
    CAMERA_BLOCKED_BY_POLICY = "camera_blocked_by_policy"
    INSECURE_CONTEXT = "insecure_context"
    IN_APP_BROWSER = "in_app_browser"
    TOKEN_FAILED = "token_failed"  # noqa: S105 - a code
    OTHER = "other"


class Display(StrEnum):
    """How the element shows the frame. OTHER: a display that this server does not know."""

    INLINE = "inline"
    MODAL = "modal"
    REDIRECT = "redirect"
    OTHER = "other"


@dataclass(frozen=True)
class ElementReportCount:
    """How often a code was reported within `RETENTION`. `last_at` is aware UTC."""

    code: str
    display: str
    count: int
    last_at: datetime


def element_code(text: str) -> ElementCode:
    """Return the code; OTHER for an unknown one, since elements may be newer than this server."""
    return ElementCode(text) if text in tuple(ElementCode) else ElementCode.OTHER


def display(text: str) -> Display:
    """Return the display; OTHER for an unknown one."""
    return Display(text) if text in tuple(Display) else Display.OTHER
