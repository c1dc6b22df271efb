"""The texts of one status, reason or error. They are lazy: translated when a page is rendered."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString


@dataclass(frozen=True)
class PageTexts:
    """`label` is the short form for lists; `tone` selects colour and icon."""

    title: LazyString
    text: LazyString
    next_step: LazyString
    label: LazyString | None = None
    tone: str = "calm"
