"""Every scenario of the catalogue, walked through the real server to its declared end."""

import pytest

from mobbscan_sandbox.scenarios.catalogue import Scenario, catalogue
from tests.contract.playing import Play, chosen, ends_so
from tests.support.stack import Person, Stack


@pytest.mark.parametrize("scenario", catalogue().scenarios.values(), ids=lambda each: each.id)
def test_it_ends_as_declared(stack: Stack, ada: Person, scenario: Scenario) -> None:
    with chosen(stack, scenario):
        play = Play(stack, scenario, ada)
        try:
            play.through()
            ends_so(play)
        finally:
            play.leave_alone()
