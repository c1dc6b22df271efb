"""Prometheus metrics of all processes of this node. Label values come from short lists.

Import this module after `multiprocess.share_metrics`: on import the library decides whether its
values live in shared files.
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

from webapp.domain.element_reports import ElementCode
from webapp.domain.messages import DELIVERED, AttemptError
from webapp.domain.onboarding import Status
from webapp.gateway.instrumentation import CALLS, OUTCOMES
from webapp.observability import multiprocess
from webapp.store.statistics import Statistics

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
OTHER = "other"
#: How the notice endpoint can end.
NOTICE_OUTCOMES = (
    "kept", "repeated", "not_authentic", "unusable", "too_large", "wrong_method", "not_writable",
    "failed", OTHER,
)  # fmt: skip
#: How an attempt to send a message can end.
MESSAGE_OUTCOMES = (DELIVERED, *map(str, AttemptError))
#: What has a limit of attempts.
LIMITED_SURFACES = ("handoff", "link", "login", "bearer", "api", "report", OTHER)
METHODS = ("GET", "HEAD", "POST")
_PREFIX = "mobbscan_embed_"
_REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_CALL_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_AGE_BUCKETS = (0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)

_registry = CollectorRegistry()
if multiprocess.is_shared():
    values.ValueClass = values.MultiProcessValue(multiprocess.slot_number)  # type: ignore[no-untyped-call]


def _counter(name: str, help_: str, *labels: str) -> Counter:
    return Counter(_PREFIX + name, help_, labels, registry=_registry)


def _histogram(name: str, help_: str, buckets: Sequence[float], *labels: str) -> Histogram:
    return Histogram(_PREFIX + name, help_, labels, registry=_registry, buckets=buckets)


_notices = _counter("notices", "Notices by outcome.", "outcome")
_notice_seconds = _histogram(
    "notice_seconds", "Time from a notice's arrival to our response.", _REQUEST_BUCKETS
)
_notice_age = _histogram(
    "notice_age_seconds", "Time from a notice's arrival to the poll that settled it.", _AGE_BUCKETS
)
_calls = _counter("gateway_calls", "Calls to the gateway by outcome.", "call", "outcome")
_call_seconds = _histogram(
    "gateway_call_seconds",
    "Time of a call to the gateway, including its retries.",
    _CALL_BUCKETS,
    "call",
)
_log_ins = _counter("gateway_log_ins", "Log-ins at the gateway by outcome.", "outcome")
_requests = _counter("http_requests", "Requests by route and status.", "method", "route", "status")
_request_seconds = _histogram(
    "http_request_seconds",
    "Time from a request's start to the head of its response.",
    _REQUEST_BUCKETS,
)
_messages = _counter("message_attempts", "Attempts to send messages to host sites.", "outcome")
_message_seconds = _histogram(
    "message_attempt_seconds", "Time of an attempt to send a message.", _CALL_BUCKETS
)
_message_age = _histogram(
    "message_age_seconds",
    "Time from the writing of a message to the attempt that delivered it.",
    _AGE_BUCKETS,
)
_element_reports = _counter(
    "element_reports", "Errors that elements in pages of host sites have reported.", "code"
)
_limited = _counter("limited", "Attempts refused beyond a limit.", "surface")
_waiting = Gauge(
    _PREFIX + "waiting_browsers",
    "Open event streams.",
    registry=_registry,
    multiprocess_mode="livesum",
)

# Present from the start: a rate needs a zero to rise from.
for _surface in LIMITED_SURFACES:
    _limited.labels(_surface)
for _code in ElementCode:
    _element_reports.labels(str(_code))
for _outcome in NOTICE_OUTCOMES:
    _notices.labels(_outcome)
for _outcome in OUTCOMES:
    _log_ins.labels(_outcome)
    for _call_name in CALLS:
        _calls.labels(_call_name, _outcome)
for _call_name in CALLS:
    _call_seconds.labels(_call_name)
for _outcome in MESSAGE_OUTCOMES:
    _messages.labels(_outcome)


def notice(outcome: str, seconds: float) -> None:
    """Count a notice that has been answered."""
    _notices.labels(_one_of(NOTICE_OUTCOMES, outcome)).inc()
    _notice_seconds.observe(seconds)


def notice_settled(age_seconds: float) -> None:
    """Observe the age of a notice that a poll has confirmed."""
    _notice_age.observe(max(0.0, age_seconds))


def gateway_call(call: str, outcome: str, seconds: float) -> None:
    """Count and time a call to the gateway."""
    call, outcome = _one_of(CALLS, call), _one_of(OUTCOMES, outcome)
    _calls.labels(call, outcome).inc()
    _call_seconds.labels(call).observe(seconds)
    if call == "log_in":
        _log_ins.labels(outcome).inc()


def message_attempt(outcome: str, seconds: float, age_seconds: float) -> None:
    """Count and time an attempt to send a message, and observe the age of a delivered one."""
    outcome = _one_of(MESSAGE_OUTCOMES, outcome)
    _messages.labels(outcome).inc()
    _message_seconds.observe(seconds)
    if outcome == DELIVERED:
        _message_age.observe(max(0.0, age_seconds))


def request(method: str, route: str, status: int, seconds: float) -> None:
    """Count and time a request; `route` is a URL rule, never a path."""
    _requests.labels(_one_of(METHODS, method), route, str(status)).inc()
    _request_seconds.observe(seconds)


def limited(surface: str) -> None:
    """Count an attempt that was refused beyond a limit."""
    _limited.labels(_one_of(LIMITED_SURFACES, surface)).inc()


def element_report(code: str) -> None:
    """Count an error that an element has reported."""
    _element_reports.labels(_one_of(tuple(ElementCode), code)).inc()


def waiting(change: int) -> None:
    """Add `change` (may be negative) to the open event streams of this process."""
    _waiting.inc(change)


def exposition(statistics: Statistics | None) -> bytes:
    """Return the metrics of all processes and of the database in Prometheus' text format.

    `statistics` is None while the database is unavailable.
    """
    families = [*_process_metrics(), *_database_metrics(statistics)]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_FinishedFamilies(families))
    return generate_latest(registry)


class _FinishedFamilies:
    """A collector of finished metric families."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _process_metrics() -> list[Metric]:
    """Return the metrics of all processes, with the label `process` naming their kind."""
    files = multiprocess.shared_files()
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


