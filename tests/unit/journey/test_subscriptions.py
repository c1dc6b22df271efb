"""Many who wait on their own connections, and the few looks that are made for all of them."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import event

from tests.support.eventually import eventually
from tests.unit.journey.harness import JourneyHarness
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status
from webapp.journey.views import StatusView, Visitor

LONG = 600.0


def words(view: StatusView) -> bytes:
    return json.dumps([view.status, view.version]).encode() + b"\n"


class Browser:
    """Waits without a thread of the server; hears lines, and the end."""

    def __init__(self, harness: JourneyHarness, visitor: Visitor, onboarding_id: str) -> None:
        self.sock, ours = socket.socketpair()
        self.sock.settimeout(10)
        self._reader = self.sock.makefile("rb")
        self.left = 0
        try:
            harness.result.stream(
                visitor, onboarding_id, ours, False, self._leave, words=words, max_seconds=LONG
            )
        except BaseException:
            self.rest()
            self.close()
            raise

    def _leave(self) -> None:
        self.left += 1

    def hear(self) -> str:
        """The status in the next line."""
        return str(json.loads(self._reader.readline())[0])

    def rest(self) -> list[str]:
        """What is said until the end."""
        return [str(json.loads(line)[0]) for line in self._reader if line.startswith(b"[")]

    def close(self) -> None:
        self._reader.close()
        self.sock.close()


Waiting = Callable[..., Browser]


@pytest.fixture
def waiting(harness: JourneyHarness) -> Iterator[Waiting]:
    with ExitStack() as browsers:

        def come(visitor: Visitor, onboarding_id: str) -> Browser:
            browser = Browser(harness, visitor, onboarding_id)
            browsers.callback(browser.close)
            return browser

        yield come


@pytest.fixture
def adas(harness: JourneyHarness, ada: Visitor) -> str:
    return harness.begin(ada)


def settled(harness: JourneyHarness) -> None:
    """The watcher has looked at everything once, and the sessions of all are known to live."""
    harness.subscriptions._sessions_every_seconds = LONG
    harness.subscriptions._sessions_at = 0.0
    eventually(lambda: harness.subscriptions._sessions_at > time.monotonic() + LONG / 2)


def decide(harness: JourneyHarness, onboarding_id: str, word: str) -> None:
    harness.said(onboarding_id, word)
    harness.gateway_poll.poll(onboarding_id)


def test_ada_hears_what_stands_and_each_change(
    harness: JourneyHarness, ada, adas, waiting: Waiting
):
    browser = waiting(ada, adas)
    assert browser.hear() == "started"
    decide(harness, adas, "PENDING_VERIFICATION")
    assert browser.hear() == "in_review"
    decide(harness, adas, "VERIFIED")
    assert browser.hear() == "verified"


def test_each_hears_of_their_own_only(harness: JourneyHarness, ada, ben, adas, waiting: Waiting):
    bens = harness.begin(ben)
    first, second = waiting(ada, adas), waiting(ben, bens)
    decide(harness, adas, "VERIFIED")
    decide(harness, bens, "NOT_VERIFIED")
    assert [first.hear(), first.hear()] == ["started", "verified"]
    assert [second.hear(), second.hear()] == ["started", "rejected"]
    harness.result.close(wait_seconds=10)
    assert first.rest() == second.rest() == []


def test_ben_cannot_wait_for_ada_and_his_connection_ends(
    harness: JourneyHarness, ben, adas, waiting
):
    with pytest.raises(NotFound):
        waiting(ben, adas)
    eventually(lambda: len(harness.subscriptions) == 0)


def test_a_session_that_is_revoked_ends_what_it_follows_although_nothing_changes(
    harness: JourneyHarness, ada, adas, waiting: Waiting
):
    browser, other = waiting(ada, adas), waiting(harness.visitor("ada"), adas)
    harness.admit.sign_out(ada)
    assert browser.rest() == ["started"]
    assert other.hear() == "started"
    decide(harness, adas, "VERIFIED")
    assert other.hear() == "verified", "her other session goes on"


def test_the_sessions_of_all_are_looked_at_even_a_few_at_a_time(
    harness: JourneyHarness, ada, ben, adas, waiting: Waiting
):
    harness.subscriptions._sessions_at_once = 2
    bens = harness.begin(ben)
    crowd = [waiting(ada, adas) for _ in range(5)]
    other = waiting(ben, bens)
    harness.admit.sign_out(ada)
    assert [each.rest() for each in crowd] == [["started"]] * 5
    decide(harness, bens, "VERIFIED")
    assert [other.hear(), other.hear()] == ["started", "verified"]


def test_a_session_that_is_over_ends_what_it_follows(
    harness: JourneyHarness, ada, adas, waiting: Waiting
):
    browser = waiting(ada, adas)
    harness.clock.advance(hours=8, seconds=1)
    assert browser.rest() == ["started"]


def test_after_the_end_of_the_session_not_one_change_is_told(
    harness: JourneyHarness, ada, adas, waiting: Waiting
):
    """Even where the sessions of all are not looked at for long."""
    browser = waiting(ada, adas)
    assert browser.hear() == "started"
    settled(harness)
    harness.admit.sign_out(ada)
    decide(harness, adas, "VERIFIED")
    assert browser.rest() == []


def test_somebody_elses_row_is_never_told(
    harness: JourneyHarness, ada, ben, adas, waiting: Waiting
):
    """Should an onboarding ever change hands."""
    browser = waiting(ada, adas)
    assert browser.hear() == "started"
    with harness.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE onboardings SET person_id = '{ben.person.id}', version = 9 WHERE id = '{adas}'"
        )
    harness.subscriptions.look({adas})
    assert browser.rest() == []


def test_what_is_old_by_now_is_not_told_after_what_is_new(
    harness: JourneyHarness, ada, adas, waiting: Waiting
):
    browser = waiting(ada, adas)
    assert browser.hear() == "started"
    old = harness.row(adas)
    decide(harness, adas, "VERIFIED")
    assert browser.hear() == "verified"
    (follower,) = harness.subscriptions._of({adas})
    harness.subscriptions._tell(follower, old)
    harness.result.close(wait_seconds=10)
    assert browser.rest() == []


def test_who_hangs_up_leaves_nothing_behind(harness: JourneyHarness, ada, adas, waiting: Waiting):
    browser = waiting(ada, adas)
    browser.close()
    eventually(lambda: browser.left == 1)
    assert len(harness.subscriptions) == len(harness.broadcaster) == 0


def test_at_the_end_of_the_process_all_are_told_and_the_late_ones_too(
    harness: JourneyHarness, ada, adas, waiting: Waiting
):
    crowd = [waiting(ada, adas) for _ in range(5)]
    harness.result.close(wait_seconds=10)
    crowd.append(waiting(ada, adas))
    for each in crowd:
        each.rest()
    assert [each.left for each in crowd] == [1] * 6
    assert len(harness.subscriptions) == 0


def test_one_row_that_cannot_be_read_stands_in_nobodys_way(
    harness: JourneyHarness, ada, ben, adas, waiting: Waiting
):
    bens = harness.begin(ben)
    first, second = waiting(ada, adas), waiting(ben, bens)
    assert (first.hear(), second.hear()) == ("started", "started")
    settled(harness)
    with harness.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE onboardings SET status = 'newer' WHERE id = '{adas}'")
    harness.put(bens, status=Status.VERIFIED)
    harness.subscriptions.look({adas, bens})
    assert second.hear() == "verified"
    assert first.rest() == []


class Counted:
    """The questions of this thread about rows; the watcher looks meanwhile, as ever."""

    def __init__(self, harness: JourneyHarness) -> None:
        self._engine = harness.engine
        self._thread = threading.get_ident()
        self.asked: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self.asked

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, _connection, _cursor, statement: str, *_: object) -> None:
        table = statement.split("FROM ")[-1].split()[0]
        if threading.get_ident() == self._thread and table in ("onboardings", "sessions"):
            self.asked.append(table)


def test_many_who_wait_for_nothing_new_ask_nothing_and_all_changes_cost_two_questions(
    harness: JourneyHarness, ada, ben, waiting: Waiting
):
    ids = [harness.begin(ada), harness.begin(ben)]
    crowd = [waiting(*each) for each in zip((ada, ben), ids, strict=True) for _ in range(20)]
    assert {each.hear() for each in crowd} == {"started"}
    settled(harness)
    with Counted(harness) as asked:
        for _ in range(100):
            harness.subscriptions.look(set())
            harness.subscriptions.look({"an onboarding for which nobody waits"})
    assert asked == []
    for each in ids:
        harness.put(each, status=Status.VERIFIED)
    with Counted(harness) as asked:
        harness.subscriptions.look(ids)
    assert sorted(asked) == ["onboardings", "sessions"]
    assert {each.hear() for each in crowd} == {"verified"}


#: The watcher's connection is ended as by an administrator; how many of them there were.
HANG_UP = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'LISTEN%%'"""


@pytest.mark.parametrize("kind", ["postgresql"])
def test_what_is_committed_while_postgresql_has_hung_up_is_not_missed(
    harness: JourneyHarness, ada, adas, waiting: Waiting
):
    browser = waiting(ada, adas)
    assert browser.hear() == "started"
    settled(harness)

    def hung_up() -> bool:
        with harness.engine.begin() as connection:
            return bool(connection.exec_driver_sql(HANG_UP).scalar_one())

    eventually(hung_up)
    decide(harness, adas, "VERIFIED")
    assert browser.hear() == "verified"
