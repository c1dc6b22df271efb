"""What is counted, for Prometheus. Labels come from short lists: never an id, never a person.

Import it no earlier than `multiprocess.count_in` has been called: the library decides then
whether it counts for this process alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from webapp.domain.onboarding import Status
from webapp.gateway.instrumentation import CALLS, OUTCOMES
from webapp.observability import multiprocess
from webapp.store.statistics import Statistics

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
OTHER = "other"
#: What may become of a notice at the door.
NOTICE_OUTCOMES = (
    "kept", "repeated", "not_authentic", "unusable", "too_large", "wrong_method", "not_writable",
    "failed", OTHER,
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST")
_PREFIX = "mobbscan_embed_"
_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_CALL = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_AGE = (0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)

_registry = CollectorRegistry()
if multiprocess.is_shared():
    values.ValueClass = values.MultiProcessValue(multiprocess.place)  # type: ignore[no-untyped-call]


def _counter(name: str, help_: str, *labels: str) -> Counter:
    return Counter(_PREFIX + name, help_, labels, registry=_registry)


def _histogram(name: str, help_: str, buckets: Sequence[float], *labels: str) -> Histogram:
    return Histogram(_PREFIX + name, help_, labels, registry=_registry, buckets=buckets)


_notices = _counter("notices", "Notices by what became of them at the door.", "outcome")
_notice_seconds = _histogram("notice_seconds", "From a notice's arrival to our answer.", _QUICK)
_notice_age = _histogram(
    "notice_age_seconds", "From a notice's arrival to the read-back that settled it.", _AGE
)
_calls = _counter("gateway_calls", "Calls to the gateway by their end.", "call", "outcome")
_call_seconds = _histogram(
    "gateway_call_seconds", "Time of a call to the gateway, with its repetitions.", _CALL, "call"
)
_log_ins = _counter("gateway_log_ins", "Log-ins at the gateway by their end.", "outcome")
_requests = _counter("http_requests", "Requests by route and status.", "method", "route", "status")
_request_seconds = _histogram(
    "http_request_seconds", "From a request's begin to the head of its answer.", _QUICK
)
_waiting = Gauge(
    _PREFIX + "waiting_browsers",
    "Live pages that are connected now.",
    registry=_registry,
    multiprocess_mode="livesum",
)

# From the first second on: a rate needs a zero to rise from.
for _outcome in NOTICE_OUTCOMES:
    _notices.labels(_outcome)
for _outcome in OUTCOMES:
    _log_ins.labels(_outcome)
    for _call_name in CALLS:
        _calls.labels(_call_name, _outcome)
for _call_name in CALLS:
    _call_seconds.labels(_call_name)


def notice(outcome: str, seconds: float) -> None:
    """A notice has been answered."""
    _notices.labels(_one_of(NOTICE_OUTCOMES, outcome)).inc()
    _notice_seconds.observe(seconds)


def notice_settled(age_seconds: float) -> None:
    """The gateway's own answer has agreed with a notice."""
    _notice_age.observe(max(0.0, age_seconds))


def gateway_call(call: str, outcome: str, seconds: float) -> None:
    """A call has come back from the gateway."""
    call, outcome = _one_of(CALLS, call), _one_of(OUTCOMES, outcome)
    _calls.labels(call, outcome).inc()
    _call_seconds.labels(call).observe(seconds)
    if call == "log_in":
        _log_ins.labels(outcome).inc()


def request(method: str, route: str, status: int, seconds: float) -> None:
    """A request has its answer; `route` is a rule of ours, never a path."""
    _requests.labels(_one_of(METHODS, method), route, str(status)).inc()
    _request_seconds.observe(seconds)


def waiting(change: int) -> None:
    """So many more (or fewer) live pages are connected to this process."""
    _waiting.inc(change)


def exposition(standing: Statistics | None) -> bytes:
    """Everything, in Prometheus' text format: counts of all processes, states of the database.

    `standing` None: the database does not say.
    """
    families = [*_counted(), *_states(standing)]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families))
    return generate_latest(registry)


class _Given:
    """A collector that has it all already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _counted() -> list[Metric]:
    """The counts of all processes; `process` says of which kind they are."""
    files = multiprocess.files_of_all()
    if not files:
        return _labelled(multiprocess.WEB, _registry.collect(), {})
    found: dict[str, Metric] = {}
    for part, paths in files.items():
        merged = MultiProcessCollector.merge(paths)  # type: ignore[no-untyped-call]
        _labelled(part, merged, found)
    return list(found.values())


def _labelled(part: str, families: Iterable[Metric], found: dict[str, Metric]) -> list[Metric]:
    for family in families:
        into = found.setdefault(family.name, Metric(family.name, family.documentation, family.type))
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                into.samples.append(sample._replace(labels={**sample.labels, "process": part}))
    return list(found.values())


def _states(standing: Statistics | None) -> Iterator[Metric]:
    up = standing is not None
    yield _gauge("database_up", "1 while the database answers.", 1.0 if up else 0.0)
    if standing is None:
        return
    by_status = GaugeMetricFamily(
        _PREFIX + "onboardings", "Onboardings by state.", labels=["status"]
    )
    for status in Status:
        by_status.add_metric([str(status)], standing.onboardings.get(str(status), 0))
    yield by_status
    yield _gauge("onboardings_due", "Onboardings to be asked about now.", standing.due)
    yield _gauge(
        "onboardings_overdue_seconds",
        "How long the first of them has been due.",
        standing.overdue_seconds,
    )
    yield _gauge("notices_unsettled", "Notices not confirmed by a read yet.", standing.unsettled)
    yield _gauge(
        "dead_letters", "Reads and notices that have been given up, to be replayed.", standing.dead
    )
    yield _gauge(
        "notices_quarantined", "Authentic bodies that are no notices.", standing.quarantine
    )
    yield CounterMetricFamily(
        _PREFIX + "missed_notices_repaired",
        "Changes at the gateway that no notice told of, found by asking.",
        value=standing.missed_notices_repaired,
    )
    if standing.jobs_seen_seconds is not None:
        yield _gauge(
            "jobs_seen_seconds",
            "Since any jobs process of the fleet was last seen.",
            standing.jobs_seen_seconds,
        )
    alarms = GaugeMetricFamily(
        _PREFIX + "alarm_seconds",
        "Since when an alarm rings; absent: not at all.",
        labels=["alarm"],
    )
    for name, seconds in standing.alarms.items():
        alarms.add_metric([name], seconds)
    yield alarms


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, help_, value=value)


def _one_of(known: Sequence[str], word: str) -> str:
    return word if word in known else OTHER
