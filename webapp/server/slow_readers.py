"""Whether those who are being answered take what they are sent.

Who reads slowly is served to the end. Who takes almost nothing would keep a thread for as long as
they like: sending knows no limit of its own.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
import termios

#: In this time (seconds) so many bytes of what is on its way have to be taken: 800 bytes a second,
#: a third of what the slowest mobile network carries.
STALL_SECONDS = 20.0
LEAST_BYTES = 16_384

_INFO_BYTES = 128
_ACKNOWLEDGED_AT = 120  # struct tcp_info: tcpi_bytes_acked
_RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)


class Reader:
    """How one connection gets on with its answers."""

    def __init__(self, stall_seconds: float = STALL_SECONDS) -> None:
        self._stall_seconds = stall_seconds
        self._goal = 0
        self._until = 0.0

    def has_stalled(self, taken: int, on_its_way: int, now: float) -> bool:
        """`taken` counts from the connection's beginning; to be asked again and again."""
        if taken < self._goal:
            return now >= self._until
        self._goal = taken + min(on_its_way, LEAST_BYTES)
        self._until = now + self._stall_seconds
        return False


def taken_and_on_its_way(sock: socket.socket) -> tuple[int, int] | None:
    """In bytes, by the word of the other machine's system; nothing where ours does not know.

    That is so for sockets of files (a proxy of ours is at the other end), and not on Linux.
    """
    if sys.platform != "linux":
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
        (taken,) = struct.unpack_from("Q", info, _ACKNOWLEDGED_AT)
        (on_its_way,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
    except (OSError, ValueError, struct.error):  # gone by itself, taken over, or no TCP
        return None
    return taken, on_its_way


def cut_off(sock: socket.socket) -> None:
    """Whoever is sending meets an error at once, and the system keeps nothing for a reader."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_WHEN_CLOSED)
    shut(sock, socket.SHUT_RDWR)


def shut(sock: socket.socket, how: int) -> None:
    """An encrypted socket would forget its encryption, and another thread go on without it."""
    socket.socket.shutdown(sock, how)
