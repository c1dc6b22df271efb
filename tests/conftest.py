"""Options of the test run: databases, required programs, order of tests, summary of faults."""

import os
import shutil
from collections import defaultdict
from pathlib import Path

import authlib.deprecate  # noqa: F401  its import enables its warnings, over pytest's filters: once, here
import pytest
from hypothesis import settings

PROGRAMS = {
    "caddy": ("caddy",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "curl": ("curl",),
    "firefox-esr": ("firefox-esr", "firefox"),
    "nginx": ("nginx",),
    "node": ("node",),
    "npm": ("npm",),
    "php": ("php",),
    "strace": ("strace",),
    "WebKitWebDriver": ("WebKitWebDriver",),
    "Xvfb": ("Xvfb",),
}
#: Debian's packages of programs that are named otherwise.
PACKAGES = {
    "node": "nodejs",
    "php": "php-cli",
    "WebKitWebDriver": "webkit2gtk-driver",
    "Xvfb": "xvfb",
}
_MISSING_PROGRAM = "missing program"
#: Report property with the seeds and figures of the fault tests.
FAULTS = "faults"

settings.register_profile("default", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=10_000)


def find_program(name: str) -> str | None:
    """Return the path of the program under any of its names, or None."""
    # Debian installs nginx in /usr/sbin, which is not on every PATH.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = (shutil.which(each, path=path) for each in PROGRAMS[name])
    return next((each for each in found if each), None)


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of Chromium, for tests marked `needs("chromium")`."""
    path = find_program("chromium")
    assert path, "mark the test with needs('chromium')"
    return path


@pytest.fixture(scope="session")
def headless_shell_path(chromium_path: str) -> str:
    """Return the path of Chromium's headless shell, or of Chromium where it is not installed.

    The same engine without the browser's own windows: a page takes a third of the processor time.
    It has no settings of a browser, so it does not block third-party cookies.
    """
    return shutil.which("chromium-headless-shell") or chromium_path


DATABASES = ("sqlite", "postgresql")
#: Folders of tests that run servers and browsers.
SLOW_FOLDERS = {"browser", "contract", "faults", "field", "flow"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=[*DATABASES, "both"],
        default=os.environ.get("TEST_DATABASE"),
        help="database of the tested servers (default, or TEST_DATABASE: sqlite, and both for tests"
        " marked both_databases)",
    )


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of database of the servers in this test."""
    return getattr(request, "param", "sqlite")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption("database")
    if option is None and metafunc.definition.get_closest_marker("both_databases") is None:
        return
    kinds = DATABASES if option in (None, "both") else [option]
    metafunc.parametrize("database_kind", kinds, indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow files first, so that parallel workers end at about the same time."""
    items.sort(key=lambda item: SLOW_FOLDERS.isdisjoint(item.path.parts))


def pytest_runtest_setup(item: pytest.Item) -> None:
    needed = [name for mark in item.iter_markers("needs") for name in mark.args]
    missing = [name for name in needed if find_program(name) is None]
    if not missing:
        return
    sentence = f"needs {' and '.join(missing)}, not installed here"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{sentence}, and REQUIRE_ALL=1 forbids leaving tests out", pytrace=False)
    # xdist transfers report properties from its workers.
    item.user_properties += [(_MISSING_PROGRAM, name) for name in missing]
    pytest.skip(sentence)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _report_faults(terminalreporter)
    left_out: dict[str, set[str]] = defaultdict(set)
    for report in terminalreporter.stats.get("skipped", []):
        for key, name in report.user_properties:
            if key == _MISSING_PROGRAM:
                left_out[name].add(report.nodeid)
    if not left_out:
        return
    count = len(set().union(*left_out.values()))
    terminalreporter.section(f"{count} TESTS LEFT OUT", sep="!", red=True, bold=True)
    for name, tests in sorted(left_out.items()):
        terminalreporter.line(
            f"{len(tests)} of them need {name}, which is not installed:"
            f" apt-get install {PACKAGES.get(name, name)}, or run .ci/run",
            red=True,
        )


def _report_faults(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of fault tests. Here: under xdist the controller reads this file only."""
    figures: dict[str, list[str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            properties = getattr(report, "user_properties", ())
            if lines := [line for key, line in properties if key == FAULTS]:
                figures[report.nodeid] = max(figures.get(report.nodeid, []), lines, key=len)
    if figures:
        terminalreporter.section("faults")
    for test, lines in figures.items():
        terminalreporter.line(test)
        for line in lines:
            terminalreporter.line(f"    {line}")