def _database_metrics(statistics: Statistics | None) -> Iterator[Metric]:
    up = statistics is not None
    yield _gauge("database_up", "1 while the database answers.", 1.0 if up else 0.0)
    if statistics is None:
        return
    by_status = GaugeMetricFamily(
        _PREFIX + "onboardings", "Onboardings by status.", labels=["status"]
    )
    for status in Status:
        by_status.add_metric([str(status)], statistics.onboardings.get(str(status), 0))
    yield by_status
    yield _gauge("onboardings_due", "Onboardings whose poll is due.", statistics.due)
    yield _gauge(
        "onboardings_overdue_seconds",
        "Time for which the oldest due poll has been due.",
        statistics.overdue_seconds,
    )
    yield _gauge(
        "notices_unsettled", "Notices that no poll has confirmed yet.", statistics.unsettled
    )
    yield _gauge(
        "dead_letters",
        "Dead-lettered polls and notices, to be replayed by an operator.",
        statistics.dead,
    )
    yield _gauge(
        "notices_quarantined", "Authenticated bodies that are no notices.", statistics.quarantine
    )
    yield _gauge("messages_pending", "Messages that are not delivered.", statistics.messages)
    yield _gauge(
        "messages_pending_seconds",
        "Time since the oldest message that is not delivered was written.",
        statistics.messages_seconds,
    )
    yield _gauge(
        "messages_dead",
        "Messages that were not delivered in all attempts, to be replayed by an operator.",
        statistics.messages_dead,
    )
    yield CounterMetricFamily(
        _PREFIX + "missed_notices_repaired",
        "Changes at the gateway found by polling, without a notice.",
        value=statistics.missed_notices_repaired,
    )
    if statistics.jobs_seen_seconds is not None:
        yield _gauge(
            "jobs_seen_seconds",
            "Time since a jobs process of any node was last seen.",
            statistics.jobs_seen_seconds,
        )
    alarms = GaugeMetricFamily(
        _PREFIX + "alarm_seconds",
        "Time since an alarm was raised; absent while there is none.",
        labels=["alarm"],
    )
    for name, seconds in statistics.alarms.items():
        alarms.add_metric([name], seconds)
    yield alarms


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, help_, value=value)


def _one_of(known: Sequence[str], word: str) -> str:
    return word if word in known else OTHER
