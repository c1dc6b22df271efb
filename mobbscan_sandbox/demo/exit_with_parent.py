"""Become a program that ends when its parent does: `python leash.py PARENT_PID PROGRAM …`.

A demo that is killed cannot stop its programs any more, so on Linux the system does. This is a
program of its own because code between fork and exec may hang beside threads. Elsewhere than on
Linux it just becomes the program.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main() -> None:
    """Never returns while the parent lives."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we could ask
            return
    os.execv(command[0], command)  # noqa: S606 - our own modules with our own options


if __name__ == "__main__":
    main()
