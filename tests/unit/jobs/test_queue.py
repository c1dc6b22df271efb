"""Errors are redacted before the job library stores them; its old rows are deleted in batches."""

import pickle

import pytest

from webapp.domain.errors import GatewayForbidden, GatewayUnavailable
from webapp.jobs.queue import DELETE_BATCH, JobFailed, delete_in_batches, redact_errors


def failing(error: Exception):
    def action(_onboarding_id: str) -> None:
        try:
            raise RuntimeError("a cause with ada-marker")
        except RuntimeError as cause:
            raise error from cause

    return action


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ValueError("with ada-marker"), JobFailed, "ValueError"),
        (GatewayForbidden("with ada-marker"), GatewayForbidden, ""),
        (GatewayUnavailable(77), GatewayUnavailable, str(GatewayUnavailable())),
    ],
)
def test_redact_errors_keeps_only_the_kind(error, kind, message):
    with pytest.raises(kind) as raised:
        redact_errors(failing(error), "an id")
    assert str(raised.value) == message
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert b"ada-marker" not in pickle.dumps(raised.value)


def test_delete_in_batches_stops_at_a_partial_batch():
    left = [3, DELETE_BATCH, DELETE_BATCH]
    assert delete_in_batches(left.pop) == 2 * DELETE_BATCH + 3
    assert left == []
