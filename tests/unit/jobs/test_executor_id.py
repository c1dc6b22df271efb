"""One jobs process for each folder: two of one name would do each other's work again."""

import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.unit.cli.installation import Installation
from tests.unit.jobs.pretend_gateway import PretendGateway
from tests.unit.jobs.worker import Worker
from tests.unit.store.rows import in_threads
from webapp.jobs.executor_id import InUse, executor_id, held, in_use
from webapp.observability import multiprocess


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    with PretendGateway() as gateway:
        installation = Installation(tmp_path, gateway.url)
        installation.upgrade()
        yield installation


def counts(installed: Installation) -> dict[str, int]:
    folder = installed.settings.instance_dir / "metrics" / multiprocess.JOBS
    return {path.name: path.stat().st_ino for path in folder.glob("*.db")}


def test_a_second_worker_of_one_folder_ends_and_touches_nothing(installed: Installation):
    with Worker(installed) as first:
        eventually(lambda: "jobs_started" in first.log, seconds=60)
        before = counts(installed)
        assert before
        with Worker(installed) as second:
            eventually(second.ended, seconds=60)
            assert second.end(signal.SIGTERM) == 1
        assert f"INSTANCE_DIR {installed.settings.instance_dir}" in second.log
        assert "Traceback" not in second.log
        assert counts(installed) == before
        assert not first.ended()
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
    assert not in_use(installed.settings.instance_dir), "the next one may start"


def test_a_name_is_held_by_one_at_a_time(tmp_path: Path):
    assert not in_use(tmp_path)
    with held(tmp_path):
        assert in_use(tmp_path)
        assert not in_use(tmp_path / "another")
        with pytest.raises(InUse, match="INSTANCE_DIR"), held(tmp_path):
            pytest.fail("two have it")
    assert not in_use(tmp_path)


def test_a_machines_name_stays_the_same_and_another_has_its_own(tmp_path: Path):
    first = executor_id(tmp_path / "one")
    assert executor_id(tmp_path / "one") == first
    assert executor_id(tmp_path / "two") != first
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700


def test_all_who_ask_for_it_first_get_the_same(tmp_path: Path):
    assert len(set(in_threads(8, lambda: executor_id(tmp_path)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["executor-id"]
