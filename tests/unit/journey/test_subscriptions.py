"""Subscriptions and streams: who receives which change, when streams end, how many queries run."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import event

from tests.support.eventually import eventually
from tests.unit.journey.harness import JourneyHarness
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status
from webapp.journey.views import OnboardingView, Visitor

LONG = 600.0


def words(view: OnboardingView) -> bytes:
    return json.dumps([view.status, view.version]).encode() + b"\n"


class Browser:
    """The browser's end of one stream."""

    def __init__(self, harness: JourneyHarness, visitor: Visitor, onboarding_id: str) -> None:
        self.sock, ours = socket.socketpair()
        self.sock.settimeout(10)
        self._reader = self.sock.makefile("rb")
        self.closed = 0
        try:
            harness.result.stream(
                visitor, onboarding_id, ours, False, self._on_close, words=words, max_seconds=LONG
            )
        except BaseException:
            self.read_to_end()
            self.close()
            raise

    def _on_close(self) -> None:
        self.closed += 1

    def read_status(self) -> str:
        """Read the status in the next line."""
        return str(json.loads(self._reader.readline())[0])

    def read_to_end(self) -> list[str]:
        """Read all statuses until the end of the stream."""
        return [str(json.loads(line)[0]) for line in self._reader if line.startswith(b"[")]

    def close(self) -> None:
        self._reader.close()
        self.sock.close()


@pytest.fixture
def open_stream(harness: JourneyHarness) -> Iterator[Callable[..., Browser]]:
    """Return a function that opens a stream and reads its first status."""
    with ExitStack() as browsers:

        def open_one(visitor: Visitor, onboarding_id: str) -> Browser:
            browser = Browser(harness, visitor, onboarding_id)
            browsers.callback(browser.close)
            assert browser.read_status() == "started"
            return browser

        yield open_one


def finish_session_checks(harness: JourneyHarness) -> None:
    """Wait until the sessions of all are checked; the next check is far away."""
    harness.subscriptions._sessions_every_seconds = LONG
    harness.subscriptions._next_session_check = 0.0
    eventually(lambda: harness.subscriptions._next_session_check > time.monotonic() + LONG / 2)


def test_stream_sends_each_change_also_of_another_process_but_no_notice(
    harness, ada, adas, open_stream
):
    other = JourneyHarness(harness.address, harness.gateway, harness.clock)
    browser = open_stream(ada, adas)
    harness.notice(adas, "VERIFIED")
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    assert browser.read_status() == "in_review"
    other.poll_answered(adas, "VERIFIED")
    assert browser.read_status() == "verified"
    other.close()


def test_stream_sends_only_the_own_onboarding(harness, ada, ben, adas, open_stream):
    bens = harness.begin(ben)
    first, second = open_stream(ada, adas), open_stream(ben, bens)
    harness.poll_answered(adas, "VERIFIED")
    harness.poll_answered(bens, "NOT_VERIFIED")
    assert (first.read_status(), second.read_status()) == ("verified", "rejected")
    harness.result.close(wait_seconds=10)
    assert first.read_to_end() == second.read_to_end() == []


def test_stream_by_ben_for_ada_raises_not_found_and_ends(harness, ben, adas, open_stream):
    with pytest.raises(NotFound):
        open_stream(ben, adas)
    eventually(lambda: len(harness.subscriptions) == 0)


def test_stream_of_a_revoked_session_ends_without_a_change(harness, ada, adas, open_stream):
    harness.subscriptions._sessions_at_once = 2
    browsers = [open_stream(ada, adas) for _ in range(5)]
    other = open_stream(harness.visitor("ada"), adas)
    harness.admit.sign_out(ada)
    assert [each.read_to_end() for each in browsers] == [[]] * 5
    harness.poll_answered(adas, "VERIFIED")
    assert other.read_status() == "verified", "a stream of her other session continues"


def test_stream_of_an_expired_session_ends(harness, ada, adas, open_stream):
    browser = open_stream(ada, adas)
    harness.clock.advance(hours=24, seconds=1)
    assert browser.read_to_end() == []


def test_stream_of_a_session_over_8_hours_ends_unless_its_process_awaits_the_user(
    harness, ada, adas, open_stream
):
    bens = harness.begin(ben := harness.visitor("ben"))
    browser, other = open_stream(ada, adas), open_stream(ben, bens)
    harness.poll_answered(bens, "PENDING_VERIFICATION")
    assert other.read_status() == "in_review"
    harness.clock.advance(hours=8, seconds=1)
    assert other.read_to_end() == []
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    assert browser.read_status() == "in_review"


