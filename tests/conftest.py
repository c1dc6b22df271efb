"""Programs that tests need, and a loud word on each test left out for want of one."""

import os
import shutil
from collections import defaultdict
from pathlib import Path

import authlib.deprecate  # noqa: F401  its import turns its warnings on, over pytest's filters: once, here
import pytest
from hypothesis import settings

PROGRAMS = {
    "caddy": ("caddy",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "nginx": ("nginx",),
    "strace": ("strace",),
}
_LEFT_OUT = "left out for want of"
#: A property of reports: seeds and figures of the tests of faults.
FAULTS = "faults"

settings.register_profile("default", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=10_000)


def find_program(name: str) -> str | None:
    """Where the program lies, under any of the names it goes by."""
    # Debian keeps nginx in /usr/sbin, which is not on everybody's path.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = (shutil.which(each, path=path) for each in PROGRAMS[name])
    return next((each for each in found if each), None)


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Only for tests marked `needs("chromium")`."""
    path = find_program("chromium")
    assert path, "mark the test with needs('chromium')"
    return path


DATABASES = ("sqlite", "postgresql")
#: Folders of tests that walk through servers and browsers.
LONG = {"browser", "contract", "faults", "flow"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=[*DATABASES, "both"],
        default=os.environ.get("TEST_DATABASE"),
        help="what servers of the tests keep their rows in (default, or TEST_DATABASE: sqlite,"
        " and both for the tests marked so)",
    )


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """What a server of this test keeps its rows in."""
    return getattr(request, "param", "sqlite")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" not in metafunc.fixturenames:
        return
    told = metafunc.config.getoption("database")
    if told is None and metafunc.definition.get_closest_marker("both_databases") is None:
        return
    kinds = DATABASES if told in (None, "both") else [told]
    metafunc.parametrize("database_kind", kinds, indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: processes that share a run then end at about the same time.

    Besides that it stays as it has been shuffled.
    """
    items.sort(key=lambda item: LONG.isdisjoint(item.path.parts))


def pytest_runtest_setup(item: pytest.Item) -> None:
    needed = [name for mark in item.iter_markers("needs") for name in mark.args]
    missing = [name for name in needed if find_program(name) is None]
    if not missing:
        return
    sentence = f"needs {' and '.join(missing)}, not installed here"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{sentence}, and REQUIRE_ALL=1 forbids leaving tests out", pytrace=False)
    # Properties travel with the report, from the processes that share a run as well.
    item.user_properties += [(_LEFT_OUT, name) for name in missing]
    pytest.skip(sentence)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _tell_of_faults(terminalreporter)
    left_out: dict[str, set[str]] = defaultdict(set)
    for report in terminalreporter.stats.get("skipped", []):
        for key, name in report.user_properties:
            if key == _LEFT_OUT:
                left_out[name].add(report.nodeid)
    if not left_out:
        return
    count = len(set().union(*left_out.values()))
    terminalreporter.section(f"{count} TESTS LEFT OUT", sep="!", red=True, bold=True)
    for name, tests in sorted(left_out.items()):
        terminalreporter.line(
            f"{len(tests)} of them need {name}, which is not installed:"
            f" apt-get install {name}, or run .ci/run",
            red=True,
        )


def _tell_of_faults(terminalreporter: pytest.TerminalReporter) -> None:
    """Whatever came of them. Here, since this file alone is read where processes share a run."""
    told: dict[str, list[str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            properties = getattr(report, "user_properties", ())
            if lines := [line for key, line in properties if key == FAULTS]:
                told[report.nodeid] = max(told.get(report.nodeid, []), lines, key=len)
    if told:
        terminalreporter.section("faults")
    for test, lines in told.items():
        terminalreporter.line(test)
        for line in lines:
            terminalreporter.line(f"    {line}")
