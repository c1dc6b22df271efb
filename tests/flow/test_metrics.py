"""Metrics of several processes: one truth, whoever is asked, whoever has died."""

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
ZOE = "Zoë-Quillfeather"


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """A server with two web workers and its jobs, of these tests alone."""
    folder = tmp_path_factory.mktemp("counting")
    stack = Stack(folder, database=database_kind, leave_out=("provider", "shop"))
    for left in _left_over(stack):
        left.parent.mkdir(parents=True)
        left.write_bytes(b"of an earlier run")
    with stack as running:
        yield running


def _left_over(stack: Stack) -> list[Path]:
    parts = [stack.instance.state / "metrics" / part for part in ("web", "jobs")]
    return [part / "counter_999999.db" for part in parts]


def seen(stack: Stack) -> Scrape:
    return scrape(stack.server_url, stack.instance.secret("operations_token"))


def ask(stack: Stack, path: str) -> int:
    """Over a connection of its own."""
    return httpx.get(f"{stack.server_url}{path}", timeout=20, trust_env=False).status_code


def counting_processes(stack: Stack, part: str, word: str) -> set[int]:
    """Ids of processes with a count whose name and labels hold this word."""
    found = set()
    for path in (stack.instance.state / "metrics" / part).glob("counter_*.db"):
        values = MmapedDict.read_all_values_from_file(str(path))
        if any(word in key and value > 0 for key, value, _, _ in values):
            found.add(int((path.parent / f"{path.stem.split('_')[1]}.lock").read_text()))
    return found


def spread(ask_once: Callable[[], object], counted_by: Callable[[], set[int]]) -> int:
    """Ask until more than one worker has been the one who answers; how often it was asked."""
    for sent in range(30, 1200, 30):
        for _ in range(30):
            ask_once()
        if len(counted_by()) > 1:
            return sent
    raise AssertionError("one worker has answered everything")


def test_requests_spread_over_workers_are_seen_by_each_of_them_also_after_one_was_killed(
    counting: Stack,
) -> None:
    def all_seen() -> set[float]:
        return {seen(counting)("http_requests_total", route=THEME) for _ in range(8)}

    (before,) = all_seen()
    answering = partial(counting_processes, counting, "web", "theme.css")
    sent = spread(lambda: ask(counting, "/sites/shop/theme.css"), answering)
    assert all_seen() == {before + sent}
    victim = next(iter(answering()))
    os.kill(victim, signal.SIGKILL)
    eventually(
        lambda: len(web_workers(counting)) == 2 and victim not in web_workers(counting), seconds=30
    )
    eventually(lambda: ask(counting, "/healthz") == 200, seconds=30)
    assert all_seen() == {before + sent}
    assert len(list((counting.instance.state / "metrics" / "web").glob("counter_*.db"))) == 2


def test_what_the_jobs_process_counts_is_seen_too_and_outlives_it(counting: Stack) -> None:
    def reads() -> float:
        return seen(counting)("gateway_calls_total", call="read", outcome="ok", process="jobs")

    def verified(name: str) -> None:
        walk = start_onboarding(counting, Person(name, "Ada Lovelace", "en"))
        walk.finish("passes")
        walk.until("verified", seconds=40)

    verified("ada-who-is-counted")
    first = eventually(reads)
    now = seen(counting)
    assert now("gateway_calls_total", call="create", outcome="ok", process="web") >= 1
    assert now("gateway_log_ins_total", outcome="ok") == 1, "one for the whole fleet"
    assert now("gateway_call_seconds_count", call="read") >= first
    eventually(lambda: seen(counting)("onboardings", status="verified"))  # counted now and then
    assert eventually(lambda: seen(counting)("notice_age_seconds_count")) >= 1
    assert now("jobs_seen_seconds") < 60

    jobs = jobs_process(counting)
    assert jobs
    os.kill(jobs, signal.SIGKILL)
    eventually(lambda: jobs_process(counting) not in (None, jobs), seconds=30)
    assert reads() >= first
    verified("ada-who-is-counted-later")
    eventually(lambda: reads() > first)


def test_notices_are_counted_by_what_became_of_them(counting: Stack) -> None:
    before = seen(counting)
    process = "0f5a1c1e-2222-4222-8333-444455556666"
    assert send_notice(counting, process, "VERIFIED") == 204
    assert send_notice(counting, "not an id", "VERIFIED") == 400
    strange = httpx.post(f"{counting.server_url}/webhooks/mobbscan", trust_env=False)
    assert strange.status_code == 401
    after = seen(counting)

    def more(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert more("notices_total", outcome="kept") == 1
    assert more("notices_total", outcome="unusable") == 1
    assert more("notices_total", outcome="not_authentic") == 1
    assert more("notice_seconds_count") == 3
    eventually(lambda: seen(counting)("notices_unsettled"))


def test_a_waiting_browser_is_counted_while_it_waits_and_not_when_its_worker_has_died(
    counting: Stack,
) -> None:
    walk = start_onboarding(counting, Person("ada-who-waits", "Ada Lovelace", "en"))
    before = seen(counting)("waiting_browsers")
    with walk.browser.client.stream("GET", f"{walk.url}/stream") as stream:
        lines = stream.iter_lines()  # held, so that the connection is
        assert next(lines)
        eventually(lambda: seen(counting)("waiting_browsers") == before + 1)
        for worker in web_workers(counting):
            os.kill(worker, signal.SIGKILL)
        eventually(lambda: ask(counting, "/healthz") == 200, seconds=30)
        assert eventually(lambda: seen(counting)("waiting_browsers") == 0, seconds=30)


def test_labels_are_words_of_short_lists_and_hold_nothing_of_anybody(counting: Stack) -> None:
    zoe = Person(f"subject-{ZOE}", f"Name {ZOE}", "en")
    walk = start_onboarding(counting, zoe)
    walk.finish("passes")
    walk.until("verified", seconds=40)
    for path in (f"/{ZOE}", f"/return/{ZOE}", f"/l/{ZOE}", f"/onboardings/{walk.id}?a={ZOE}"):
        ask(counting, path)
    httpx.request("PURGE", f"{counting.server_url}/{ZOE}", trust_env=False)
    now = seen(counting)
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


def test_what_an_earlier_run_has_counted_is_forgotten(counting: Stack) -> None:
    assert [path for path in _left_over(counting) if path.exists()] == []


@pytest.mark.nightly
def test_a_reload_loses_no_count_and_a_new_start_begins_at_zero(counting: Stack) -> None:
    assert ask(counting, "/sites/shop/theme.css") == 200
    before = seen(counting)("http_requests_total", route=THEME)
    assert before
    old = set(web_workers(counting))
    counting.kill("server", signal.SIGHUP)
    eventually(lambda: not old & set(web_workers(counting)), seconds=40)
    eventually(lambda: ask(counting, "/healthz") == 200, seconds=30)
    assert seen(counting)("http_requests_total", route=THEME) == before
    counting.restart("server")
    assert seen(counting)("http_requests_total", route=THEME) == 0
    counters = [path for path in _files(counting) if path.name.startswith("counter")]
    assert len(counters) <= 3, "files of processes that are no more"