def test_stream_after_sign_out_sends_no_change(harness, ada, adas, open_stream):
    """The next check of all sessions is far away."""
    browser = open_stream(ada, adas)
    finish_session_checks(harness)
    harness.admit.sign_out(ada)
    harness.poll_answered(adas, "VERIFIED")
    assert browser.read_to_end() == []


def test_stream_of_an_onboarding_that_changed_owner_ends(harness, ada, ben, adas, open_stream):
    """No code changes the owner of an onboarding; the stream must not rely on that."""
    browser = open_stream(ada, adas)
    with harness.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE onboardings SET person_id = '{ben.person.id}', version = 9 WHERE id = '{adas}'"
        )
    harness.subscriptions.notify({adas})
    assert browser.read_to_end() == []


def test_stream_never_sends_an_older_version_after_a_newer(harness, ada, adas, open_stream):
    browser = open_stream(ada, adas)
    old = harness.row(adas)
    harness.poll_answered(adas, "VERIFIED")
    assert browser.read_status() == "verified"
    (subscriber,) = harness.subscriptions._subscribers_of({adas})
    harness.subscriptions._send(subscriber, old)
    harness.result.close(wait_seconds=10)
    assert browser.read_to_end() == []


def test_stream_of_a_disconnected_browser_is_removed(harness, ada, adas, open_stream):
    browser = open_stream(ada, adas)
    browser.close()
    eventually(lambda: browser.closed == 1)
    assert len(harness.subscriptions) == len(harness.broadcaster) == 0


def test_close_ends_all_streams_and_later_ones(harness, ada, adas, open_stream):
    browsers = [open_stream(ada, adas) for _ in range(5)]
    harness.result.close(wait_seconds=10)
    browsers.append(Browser(harness, ada, adas))
    for each in browsers:
        each.read_to_end()
    browsers[-1].close()
    assert [each.closed for each in browsers] == [1] * 6
    assert len(harness.subscriptions) == 0


def test_notify_with_an_unreadable_row_sends_the_others(harness, ada, ben, adas, open_stream):
    bens = harness.begin(ben)
    first, second = open_stream(ada, adas), open_stream(ben, bens)
    finish_session_checks(harness)
    with harness.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE onboardings SET status = 'newer' WHERE id = '{adas}'")
    harness.put(bens, status=Status.VERIFIED)
    harness.subscriptions.notify({adas, bens})
    assert second.read_status() == "verified"
    assert first.read_to_end() == []


@contextmanager
def recorded_tables(harness: JourneyHarness) -> Iterator[list[str]]:
    """Collect the queries of this thread on the two tables; the watcher runs its own."""
    tables: list[str] = []
    this_thread = threading.get_ident()

    def record(_connection, _cursor, statement: str, *_: object) -> None:
        table = statement.split("FROM ")[-1].split()[0]
        if threading.get_ident() == this_thread and table in ("onboardings", "sessions"):
            tables.append(table)

    event.listen(harness.engine, "before_cursor_execute", record)
    yield tables
    event.remove(harness.engine, "before_cursor_execute", record)


def test_notify_runs_no_query_without_changes_and_two_for_all(harness, ada, ben, open_stream):
    ids = [harness.begin(ada), harness.begin(ben)]
    browsers = [open_stream(*each) for each in zip((ada, ben), ids, strict=True) for _ in range(20)]
    finish_session_checks(harness)
    with recorded_tables(harness) as tables:
        for _ in range(100):
            harness.subscriptions.notify(set())
            harness.subscriptions.notify({"without a subscriber"})
    assert tables == []
    for each in ids:
        harness.put(each, status=Status.VERIFIED)
    with recorded_tables(harness) as tables:
        harness.subscriptions.notify(ids)
    assert sorted(tables) == ["onboardings", "sessions"]
    assert {each.read_status() for each in browsers} == {"verified"}


#: Ends the watcher's connection as an administrator would; returns the number of connections.
DISCONNECT = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'LISTEN%%'"""


@pytest.mark.parametrize("kind", ["postgresql"])
def test_stream_sends_a_change_committed_while_disconnected(harness, ada, adas, open_stream):
    browser = open_stream(ada, adas)
    finish_session_checks(harness)

    def disconnect() -> bool:
        with harness.engine.begin() as connection:
            return bool(connection.exec_driver_sql(DISCONNECT).scalar_one())

    eventually(disconnect)
    harness.poll_answered(adas, "VERIFIED")
    assert browser.read_status() == "verified"
