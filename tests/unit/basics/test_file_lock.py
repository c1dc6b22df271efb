"""Test exclusive file locks."""

import os
from pathlib import Path

from webapp.basics.file_lock import open_lock_file, try_lock, wait_for_lock


def test_try_lock_fails_until_the_other_descriptor_is_closed(tmp_path: Path):
    first, second = open_lock_file(tmp_path / "lock"), open_lock_file(tmp_path / "lock")
    assert try_lock(first)
    assert not try_lock(second)
    os.close(first)
    wait_for_lock(second)
    os.close(second)


def test_open_lock_file_creates_it_for_its_owner_only(tmp_path: Path):
    os.close(open_lock_file(tmp_path / "lock"))
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
