"""Metrics of several processes: the same totals from each worker, also after kills."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from prometheus_client.mmap_dict import MmapedDict

from tests.support.eventually import eventually
from tests.support.prometheus import Scrape, scrape
from tests.support.server_processes import jobs_process, web_workers
from tests.support.stack import Person, Stack
from tests.support.user_journey import send_notice, start_onboarding
from webapp.observability.metrics import METHODS, NOTICE_OUTCOMES

THEME = "/sites/<site_id>/theme.css"
MARK_NAME = "Zoë-Quillfeather"


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """A server with two web workers and a jobs process, of these tests alone."""
    folder = tmp_path_factory.mktemp("counting")
    stack = Stack(folder, database=database_kind, leave_out=("provider", "shop"))
    for left in _files_of_earlier_run(stack):
        left.parent.mkdir(parents=True)
        left.write_bytes(b"from an earlier run")
    with stack as running:
        yield running


def _files_of_earlier_run(stack: Stack) -> list[Path]:
    parts = [stack.instance.state / "metrics" / part for part in ("web", "jobs")]
    return [part / "counter_999999.db" for part in parts]


def scraped(stack: Stack) -> Scrape:
    return scrape(stack.server_url, stack.instance.secret("operations_token"))


def get_status(stack: Stack, path: str) -> int:
    """Request the path over a new connection; return the status."""
    return httpx.get(
        f"{stack.server_url}{path}", timeout=20, trust_env=False, verify=False
    ).status_code


def counting_processes(stack: Stack, part: str, word: str) -> set[int]:
    """Return the ids of processes with a non-zero count whose name and labels contain the word."""
    found = set()
    for path in (stack.instance.state / "metrics" / part).glob("counter_*.db"):
        values = MmapedDict.read_all_values_from_file(str(path))
        if any(word in key and value > 0 for key, value, _, _ in values):
            found.add(int((path.parent / f"{path.stem.split('_')[1]}.lock").read_text()))
    return found


def requests_to_all_workers(
    send_once: Callable[[], object], counting_ids: Callable[[], set[int]]
) -> int:
    """Send requests until several workers have answered; return the number of requests."""
    for sent in range(30, 1200, 30):
        for _ in range(30):
            send_once()
        if len(counting_ids()) > 1:
            return sent
    raise AssertionError("one worker answered every request")


def test_request_count_includes_all_workers_after_a_kill(
    counting: Stack,
) -> None:
    def all_totals() -> set[float]:
        return {scraped(counting)("http_requests_total", route=THEME) for _ in range(8)}

    (before,) = all_totals()
    answering = partial(counting_processes, counting, "web", "theme.css")
    sent = requests_to_all_workers(lambda: get_status(counting, "/sites/shop/theme.css"), answering)
    assert all_totals() == {before + sent}
    victim = next(iter(answering()))
    os.kill(victim, signal.SIGKILL)
    eventually(
        lambda: len(web_workers(counting)) == 2 and victim not in web_workers(counting), seconds=30
    )
    eventually(lambda: get_status(counting, "/healthz") == 200, seconds=30)
    assert all_totals() == {before + sent}
    assert len(list((counting.instance.state / "metrics" / "web").glob("counter_*.db"))) == 2


def test_jobs_metrics_survive_a_kill_of_the_jobs_process(counting: Stack) -> None:
    def reads() -> float:
        return scraped(counting)("gateway_calls_total", call="read", outcome="ok", process="jobs")

    def verified(name: str) -> None:
        walk = start_onboarding(counting, Person(name, "Ada Lovelace", "en"))
        walk.finish("passes")
        walk.until("verified", seconds=40)

    verified("ada-who-is-counted")
    first = eventually(reads)
    now = scraped(counting)
    assert now("gateway_calls_total", call="create", outcome="ok", process="web") >= 1
    assert now("gateway_log_ins_total", outcome="ok") == 1, "one for the whole fleet"
    assert now("gateway_call_seconds_count", call="read") >= first
    eventually(lambda: scraped(counting)("onboardings", status="verified"))  # updated periodically
    assert eventually(lambda: scraped(counting)("notice_age_seconds_count")) >= 1
    assert now("jobs_seen_seconds") < 60

    jobs = jobs_process(counting)
    assert jobs
    os.kill(jobs, signal.SIGKILL)
    eventually(lambda: jobs_process(counting) not in (None, jobs), seconds=30)
    assert reads() >= first
    verified("ada-who-is-counted-later")
    eventually(lambda: reads() > first)


def test_notices_are_counting_ids_outcome(counting: Stack) -> None:
    before = scraped(counting)
    process = "0f5a1c1e-2222-4222-8333-444455556666"
    assert send_notice(counting, process, "VERIFIED") == 204
    assert send_notice(counting, "not an id", "VERIFIED") == 400
    unauthenticated = httpx.post(f"{counting.server_url}/webhooks/mobbscan", trust_env=False)
    assert unauthenticated.status_code == 401
    after = scraped(counting)

    def more(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert more("notices_total", outcome="kept") == 1
    assert more("notices_total", outcome="unusable") == 1
    assert more("notices_total", outcome="not_authentic") == 1
    assert more("notice_seconds_count") == 3
    eventually(lambda: scraped(counting)("notices_unsettled"))


def test_waiting_browsers_after_worker_kill_is_zero(
    counting: Stack,
) -> None:
    walk = start_onboarding(counting, Person("ada-who-waits", "Ada Lovelace", "en"))
    before = scraped(counting)("waiting_browsers")
    with walk.browser.client.stream("GET", f"{walk.url}/stream") as stream:
        lines = stream.iter_lines()  # keeps the connection open
        assert next(lines)
        eventually(lambda: scraped(counting)("waiting_browsers") == before + 1)
        for worker in web_workers(counting):
            os.kill(worker, signal.SIGKILL)
        eventually(lambda: get_status(counting, "/healthz") == 200, seconds=30)
        assert eventually(lambda: scraped(counting)("waiting_browsers") == 0, seconds=30)


def test_metric_labels_are_bounded_and_hold_no_personal_data(counting: Stack) -> None:
    zoe = Person(f"subject-{MARK_NAME}", f"Name {MARK_NAME}", "en")
    walk = start_onboarding(counting, zoe)
    walk.finish("passes")
    walk.until("verified", seconds=40)
    for path in (
        f"/{MARK_NAME}",
        f"/return/{MARK_NAME}",
        f"/l/{MARK_NAME}",
        f"/onboardings/{walk.id}?a={MARK_NAME}",
    ):
        get_status(counting, path)
    httpx.request("PURGE", f"{counting.server_url}/{MARK_NAME}", trust_env=False)
    now = scraped(counting)
    assert "Quillfeather" not in now.text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", now.text), "an id"
    labels: dict[str, set[str]] = {}
    for sample in now.samples:
        for name, value in sample.labels.items():
            labels.setdefault(name, set()).add(value)
    assert labels["method"] <= {*METHODS, "other"}
    assert labels["process"] == {"web", "jobs"}
    assert "unmatched" in labels["route"]
    assert len(labels["route"]) < 40
    assert all(re.fullmatch(r"[1-5]\d\d|[a-z_]+", status) for status in labels["status"])
    notices = {s.labels["outcome"] for s in now.samples if "notices_total" in s.name}
    assert notices == set(NOTICE_OUTCOMES)
    assert len(now.samples) < 1000
    assert sum(path.stat().st_size for path in _files(counting)) < 4_000_000


def _files(stack: Stack) -> list[Path]:
    return list((stack.instance.state / "metrics").rglob("*.db"))


def test_metrics_of_an_earlier_run_are_deleted(counting: Stack) -> None:
    assert [path for path in _files_of_earlier_run(counting) if path.exists()] == []


@pytest.mark.nightly
def test_reload_keeps_counts_and_restart_resets_them(counting: Stack) -> None:
    assert get_status(counting, "/sites/shop/theme.css") == 200
    before = scraped(counting)("http_requests_total", route=THEME)
    assert before
    old = set(web_workers(counting))
    counting.kill("server", signal.SIGHUP)
    eventually(lambda: not old & set(web_workers(counting)), seconds=40)
    eventually(lambda: get_status(counting, "/healthz") == 200, seconds=30)
    assert scraped(counting)("http_requests_total", route=THEME) == before
    counting.restart("server")
    assert scraped(counting)("http_requests_total", route=THEME) == 0
    counters = [path for path in _files(counting) if path.name.startswith("counter")]
    assert len(counters) <= 3, "files of ended processes"
