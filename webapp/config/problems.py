"""Complaints about the configuration, collected so that all of them are heard at once."""

from __future__ import annotations

from collections.abc import Iterable


class InvalidValue(ValueError):
    """One value is not acceptable; the message is the second half of a sentence, without the value.

    `below` is the place inside the value, for lists and tables.
    """

    def __init__(self, what: str, below: tuple[str | int, ...] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.below = below

    def each(self) -> tuple[InvalidValue, ...]:
        """The single complaints that this one is made of."""
        return (self,)


class InvalidSecretSource(InvalidValue):
    """Nothing is known of the value itself: what holds it is wrong, and has a cure of its own."""

    def __init__(self, name: str, what: str, cure: str) -> None:
        super().__init__(what)
        self.name = name
        self.fix = cure


class InvalidValues(InvalidValue):
    """More than one thing inside a value is not acceptable."""

    def __init__(self, wrongs: Iterable[InvalidValue]) -> None:
        self._wrongs = tuple(wrongs)
        super().__init__("; ".join(wrong.what for wrong in self._wrongs))

    def each(self) -> tuple[InvalidValue, ...]:
        return self._wrongs


class SettingsError(Exception):
    """The server cannot start like this; `problems` has one sentence for each cause.

    No sentence holds a configured value: it might be a secret in the wrong place.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = "1 problem" if count == 1 else f"{count} problems"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{heading} with the configuration:{lines}")
