"""Onboarding and person keep secrets out of logs; final and active follow the status."""

import pytest

from tests.unit.domain.samples import sample_onboarding
from webapp.domain.onboarding import Person, Status


def test_onboarding_repr_hides_hosted_url_and_token():
    shown = repr(
        sample_onboarding(hosted_url="https://gateway.example/marker", onboarding_token="marker")
    )
    assert "marker" not in shown


def test_person_repr_hides_subject_and_name():
    assert "marker" not in repr(Person("p", "shop", "subject-marker", "name-marker"))


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED])
def test_onboarding_with_a_verdict_is_final_and_not_active(status):
    decided = sample_onboarding(status=status)
    assert decided.final
    assert not decided.active
