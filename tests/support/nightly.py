"""Choose which cases of a parametrized test run every time."""

from collections.abc import Iterable

import pytest


def rest_nightly(cases: Iterable[object], every_run: int = 1) -> list[object]:
    """Return the cases; those after the first `every_run` run nightly only."""
    listed = list(cases)
    rest = [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.nightly)
        for case in listed[every_run:]
    ]
    return [*listed[:every_run], *rest]
