"""Describe an API view for the OpenAPI document, beside the view itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., Any])

#: Problems that every call with a key can meet.
COMMON = (400, 401, 403, 422, 429, 500, 503)


@dataclass(frozen=True)
class Operation:
    """What the document says of one view.

    `answers` maps statuses to models; with `file_statuses` it answers with a file.
    """

    id: str
    summary: str
    answers: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    is_body_required: bool = True
    is_idempotent: bool = False
    file_statuses: tuple[int, ...] = ()
    problems: tuple[int, ...] = ()
    tag: str = "Onboardings"
    path_descriptions: Mapping[str, str] = field(default_factory=dict)


def operation(described: Operation) -> Callable[[View], View]:
    """Attach the description to the view."""

    def describe(view: View) -> View:
        view.operation = described  # type: ignore[attr-defined]
        return view

    return describe
