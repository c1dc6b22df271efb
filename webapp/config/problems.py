"""Errors of the configuration, and their texts: no text holds a configured value."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic_core import ErrorDetails

#: By pydantic's error types.
_MESSAGES = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes, not empty",
    "tuple_type": "must be a list in square brackets",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "dict_type": "must be a table",
    "string_too_short": "is shorter than {min_length} characters",
    "too_short": "is shorter than {min_length} characters",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
}


class InvalidValue(ValueError):
    """One value is not acceptable; the message is a predicate that does not repeat the value."""


class SettingsError(Exception):
    """The server cannot start with this configuration.

    `problems` has one sentence for each cause. No sentence holds a configured value: it might be a
    secret in the wrong place.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = "1 problem" if count == 1 else f"{count} problems"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{heading} with the configuration:{lines}")


def describe(error: ErrorDetails) -> str:
    """Return what is wrong as a predicate, from an error that pydantic found."""
    context = dict(error.get("ctx", {}))
    if isinstance(context.get("error"), InvalidValue):
        return str(context["error"])
    expected = str(context.get("expected", "")).replace(" or ", ", ").replace("'", "")
    template = _MESSAGES.get(error["type"], "is not acceptable")
    return template.format_map({**context, "expected": expected})
