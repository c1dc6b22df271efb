"""The status that the owner of an onboarding may see; streams are tested in test_subscriptions."""

import pytest

from webapp.domain.onboarding import Status


def test_status_of_a_started_onboarding_holds_version_and_next_action(harness, ada, adas):
    view, row = harness.result.status(ada, adas), harness.row(adas)
    assert (view.id, view.status, view.next, view.reasons) == (adas, "started", "continue", ())
    assert (view.version, view.updated_at) == (row.version, row.updated_at)


@pytest.mark.parametrize(
    ("status", "next_action"),
    [
        (Status.CREATED, "continue"),
        (Status.INTERRUPTED, "continue"),
        (Status.IN_REVIEW, "wait"),
        (Status.VERIFIED, "done"),
        (Status.REJECTED, "retry"),
        (Status.EXPIRED, "retry"),
        (Status.ERASED, "done"),
    ],
)
def test_status_in_each_status_names_the_next_action(harness, ada, adas, status, next_action):
    harness.put(adas, status=status)
    assert harness.result.status(ada, adas).next == next_action


def test_status_after_the_last_attempt_is_done(harness, ada, adas):
    harness.put(adas, status=Status.REJECTED, attempt=3, submitted_at=harness.clock())
    assert harness.result.status(ada, adas).next == "done"
