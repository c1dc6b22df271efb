"""admit: sessions of the frame in a host page, opened by a hand-off and proved by a bearer."""

import json
from base64 import urlsafe_b64decode

import pytest

from tests.unit.journey.harness import JourneyHarness
from tests.unit.journey.test_admit import token
from webapp.domain.errors import HandoffNotAccepted
from webapp.domain.session_life import EMBEDDED_LIFE


def test_by_embedded_handoff_opens_a_session_of_15_minutes(harness: JourneyHarness) -> None:
    ada = harness.admit.by_embedded_handoff(token(), "shop", None)
    assert (ada.person.subject, ada.via) == ("ada", "embed")
    assert ada.expires_at == harness.clock() + EMBEDDED_LIFE
    assert harness.admit.find_embedded_visitor(ada.session_id, "shop") == ada
    harness.clock.advance(minutes=15)
    assert harness.admit.find_embedded_visitor(ada.session_id, "shop") is None


def test_bearer_of_a_user_with_a_started_onboarding_ends_after_15_minutes(
    harness: JourneyHarness,
) -> None:
    """The cookie's session would live on."""
    ada = harness.admit.by_embedded_handoff(token(), "shop", None)
    harness.begin(ada)
    harness.clock.advance(minutes=15)
    assert harness.admit.find_embedded_visitor(ada.session_id, "shop") is None


def test_bearer_and_cookie_session_do_not_stand_in_for_each_other(harness: JourneyHarness) -> None:
    framed = harness.admit.by_embedded_handoff(token(), "shop", None)
    full = harness.admit.by_handoff(token(), None)
    assert harness.admit.find_visitor(framed.session_id) is None
    assert harness.admit.find_embedded_visitor(full.session_id, "shop") is None


def test_bearer_is_not_valid_for_another_site(harness: JourneyHarness) -> None:
    ada = harness.admit.by_embedded_handoff(token(), "shop", None)
    assert harness.admit.find_embedded_visitor(ada.session_id, "bank") is None


def test_bearer_that_is_revoked_or_unknown_is_not_valid(harness: JourneyHarness) -> None:
    ada = harness.admit.by_embedded_handoff(token(), "shop", None)
    harness.admit.sign_out(ada)
    for bearer in (ada.session_id, "guessed", ""):
        assert harness.admit.find_embedded_visitor(bearer, "shop") is None


def test_by_embedded_handoff_with_a_used_token_raises_already_used(harness: JourneyHarness) -> None:
    handed = token()
    harness.admit.by_embedded_handoff(handed, "shop", None)
    for again in (
        lambda: harness.admit.by_embedded_handoff(handed, "shop", None),
        lambda: harness.admit.by_handoff(handed, None),
    ):
        with pytest.raises(HandoffNotAccepted) as refused:
            again()
        assert refused.value.code == "already_used"


def test_by_embedded_handoff_of_another_site_raises_and_leaves_the_token(
    harness: JourneyHarness,
) -> None:
    handed = token()
    with pytest.raises(HandoffNotAccepted) as refused:
        harness.admit.by_embedded_handoff(handed, "bank", None)
    assert (refused.value.code, refused.value.site_id) == ("wrong_site", "bank")
    assert harness.admit.by_embedded_handoff(handed, "shop", None).person.subject == "ada"


def test_by_embedded_handoff_flow_of_the_token_ranks_before_the_frames(
    harness: JourneyHarness,
) -> None:
    named = harness.admit.by_embedded_handoff(token(flow="redirect"), "shop", "default")
    assert (named.flow, named.flow_is_given) == ("redirect", True)
    unnamed = harness.admit.by_embedded_handoff(token(), "shop", "redirect")
    assert (unnamed.flow, unnamed.flow_is_given) == ("redirect", True)
    with pytest.raises(HandoffNotAccepted) as refused:
        harness.admit.by_embedded_handoff(token(), "shop", "no such flow")
    assert refused.value.code == "unknown_flow"


def test_signed_result_of_a_frame_has_the_state_of_the_hand_off_and_no_expiry(
    harness: JourneyHarness,
) -> None:
    ada = harness.admit.by_embedded_handoff(token(state="cart-81"), "shop", None)
    shown = harness.result.status(ada, harness.begin(ada))
    payload = harness.result.signed(ada, shown).split(".")[1]
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["onboarding"], claims["status"]) == (shown.id, "started")
    assert (claims["aud"], claims["sub"], claims["state"]) == ("shop", "ada", "cart-81")
    assert "exp" not in claims
