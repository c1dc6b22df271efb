"""What the job library is told of failures, and how its own rows are forgotten."""

import pickle

import pytest

from webapp.domain.errors import GatewayForbidden, GatewayUnavailable
from webapp.jobs.queue import PORTION, Failed, in_brief, in_portions


def failing(error: Exception):
    def action(_onboarding_id: str) -> None:
        try:
            raise RuntimeError("a cause with ada-marker")
        except RuntimeError as cause:
            raise error from cause

    return action


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (ValueError("with ada-marker"), Failed, "ValueError"),
        (GatewayForbidden("with ada-marker"), GatewayForbidden, ""),
        (GatewayUnavailable(77), GatewayUnavailable, str(GatewayUnavailable())),
    ],
)
def test_of_an_error_only_its_kind_is_told(error, kind, said):
    with pytest.raises(kind) as told:
        in_brief(failing(error), "an id")
    assert str(told.value) == said
    assert (told.value.__cause__, told.value.__context__) == (None, None)
    assert b"ada-marker" not in pickle.dumps(told.value)


def test_portions_are_deleted_until_one_is_not_full():
    left = [3, PORTION, PORTION]
    assert in_portions(left.pop) == 2 * PORTION + 3
    assert left == []
