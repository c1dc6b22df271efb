"""At most 10 live sessions and 10 usable links of a person."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import event

from tests.unit.journey.harness import PUBLIC_URL, SECRET, JourneyHarness
from tests.unit.journey.test_admit import token
from webapp.domain.errors import HandoffNotAccepted, LinkGone
from webapp.journey.links import MAX_LINKS
from webapp.journey.login_session import MAX_SESSIONS
from webapp.journey.views import Visitor

pytestmark = pytest.mark.both_databases


def sign_in(harness: JourneyHarness, count: int, subject: str = "ada") -> list[Visitor]:
    found = []
    for _ in range(count):
        harness.clock.advance(seconds=1)
        found.append(harness.visitor(subject))
    return found


def live(harness: JourneyHarness, visitors: list[Visitor]) -> list[bool]:
    return [harness.admit.find_visitor(each.session_id) is not None for each in visitors]


def codes(harness: JourneyHarness, visitor: Visitor, onboarding: str, count: int) -> list[str]:
    found = []
    for _ in range(count):
        harness.clock.advance(seconds=1)
        link = harness.links.create_for_owner(visitor, onboarding)
        found.append(link.url.rpartition("/")[2])
    return found


def usable(harness: JourneyHarness, code: str) -> bool:
    try:
        harness.links.preview(code)
    except LinkGone:
        return False
    return True


def test_begin_session_beyond_the_cap_ends_the_oldest(
    harness: JourneyHarness, caplog: pytest.LogCaptureFixture
) -> None:
    ben = harness.visitor("ben")
    with caplog.at_level(logging.WARNING):
        adas = sign_in(harness, MAX_SESSIONS + 2)
    assert live(harness, adas) == [False] * 2 + [True] * MAX_SESSIONS
    assert live(harness, [ben]) == [True]
    limited: list[Any] = [each for each in caplog.records if each.msg == "sessions_limited"]
    assert [(each.site, each.person) for each in limited] == [("shop", adas[0].person.id)] * 2


def test_begin_session_ends_a_session_that_is_over_before_a_live_one(
    harness: JourneyHarness,
) -> None:
    (first,) = sign_in(harness, 1)
    harness.clock.advance(minutes=20)
    idle = sign_in(harness, MAX_SESSIONS - 1)
    harness.clock.advance(minutes=5)
    assert live(harness, [first]) == [True]  # used: it lives on, and the younger ones do not
    harness.clock.advance(minutes=26)
    new = sign_in(harness, 2)
    assert live(harness, [first, *new]) == [True] * 3
    assert live(harness, idle) == [False] * (MAX_SESSIONS - 1)


def test_begin_session_by_link_beyond_the_cap_ends_the_oldest(harness: JourneyHarness) -> None:
    (ada,) = sign_in(harness, 1)
    (code,) = codes(harness, ada, harness.begin(ada), 1)
    adas = [ada, *sign_in(harness, MAX_SESSIONS - 1)]
    visitor, _ = harness.links.use(code, None)
    assert live(harness, [*adas, visitor]) == [False] + [True] * MAX_SESSIONS


def test_begin_session_at_once_from_many_browsers_keeps_the_cap(harness: JourneyHarness) -> None:
    with ThreadPoolExecutor(8) as pool:
        adas = list(pool.map(lambda _: harness.visitor("ada"), range(MAX_SESSIONS + 14)))
    assert sum(live(harness, adas)) == MAX_SESSIONS


def open_frames(harness: JourneyHarness, count: int) -> list[Visitor]:
    """Open frames whose tabs are killed: no browser ends their sessions."""
    return [harness.admit.by_embedded_handoff(token(), "shop", None) for _ in range(count)]


def test_begin_session_of_frames_beyond_the_cap_never_ends_a_cookies_session(
    harness: JourneyHarness,
) -> None:
    """A frame asks its host page for another token; a phone at full screen cannot."""
    phones = sign_in(harness, 2)
    open_frames(harness, MAX_SESSIONS + 3)
    assert live(harness, phones) == [True, True]
    assert live(harness, sign_in(harness, MAX_SESSIONS - 2)) == [True] * (MAX_SESSIONS - 2)
    assert live(harness, phones) == [True, True]


def test_begin_session_beyond_the_cap_ends_the_frame_that_was_used_longest_ago(
    harness: JourneyHarness,
) -> None:
    (in_use,) = open_frames(harness, 1)
    harness.clock.advance(minutes=1)
    killed = open_frames(harness, MAX_SESSIONS - 1)
    harness.clock.advance(minutes=1)
    found = harness.admit.find_embedded_visitor
    assert found(in_use.session_id, "shop")
    new = open_frames(harness, 2)
    assert all(found(each.session_id, "shop") for each in (in_use, *new))
    assert [found(each.session_id, "shop") for each in killed].count(None) == 2


def test_create_link_beyond_the_cap_ends_the_oldest(
    harness: JourneyHarness, caplog: pytest.LogCaptureFixture
) -> None:
    ada, ben = harness.visitor("ada"), harness.visitor("ben")
    onboarding = harness.begin(ada)
    (bens,) = codes(harness, ben, harness.begin(ben), 1)
    with caplog.at_level(logging.WARNING):
        made = codes(harness, ada, onboarding, MAX_LINKS + 3)
    assert [usable(harness, each) for each in made] == [False] * 3 + [True] * MAX_LINKS
    assert usable(harness, bens)
    limited: list[Any] = [each for each in caplog.records if each.msg == "links_limited"]
    assert [(each.site, each.person) for each in limited] == [("shop", ada.person.id)] * 3
    assert not any(each in caplog.text for each in made)


def test_create_full_screen_links_beyond_the_cap_keeps_the_link_of_a_mail(
    harness: JourneyHarness,
) -> None:
    """The frame makes one each time that the user comes to the hosted page."""
    ada = harness.visitor("ada")
    onboarding = harness.begin(ada)
    mailed = codes(harness, ada, onboarding, 2)
    for _ in range(MAX_LINKS + 3):
        harness.clock.advance(seconds=1)
        newest = harness.links.create_for_owner(ada, onboarding, is_full_screen=True)
    assert [usable(harness, each) for each in mailed] == [True] * 2
    assert usable(harness, newest.url.rpartition("/")[2])


def test_create_link_does_not_count_used_links(harness: JourneyHarness) -> None:
    ada = harness.visitor("ada")
    onboarding = harness.begin(ada)
    first, *others = codes(harness, ada, onboarding, MAX_LINKS)
    for each in others[:5]:
        harness.links.use(each, None)
    codes(harness, ada, onboarding, 5)
    assert usable(harness, first)


def test_create_and_use_links_at_once_keep_the_cap_without_deadlock(
    harness: JourneyHarness,
) -> None:
    ada = harness.visitor("ada")
    onboarding = harness.begin(ada)
    made = codes(harness, ada, onboarding, MAX_LINKS)

    def create_or_use(number: int) -> str | None:
        if number % 2:
            return harness.links.create_for_owner(ada, onboarding).url.rpartition("/")[2]
        with suppress(LinkGone):
            harness.links.use(made[number // 2], None)
        return None

    with ThreadPoolExecutor(8) as pool:
        made += [each for each in pool.map(create_or_use, range(20)) if each]
    assert sum(usable(harness, each) for each in made) <= MAX_LINKS


def test_by_handoff_with_a_used_token_writes_nothing(harness: JourneyHarness) -> None:
    now = int(harness.clock().timestamp())
    claims = {"iss": "shop", "aud": PUBLIC_URL, "sub": "ada", "iat": now, "exp": now + 200}
    token = jwt.encode({"alg": "HS256"}, {**claims, "jti": "1"}, OctKey.import_key(SECRET))
    harness.admit.by_handoff(token, None)
    sent: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement.split()[0])

    event.listen(harness.engine, "before_cursor_execute", hear)
    for _ in range(5):
        with pytest.raises(HandoffNotAccepted):
            harness.admit.by_handoff(token, None)
    assert set(sent) == {"SELECT"}
