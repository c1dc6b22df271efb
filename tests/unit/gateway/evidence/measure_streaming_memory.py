"""Read one large recording in a process of its own and print its memory use and duration.

Usage: python -m tests.unit.gateway.evidence.measure_streaming_memory ADDRESS traced|untraced
"""

import json
import resource
import sys
import tracemalloc
from time import monotonic

from tests.unit.gateway.doubles import ADAS_PROCESS, gateway_at


def main(address: str, traced: bool) -> None:
    client = gateway_at(address, 600)
    with client.pdf(ADAS_PROCESS) as small:
        list(small.chunks)
    if traced:
        tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, size = monotonic(), 0
    with client.recording(ADAS_PROCESS, "video_liveness") as evidence:
        for chunk in evidence.chunks:
            size += len(chunk)
    seconds = monotonic() - start
    peak = tracemalloc.get_traced_memory()[1] if traced else 0
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    client.close()
    measured = {"bytes": size, "rss_bytes": (after - before) * 1024, "traced_bytes": peak}
    sys.stdout.write(json.dumps({**measured, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "traced")
