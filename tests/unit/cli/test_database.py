"""Tests of `database upgrade|check|rekey|forget-result-key`."""

import sqlite3

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import ANOTHER_KEY, Installation
from webapp.store import migrate


def plain(result) -> str:
    """Return the output, and check that it is no traceback."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return str(result.output)


def test_database_upgrade_and_check_print_the_newest_revision(run: Run):
    for command in ("upgrade", "check"):
        result = run("database", command)
        assert result.exit_code == 0
        assert plain(result) == f"database is at revision {migrate.newest()}\n"


def test_database_check_before_upgrade_exits_with_fix(run: Run):
    result = run("database", "check")
    assert result.exit_code == 1
    assert "run `python -m webapp database upgrade`" in plain(result)


def test_database_upgrade_of_newer_revision_exits_without_change(run: Run, ready: Installation):
    path = ready.settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.close()
    for command in ("upgrade", "check"):
        result = run("database", command)
        assert result.exit_code == 1
        assert "9999" in plain(result)


def test_database_unavailable_exits_with_one_line(run: Run, tmp_path):
    away = f"postgresql://ada:password-marker@/none?host={tmp_path}"
    for command in ("upgrade", "check"):
        result = run("database", command, DATABASE_URL=away)
        assert result.exit_code == 1
        assert plain(result).count("\n") == 1
        assert "password-marker" not in result.output


def test_database_missing_folder_is_not_created(run: Run, tmp_path):
    for command in ("database", "upgrade"), ("serve", "--no-jobs"):
        result = run(*command, DATABASE_URL=f"sqlite:///{tmp_path}/typo/x.sqlite3")
        assert result.exit_code == 1
        assert "DATABASE_URL" in plain(result)
    assert not (tmp_path / "typo").exists()


def test_database_impossible_folder_exits_with_one_line(run: Run, tmp_path):
    (tmp_path / "a file").write_text("")
    result = run("database", "upgrade", DATABASE_URL=f"sqlite:///{tmp_path}/a file/x.sqlite3")
    assert result.exit_code == 1
    assert plain(result).count("\n") == 1


def test_database_impossible_instance_dir_names_the_setting(run: Run, tmp_path):
    (tmp_path / "a file").write_text("")
    for command in ("database", "upgrade"), ("serve", "--no-jobs"):
        result = run(*command, INSTANCE_DIR=f"{tmp_path}/a file/instance")
        assert result.exit_code == 1
        assert plain(result).startswith("Error: INSTANCE_DIR names a folder that cannot be made")


def test_database_invalid_settings_reports_all(run: Run):
    result = run("database", "check", MOBBSCAN_API_KEY=None, SECRET_KEY="short")
    assert result.exit_code == 1
    assert "MOBBSCAN_API_KEY" in plain(result)
    assert "SECRET_KEY" in result.output


def test_database_rekey_new_key_decrypts_every_value(run: Run, ready: Installation):
    row = ready.add()
    old, new = ready.environ["DATA_KEYS"], ANOTHER_KEY
    both = f"{new[:-1]}, {old[1:]}"
    refused = run("database", "rekey", DATA_KEYS=new)
    assert refused.exit_code == 1
    assert "no key of DATA_KEYS decrypts 4 values" in plain(refused)

    done = run("database", "rekey", DATA_KEYS=both)
    assert done.exit_code == 0
    assert plain(done).splitlines() == [
        "4 values encrypted with the first key",
        "the first of DATA_KEYS decrypts every value: the others can be removed",
    ]
    assert row.id in plain(run("onboardings", "show", row.id, DATA_KEYS=new))
    assert run("onboardings", "show", row.id, DATA_KEYS=old).exit_code == 1


def test_forget_result_key_deletes_the_generated_key(run: Run, ready: Installation):
    with ready.parts() as parts:
        before = parts.steps.public_result_keys()
    assert "restart every server" in plain(run("database", "forget-result-key"))
    assert plain(run("database", "forget-result-key")) == "there is no generated key\n"
    with ready.parts() as parts:
        assert parts.steps.public_result_keys() != before
