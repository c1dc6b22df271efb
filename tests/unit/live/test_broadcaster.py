"""One thread holds all who wait: it speaks to each, and lets go of whoever is gone or deaf."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.eventually import eventually
from tests.support.threads import no_thread_once
from webapp.live.broadcaster import BEAT, Broadcaster
from webapp.live.sse_connection import UNREAD_LIMIT, SseConnection

LONG = 600.0


class Browser:
    """One who waits, at the other end of a connection."""

    def __init__(
        self, keeper: Broadcaster, *, chunked: bool = False, seconds: float = LONG
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.sock = socket.create_connection(server.getsockname(), timeout=10)
            ours, _ = server.accept()
        self.gone = 0
        self.line = keeper.hold(ours, chunked=chunked, seconds=seconds, gone=self._gone)

    def _gone(self) -> None:
        self.gone += 1

    def heard(self, words: bytes) -> bytes:
        """All up to these words."""
        said = b""
        while words not in said:
            more = self.sock.recv(65536)
            assert more, f"it ended with {said!r}"
            said += more
        return said

    def all(self) -> bytes:
        """All that is said until the end."""
        said = b""
        while more := self.sock.recv(65536):
            said += more
        return said


Waiting = Callable[..., Browser]


@pytest.fixture
def keeper() -> Iterator[Broadcaster]:
    keeper = Broadcaster()
    yield keeper
    keeper.close(wait_seconds=10)
    assert not [thread for thread in threading.enumerate() if thread.name == "keeper"]


@pytest.fixture
def waiting(keeper: Broadcaster) -> Iterator[Waiting]:
    with ExitStack() as browsers:

        def come(keeper: Broadcaster = keeper, **options: object) -> Browser:
            browser = Browser(keeper, **options)  # type: ignore[arg-type]
            browsers.enter_context(browser.sock)
            return browser

        yield come


def left(keeper: Broadcaster, line: SseConnection) -> None:
    eventually(lambda: line.closed and len(keeper) == 0)


def obeyed(keeper: Broadcaster) -> None:
    """Wait until all orders so far have been carried out."""
    done = threading.Event()
    keeper._order(done.set)
    assert done.wait(10)


def test_each_hears_what_is_said_to_it_in_order(keeper: Broadcaster, waiting: Waiting):
    ada, ben = waiting(), waiting()
    for number in range(50):
        keeper.say(ada.line, b"ada %d\n" % number)
    keeper.say(ben.line, b"ben\n")
    assert ada.heard(b"ada 49\n") == b"".join(b"ada %d\n" % number for number in range(50))
    assert ben.heard(b"ben\n") == b"ben\n"


def test_an_answer_in_chunks_goes_on_and_ends_as_one(keeper: Broadcaster, waiting: Waiting):
    ada = waiting(chunked=True)
    keeper.say(ada.line, b"data: twenty-one bytes")
    keeper.end(ada.line)
    assert re.fullmatch(
        rb"16\r\ndata: twenty-one bytes\r\n[0-9A-F]+\r\nretry: \d+\n\n\r\n0\r\n\r\n", ada.all()
    )


def test_at_the_end_the_browser_is_asked_to_come_again(keeper: Broadcaster, waiting: Waiting):
    ada = waiting()
    keeper.end(ada.line)
    assert re.fullmatch(rb"retry: \d+\n\n", ada.all())
    eventually(lambda: ada.gone == 1)
    assert len(keeper) == 0


def test_after_its_time_it_ends_by_itself(keeper: Broadcaster, waiting: Waiting):
    ada, ben = waiting(seconds=0.05), waiting()
    assert ada.all().startswith(b"retry: ")
    assert not ben.line.closed


def test_who_hangs_up_is_forgotten_at_once(keeper: Broadcaster, waiting: Waiting):
    ada, ben = waiting(), waiting()
    ada.sock.close()
    eventually(lambda: ada.gone == 1)
    eventually(lambda: len(keeper) == 1)
    keeper.say(ada.line, b"too late")
    keeper.say(ben.line, b"still there")
    assert ben.heard(b"there") == b"still there"
    assert ada.gone == 1


def test_who_speaks_where_there_is_nothing_to_say_is_let_go(keeper: Broadcaster, waiting: Waiting):
    ada = waiting()
    ada.sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
    left(keeper, ada.line)


def test_a_quiet_line_beats(waiting: Waiting):
    keeper = Broadcaster(beat_seconds=0.02)
    ada = waiting(keeper)
    ada.heard(BEAT * 3)
    keeper.close(wait_seconds=10)


def test_who_does_not_read_is_let_go_and_nobody_waits_for_it(keeper: Broadcaster, waiting: Waiting):
    deaf, ben = waiting(), waiting()
    piece = b"x" * (UNREAD_LIMIT // 2)
    said = 0
    while not deaf.line.closed:
        keeper.say(deaf.line, piece)
        keeper.say(ben.line, b".")
        said += 1
        assert ben.sock.recv(1) == b"."
        assert said < 10_000, "all of it was taken"
    assert deaf.gone == 1
    keeper.say(ben.line, b"still there")
    ben.heard(b"still there")


def test_who_has_read_nothing_for_a_whole_beat_is_let_go(waiting: Waiting):
    keeper = Broadcaster(beat_seconds=0.05)
    deaf = waiting(keeper)
    while not deaf.line.closed:
        if not deaf.line.unsent:  # the system may find some more room
            keeper.say(deaf.line, b"x" * 1000)
        obeyed(keeper)
    assert len(deaf.line.unsent) < UNREAD_LIMIT
    eventually(lambda: deaf.gone == 1)
    keeper.close(wait_seconds=10)


def test_what_a_slow_reader_left_is_sent_when_there_is_room(keeper: Broadcaster, waiting: Waiting):
    slow = waiting()
    said = 0
    while not slow.line.unsent:
        keeper.say(slow.line, b"x" * 1000)
        said += 1000
        obeyed(keeper)
    while said > 0:
        heard = len(slow.sock.recv(65536))
        assert heard, "it was let go"
        said -= heard
    eventually(lambda: not slow.line.unsent)
    keeper.say(slow.line, b"and more")
    slow.heard(b"and more")


def test_at_the_end_of_the_process_everybody_is_asked_to_come_again_not_all_at_once(
    keeper: Broadcaster, waiting: Waiting
):
    crowd = [waiting() for _ in range(20)]
    keeper.say(crowd[0].line, b"news\n")
    keeper.close(wait_seconds=10)
    last = [each.all() for each in crowd]
    assert last[0].startswith(b"news\n"), "what was to be said before has been said"
    times = {int(re.findall(rb"retry: (\d+)\n\n", words)[0]) for words in last}
    assert len(times) > 5
    assert all(each.gone == 1 for each in crowd)


def test_who_comes_after_the_end_is_sent_on_at_once(keeper: Broadcaster, waiting: Waiting):
    keeper.close()
    late = waiting(chunked=True)
    assert late.all().endswith(b"0\r\n\r\n")
    assert late.gone == 1


def test_should_the_thread_break_nobody_is_left_hanging_and_others_can_come(
    keeper: Broadcaster, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
):
    seen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)
    broken, bystander = waiting(), waiting()
    keeper.say(broken.line, "no bytes")  # type: ignore[arg-type]
    assert broken.all() == b""
    assert bystander.all() == b""
    eventually(lambda: bystander.gone == 1)  # it hears the end a moment before
    eventually(lambda: len(seen) == 1)
    later = waiting()
    keeper.say(later.line, b"there")
    later.heard(b"there")


def test_where_no_thread_is_to_be_had_one_is_hung_up_on_and_the_next_is_held(
    keeper: Broadcaster, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
):
    gone: list[str] = []
    ours, theirs = socket.socketpair()
    no_thread_once(monkeypatch)
    with theirs, pytest.raises(RuntimeError):
        keeper.hold(ours, chunked=False, seconds=LONG, gone=lambda: gone.append("once"))
    assert ours.fileno() == -1
    assert gone == ["once"]
    browser = waiting()
    keeper.say(browser.line, b"news\n\n")
    browser.heard(b"news\n\n")
