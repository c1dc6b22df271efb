"""`database upgrade|check`."""

import sqlite3

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import ANOTHER_KEY, Installation
from webapp.store import migrate


def plain(result) -> str:
    """The answer, which is never a traceback."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return str(result.output)


def test_an_upgrade_says_what_it_reached_and_a_check_agrees(run: Run):
    for command in ("upgrade", "check"):
        result = run("database", command)
        assert result.exit_code == 0
        assert plain(result) == f"database is at revision {migrate.newest()}\n"


def test_a_check_before_the_upgrade_says_the_cure_and_exits_with_1(run: Run):
    result = run("database", "check")
    assert result.exit_code == 1
    assert "run `python -m webapp database upgrade`" in plain(result)


def test_a_database_of_a_newer_version_is_left_alone(run: Run, ready: Installation):
    path = ready.settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as beside:
        beside.execute("UPDATE alembic_version SET version_num = '9999'")
    beside.close()
    for command in ("upgrade", "check"):
        result = run("database", command)
        assert result.exit_code == 1
        assert "9999" in plain(result)


def test_a_database_that_is_away_is_one_line(run: Run, tmp_path):
    away = f"postgresql://ada:password-marker@/none?host={tmp_path}"
    for command in ("upgrade", "check"):
        result = run("database", command, DATABASE_URL=away)
        assert result.exit_code == 1
        assert plain(result).count("\n") == 1
        assert "password-marker" not in result.output


def test_a_folder_that_does_not_exist_is_not_made(run: Run, tmp_path):
    for command in ("database", "upgrade"), ("serve", "--no-jobs"):
        result = run(*command, DATABASE_URL=f"sqlite:///{tmp_path}/typo/x.sqlite3")
        assert result.exit_code == 1
        assert "DATABASE_URL" in plain(result)
    assert not (tmp_path / "typo").exists()


def test_a_folder_that_cannot_be_made_is_one_line(run: Run, tmp_path):
    (tmp_path / "a file").write_text("")
    result = run("database", "upgrade", DATABASE_URL=f"sqlite:///{tmp_path}/a file/x.sqlite3")
    assert result.exit_code == 1
    assert plain(result).count("\n") == 1


def test_an_instance_folder_that_cannot_be_made_is_named_with_its_setting(run: Run, tmp_path):
    (tmp_path / "a file").write_text("")
    for command in ("database", "upgrade"), ("serve", "--no-jobs"):
        result = run(*command, INSTANCE_DIR=f"{tmp_path}/a file/instance")
        assert result.exit_code == 1
        assert plain(result).startswith("Error: INSTANCE_DIR names a folder that cannot be made")


def test_wrong_settings_are_all_said_at_once(run: Run):
    result = run("database", "check", MOBBSCAN_API_KEY=None, SECRET_KEY="short")
    assert result.exit_code == 1
    assert "MOBBSCAN_API_KEY" in plain(result)
    assert "SECRET_KEY" in result.output


def test_keys_are_changed_without_losing_anything(run: Run, ready: Installation):
    row = ready.add()
    old, new = ready.environ["DATA_KEYS"], ANOTHER_KEY
    both = f"{new[:-1]}, {old[1:]}"
    refused = run("database", "rekey", DATA_KEYS=new)
    assert refused.exit_code == 1
    assert "are opened by none of DATA_KEYS" in plain(refused)

    done = run("database", "rekey", DATA_KEYS=both)
    assert done.exit_code == 0
    assert plain(done).splitlines() == [
        "4 values have been sealed anew",
        "the first of DATA_KEYS opens everything: the others may be dropped",
    ]
    assert row.id in plain(run("onboardings", "show", row.id, DATA_KEYS=new))
    assert run("onboardings", "show", row.id, DATA_KEYS=old).exit_code == 1
