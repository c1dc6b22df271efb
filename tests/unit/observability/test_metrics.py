"""The metrics exposition, and the files in which processes count."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.prometheus import Scrape
from webapp.domain.onboarding import Status
from webapp.gateway.instrumentation import CALLS, OUTCOMES
from webapp.observability import metrics, multiprocess
from webapp.store.statistics import Statistics

STATISTICS = Statistics(
    onboardings={"verified": 3, "started": 2},
    due=4,
    overdue_seconds=1.5,
    unsettled=5,
    dead=3,
    quarantine=8,
    missed_notices_repaired=9,
    messages=10,
    messages_seconds=11.5,
    messages_dead=12,
    alarms={"gateway_forbidden": 60.0},
    jobs_seen_seconds=7.0,
)


def scrape_of(statistics: Statistics | None = None) -> Scrape:
    return Scrape(metrics.exposition(statistics).decode())


def test_exposition_with_statistics_has_a_sample_per_status() -> None:
    scrape = scrape_of(STATISTICS)
    by_status = {str(status): scrape("onboardings", status=str(status)) for status in Status}
    assert {name: count for name, count in by_status.items() if count} == STATISTICS.onboardings
    assert len([s for s in scrape.samples if s.name.endswith("_onboardings")]) == len(Status)
    assert scrape("onboardings_due") == 4
    assert scrape("onboardings_overdue_seconds") == 1.5
    assert scrape("notices_unsettled") == 5
    assert scrape("notices_quarantined") == 8
    assert scrape("missed_notices_repaired_total") == 9
    assert scrape("dead_letters") == 3
    assert scrape("messages_pending") == 10
    assert scrape("messages_pending_seconds") == 11.5
    assert scrape("messages_dead") == 12
    assert scrape("alarm_seconds", alarm="gateway_forbidden") == 60
    assert scrape("jobs_seen_seconds") == 7
    assert scrape("database_up") == 1


def test_exposition_without_database_has_process_metrics_only() -> None:
    scrape = scrape_of(None)
    names = {sample.name for sample in scrape.samples}
    assert scrape("database_up") == 0
    assert "mobbscan_embed_onboardings" not in names
    assert "mobbscan_embed_notices_total" in names


def test_metrics_with_unknown_label_values_count_as_other() -> None:
    before = scrape_of()
    metrics.notice("invented", 0.1)
    metrics.gateway_call("invented", "invented", 0.1)
    metrics.request("INVENTED", "unmatched", 404, 0.1)
    after = scrape_of()
    assert "invented" not in after.text.lower()
    for name in ("notices_total", "gateway_calls_total", "http_requests_total"):
        assert after(name) == before(name) + 1


def test_message_attempt_counts_outcomes_and_the_age_of_delivered_ones() -> None:
    before = scrape_of()
    metrics.message_attempt("delivered", 0.1, 3.0)
    metrics.message_attempt("timed_out", 10.0, 60.0)
    after = scrape_of()
    for outcome in ("delivered", "timed_out"):
        name, labels = "message_attempts_total", {"outcome": outcome}
        assert after(name, **labels) == before(name, **labels) + 1
    assert after("message_attempt_seconds_count") == before("message_attempt_seconds_count") + 2
    assert after("message_age_seconds_count") == before("message_age_seconds_count") + 1


def test_gateway_call_of_log_in_counts_as_call_and_as_log_in() -> None:
    before = scrape_of()
    metrics.gateway_call("log_in", "credentials_refused", 0.1)
    metrics.gateway_call("read", "ok", 0.1)
    after = scrape_of()
    assert after("gateway_log_ins_total") == before("gateway_log_ins_total") + 1
    assert (
        after("gateway_calls_total", call="log_in")
        == before("gateway_calls_total", call="log_in") + 1
    )


def test_exposition_at_start_has_every_call_and_outcome() -> None:
    """A rate needs a zero to rise from: the first failure must be seen."""
    words = {
        (sample.labels["call"], sample.labels["outcome"])
        for sample in scrape_of().samples
        if sample.name == "mobbscan_embed_gateway_calls_total"
    }
    assert words >= {(call, outcome) for call in CALLS for outcome in OUTCOMES}


def test_ended_removes_gauges_of_that_process_only(tmp_path: Path) -> None:
    folder = tmp_path / "metrics" / "web"
    folder.mkdir(parents=True)
    for number, process in enumerate((7, 77)):
        (folder / f"{number}.lock").write_text(str(process))
        for kind in ("counter", "gauge_livesum"):
            (folder / f"{kind}_{number}.db").touch()
    multiprocess.remove_live_gauges(tmp_path, multiprocess.WEB, 7)
    assert sorted(path.stem for path in folder.glob("*.db")) == [
        "counter_0",
        "counter_1",
        "gauge_livesum_1",
    ]
    multiprocess.delete_metrics(tmp_path, multiprocess.JOBS)
    assert len(list(folder.glob("*.db"))) == 3
    multiprocess.delete_metrics(tmp_path, multiprocess.WEB)
    assert list(folder.glob("*.db")) == []


COUNTER = """
import sys
from pathlib import Path
from webapp.observability import multiprocess
multiprocess.share_metrics(Path(sys.argv[1]), multiprocess.WEB)
from webapp.observability import metrics
metrics.notice("kept", 0.1)
metrics.waiting(+1)
print(multiprocess.slot_number(), flush=True)
sys.stdin.readline()
print(metrics.exposition(None).decode())
"""


def counter(folder: Path, root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", COUNTER, str(folder)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=root, text=True, stdin=pipe, stdout=pipe)


def test_process_started_after_a_kill_continues_its_files(tmp_path: Path, root: Path) -> None:
    with counter(tmp_path, root) as first, counter(tmp_path, root) as second:
        assert first.stdout
        assert second.stdout
        places = {first.stdout.readline(), second.stdout.readline()}
        assert places == {"0\n", "1\n"}
        first.kill()
        first.wait(timeout=20)
        with counter(tmp_path, root) as third:
            output, _ = third.communicate("\n", timeout=60)
        second.communicate("\n", timeout=60)
    scrape = Scrape(output.partition("\n")[2])
    assert scrape("notices_total", outcome="kept") == 3
    assert scrape("waiting_browsers") == 2
    assert len(list((tmp_path / "metrics" / "web").glob("counter_*.db"))) == 2


PROGRAM = """
import resource, sys
from pathlib import Path
from webapp.observability import multiprocess
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
shared = multiprocess.share_metrics(Path(sys.argv[1]), multiprocess.JOBS)
from webapp.observability import metrics
metrics.notice("kept", 0.1)
text = metrics.exposition(None).decode()
print(shared, 'notices_total{outcome="kept",process="%s"} 1.0' % sys.argv[3] in text)
"""


@pytest.mark.parametrize(
    ("max_bytes", "part", "expected"), [(1000, "web", "False True"), (10**9, "jobs", "True True")]
)
def test_count_in_with_full_disk_uses_memory_of_the_process(
    tmp_path: Path, root: Path, max_bytes: int, part: str, expected: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(max_bytes), part],
        cwd=root, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == expected, done.stderr


def test_serve_master_never_imports_the_metrics_library(root: Path) -> None:
    """Forked workers would inherit its choice of value storage."""
    program = (
        "import sys, webapp.cli.main, webapp.cli.serve; print('prometheus_client' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
