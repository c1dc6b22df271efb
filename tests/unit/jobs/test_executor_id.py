"""One jobs process per instance folder: two with one executor id would repeat each other's jobs."""

import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.unit.cli.installation import Installation
from tests.unit.jobs.fake_gateway import FakeGateway
from tests.unit.jobs.jobs_process import Worker
from tests.unit.store.rows import in_threads
from webapp.jobs.executor_id import (
    ExecutorIdInUse,
    executor_id,
    hold_executor_id,
    is_executor_id_held,
)
from webapp.observability import multiprocess


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    with FakeGateway() as gateway:
        installation = Installation(tmp_path, gateway.url)
        installation.upgrade()
        yield installation


def metrics_files(installed: Installation) -> dict[str, int]:
    folder = installed.settings.instance_dir / "metrics" / multiprocess.JOBS
    return {path.name: path.stat().st_ino for path in folder.glob("*.db")}


def test_worker_on_a_folder_in_use_exits_and_changes_nothing(installed: Installation):
    with Worker(installed) as first:
        eventually(lambda: "jobs_started" in first.log, seconds=60)
        before = metrics_files(installed)
        assert before
        with Worker(installed) as second:
            eventually(second.ended, seconds=60)
            assert second.end(signal.SIGTERM) == 1
        assert f"INSTANCE_DIR {installed.settings.instance_dir}" in second.log
        assert "Traceback" not in second.log
        assert metrics_files(installed) == before
        assert not first.ended()
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
    assert not is_executor_id_held(installed.settings.instance_dir)


def test_held_while_held_raises_in_use(tmp_path: Path):
    assert not is_executor_id_held(tmp_path)
    with hold_executor_id(tmp_path):
        assert is_executor_id_held(tmp_path)
        assert not is_executor_id_held(tmp_path / "another")
        with pytest.raises(ExecutorIdInUse, match="INSTANCE_DIR"), hold_executor_id(tmp_path):
            pytest.fail("held twice")
    assert not is_executor_id_held(tmp_path)


def test_executor_id_is_stable_per_folder_and_private(tmp_path: Path):
    first = executor_id(tmp_path / "one")
    assert executor_id(tmp_path / "one") == first
    assert executor_id(tmp_path / "two") != first
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700


def test_executor_id_of_concurrent_first_calls_is_the_same(tmp_path: Path):
    assert len(set(in_threads(8, lambda: executor_id(tmp_path)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["executor-id"]
