"""Onboarding and person keep secrets out of logs; final and active follow the status."""

import pytest

from tests.unit.domain.samples import sample_onboarding
from webapp.domain.onboarding import Person, Status


def test_repr_of_onboarding_and_person_hides_secrets():
    onboarding = sample_onboarding(hosted_url="https://x/marker", onboarding_token="marker")
    assert "marker" not in repr(onboarding)
    assert "marker" not in repr(Person("p", "shop", "subject-marker", "name-marker"))


@pytest.mark.parametrize("status", [Status.VERIFIED, Status.REJECTED])
def test_onboarding_with_a_verdict_is_final_and_not_active(status):
    decided = sample_onboarding(status=status)
    assert (decided.final, decided.active) == (True, False)
