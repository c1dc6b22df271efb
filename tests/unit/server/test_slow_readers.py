"""Who reads slowly, and who has stopped reading."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from webapp.server.slow_readers import LEAST_BYTES, Reader, cut_off, taken_and_on_its_way


@pytest.fixture
def both() -> Iterator[tuple[socket.socket, socket.socket]]:
    with ExitStack() as ends, closing(socket.create_server(("127.0.0.1", 0))) as door:
        there = ends.enter_context(socket.create_connection(door.getsockname()))
        here = ends.enter_context(closing(door.accept()[0]))
        yield here, there


def looked_at(*poll_count: tuple[float, int, int]) -> list[bool]:
    """At each moment (seconds): how much has been taken, how much is on its way."""
    reader = Reader(stall_seconds=20)
    return [reader.has_stalled(taken, on_its_way, now) for now, taken, on_its_way in poll_count]


def test_who_takes_nothing_has_stalled_when_the_time_is_over() -> None:
    assert looked_at((5, 0, 10**6), (24, 0, 10**6), (25, 0, 10**6)) == [False, False, True]


def test_who_takes_next_to_nothing_has_stalled_as_well() -> None:
    assert looked_at(*((at, at, 10**6) for at in range(21))) == [False] * 20 + [True]


def test_who_takes_the_least_goes_on_for_ever() -> None:
    poll_count = [(at * 19.0, at * LEAST_BYTES, 10**6) for at in range(100)]
    assert not any(looked_at(*poll_count))


def test_who_has_taken_all_there_is_has_not_stalled_however_little_it_was() -> None:
    assert looked_at((0, 0, 10), (100, 10, 10), (200, 20, 10)) == [False] * 3


def test_a_long_thought_of_ours_is_nobodys_stalling() -> None:
    assert looked_at((0, 100, 0), (1000, 100, 0), (1001, 100, 10**6)) == [False] * 3


def test_what_the_other_side_has_not_taken_is_on_its_way(
    both: tuple[socket.socket, socket.socket],
) -> None:
    here, _ = both
    sent = send_until_full(here)
    seen = taken_and_on_its_way(here)
    assert seen is not None
    assert sum(seen) == sent
    assert seen[1] > 0


def test_connections_that_have_no_figures_have_none(
    both: tuple[socket.socket, socket.socket],
) -> None:
    here, _ = both
    here.close()
    assert taken_and_on_its_way(here) is None
    for end in (pair := socket.socketpair()):
        assert taken_and_on_its_way(end) is None
    for end in pair:
        end.close()


def test_who_is_cut_off_knows_that_it_was_not_all(
    both: tuple[socket.socket, socket.socket],
) -> None:
    here, there = both
    send_until_full(here)
    cut_off(here)
    here.close()
    with pytest.raises(ConnectionResetError):
        read_to_the_end(there)


def send_until_full(sock: socket.socket) -> int:
    sock.setblocking(False)
    sent = 0
    while True:
        try:
            sent += sock.send(bytes(100_000))
        except BlockingIOError:
            return sent


def read_to_the_end(sock: socket.socket) -> None:
    while sock.recv(100_000):
        pass
