"""Read the specimen recording: an MP4 of a drawn head that turns, made by `tests/support`."""

import struct
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parents[1] / "specimens" / "video_liveness.mp4"


def read_recording(process_id: str) -> bytes:
    """Return the recording with the process id in a `free` box, which players skip."""
    note = f"mobbscan-sandbox {process_id}".encode()
    return _content() + struct.pack(">I4s", 8 + len(note), b"free") + note


@cache
def _content() -> bytes:
    return _FILE.read_bytes()
