"""SharedTokenCache: one log-in for all threads and processes, renewal, failures, leases."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.unit.journey.fakes import Clock, away
from tests.unit.journey.harness import KEY
from tests.unit.store import processes
from tests.unit.store.rows import database_at, in_threads
from webapp.gateway.errors import CredentialsRefused, Unavailable
from webapp.gateway.token_cache import Token
from webapp.http_transport.deadline import deadline
from webapp.journey.shared_token_cache import SharedTokenCache
from webapp.store.unit_of_work import Database

ACCOUNT = "https://gateway.example\0key\0secret"
LIFE = timedelta(minutes=15)


def utc_now() -> datetime:
    return datetime.now(UTC)


class LoginCounter:
    """Counts log-ins and returns a new token for each."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.count = 0
        self.problem: Exception | None = None
        self.gate: Callable[[], object] = lambda: None
        self._lock = threading.Lock()

    def fetch(self) -> Token:
        with self._lock:
            self.count += 1
            number = self.count
        self.gate()
        if self.problem is not None:
            raise self.problem
        return Token(f"token-{number}", self.clock(), self.clock() + LIFE)


@pytest.fixture
def clock(harness) -> Clock:
    return harness.clock


@pytest.fixture
def login(clock) -> LoginCounter:
    return LoginCounter(clock)


@pytest.fixture
def tokens(harness, clock) -> SharedTokenCache:
    return SharedTokenCache(harness.database, clock, ACCOUNT)


def another(harness, clock) -> SharedTokenCache:
    """The cache of another process on the same database."""
    return SharedTokenCache(Database(harness.engine, harness.database.cipher), clock, ACCOUNT)


def log_in_elsewhere(address: str, ledger: Path, refused: str | None) -> str:
    """Get a token within another process; each log-in adds a line to the ledger."""

    def fetch() -> Token:
        with ledger.open("a") as lines:
            lines.write("x\n")
        now = utc_now()
        return Token(f"new at {now.isoformat()}", now, now + LIFE)

    with database_at(address, KEY) as database:
        tokens = SharedTokenCache(database, utc_now, ACCOUNT)
        found = tokens.get(fetch) if refused is None else tokens.replace(refused, fetch)
        return found.value


def test_get_by_several_callers_logs_in_once(tokens, login, harness, clock):
    assert tokens.get(login.fetch).value == "token-1"
    assert tokens.get(login.fetch).value == "token-1"
    assert another(harness, clock).get(login.fetch).value == "token-1"
    assert login.count == 1


def test_get_and_replace_in_32_threads_log_in_once_each(tokens, login, clock, harness):
    assert set(in_threads(32, lambda: tokens.get(login.fetch).value)) == {"token-1"}
    clock.advance(seconds=11)
    caches = iter([tokens, *[another(harness, clock) for _ in range(3)]] * 8)
    answers = in_threads(32, lambda: next(caches).replace("token-1", login.fetch).value)
    assert set(answers) == {"token-2"}
    assert login.count == 2


class WatchedDatabase(Database):
    """Counts its reads, and runs a function once, just before a write."""

    def __init__(self, real: Database) -> None:
        super().__init__(real.engine, real.cipher)
        self.reads = 0
        self.before_writing: Callable[[], object] = lambda: None

    def reading(self):
        self.reads += 1
        return super().reading()

    def writing(self):
        hook, self.before_writing = self.before_writing, lambda: None
        hook()
        return super().writing()


def test_replace_with_an_outdated_row_does_not_log_in_again(harness, tokens, clock, login):
    """Another caller logs in completely between this caller's read of the row and its claim."""
    refused = tokens.get(login.fetch).value
    clock.advance(seconds=11)
    database = WatchedDatabase(harness.database)
    database.before_writing = lambda: tokens.replace(refused, login.fetch)
    slow = SharedTokenCache(database, clock, ACCOUNT)
    assert slow.replace(refused, login.fetch).value == "token-2"
    assert login.count == 2


@pytest.mark.parametrize("refused", [None, "dead"])
def test_get_and_replace_in_four_processes_log_in_once(harness, address, tmp_path, refused):
    if refused:
        long_ago = utc_now() - timedelta(seconds=60)
        dead = Token(refused, long_ago, long_ago + LIFE)
        SharedTokenCache(harness.database, lambda: long_ago, ACCOUNT).get(lambda: dead)
    ledger = tmp_path / "log-ins"
    answers = processes.at_once(log_in_elsewhere, address, ledger, refused)
    assert len(set(answers)) == 1
    assert refused not in answers
    assert ledger.read_text().count("x") == 1


def test_get_waiting_for_a_failed_login_fails_too(login, harness, clock):
    databases = [WatchedDatabase(harness.database) for _ in range(4)]

    def wait_for_the_others() -> None:
        eventually(lambda: sum(database.reads > 1 for database in databases) == 3)

    login.gate, login.problem = wait_for_the_others, away()
    caches = iter([SharedTokenCache(database, clock, ACCOUNT) for database in databases])
    answers = in_threads(4, lambda: next(caches).get(login.fetch))
    assert [type(answer) for answer in answers] == [Unavailable] * 4
    assert login.count == 1


def test_get_waiting_for_another_login_ends_at_the_callers_deadline(login, harness, clock):
    waiting = []

    def wait_for_the_other() -> None:
        with deadline(0.1), pytest.raises(Unavailable) as failure:
            another(harness, clock).get(login.fetch)
        waiting.append(failure.value.maybe_sent)

    login.gate = wait_for_the_other
    assert another(harness, clock).get(login.fetch).value == "token-1"
    assert waiting == [False]


def test_get_with_refused_credentials_raises_credentials_refused(tokens, login):
    login.problem = CredentialsRefused("401", status=401)
    with pytest.raises(CredentialsRefused):
        tokens.get(login.fetch)


def test_get_one_second_after_a_failed_login_logs_in(tokens, login, clock):
    login.problem = away()
    with pytest.raises(Unavailable):
        tokens.get(login.fetch)
    clock.advance(seconds=1)
    login.problem = None
    assert tokens.get(login.fetch).value == "token-2"


def test_get_at_80_percent_of_the_life_renews_the_token(tokens, login, clock):
    tokens.get(login.fetch)
    clock.advance(seconds=LIFE.total_seconds() * 0.8 - 1)
    assert tokens.get(login.fetch).value == "token-1"
    clock.advance(seconds=1)
    assert tokens.get(login.fetch).value == "token-2"


def test_get_during_a_renewal_returns_the_old_token(tokens, login, harness, clock):
    tokens.get(login.fetch)
    clock.advance(seconds=LIFE.total_seconds() * 0.9)
    seen = []
    login.gate = lambda: seen.append(another(harness, clock).get(login.fetch).value)
    assert tokens.get(login.fetch).value == "token-2"
    assert seen == ["token-1"]


def test_get_after_a_failed_renewal_returns_the_valid_token(tokens, login, clock):
    tokens.get(login.fetch)
    clock.advance(seconds=LIFE.total_seconds() * 0.9)
    login.problem = away()
    assert tokens.get(login.fetch).value == "token-1"
    clock.advance(seconds=LIFE.total_seconds() * 0.1)
    with pytest.raises(Unavailable):
        tokens.get(login.fetch)


def test_replace_of_a_token_younger_than_10_seconds_keeps_it(tokens, login, clock):
    """The 401 then concerns the process, not the token."""
    refused = tokens.get(login.fetch).value
    clock.advance(seconds=9)
    assert tokens.replace(refused, login.fetch).value == refused
    assert login.count == 1
    clock.advance(seconds=1)
    assert tokens.replace(refused, login.fetch).value == "token-2"


def test_replace_of_an_older_token_keeps_the_newer_one(tokens, login, clock):
    first = tokens.get(login.fetch).value
    clock.advance(seconds=11)
    tokens.replace(first, login.fetch)
    clock.advance(seconds=11)
    assert tokens.replace(first, login.fetch).value == "token-2"
    assert login.count == 2


def test_get_after_the_lease_of_a_killed_process_logs_in(harness, tokens, login, clock):
    with harness.database.writing() as work:
        work.tokens.claim(tokens._account, "killed", clock(), timedelta(seconds=15), None)
    clock.advance(seconds=16)
    assert tokens.get(login.fetch).value == "token-1"


def test_get_with_other_credentials_logs_in_separately(harness, tokens, login, clock):
    tokens.get(login.fetch)
    changed = SharedTokenCache(harness.database, clock, ACCOUNT + "new secret")
    assert changed.get(login.fetch).value == "token-2"
    with harness.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM gateway_token").all()
    assert "gateway.example" not in str(rows)


class TickingClock:
    """Runs like the real one from the time of another clock."""

    def __init__(self, clock: Clock) -> None:
        self._since = clock()
        self._began = time.monotonic()
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return self._since + self.ahead + timedelta(seconds=time.monotonic() - self._began)


def test_replace_with_wait_renews_the_young_token_as_soon_as_that_is_allowed(harness, login, clock):
    ticking = TickingClock(clock)
    login.clock = ticking
    tokens = SharedTokenCache(harness.database, ticking, ACCOUNT)
    tokens.get(login.fetch)
    ticking.ahead = timedelta(seconds=9.4)
    began = time.monotonic()
    with deadline(5):
        assert tokens.replace("token-1", login.fetch, wait=True).value == "token-2"
    assert 0.2 < time.monotonic() - began < 4


def test_replace_with_wait_returns_at_once_when_the_deadline_comes_first(tokens, login):
    tokens.get(login.fetch)
    began = time.monotonic()
    with deadline(5):
        assert tokens.replace("token-1", login.fetch, wait=True).value == "token-1"
    assert time.monotonic() - began < 2
    assert login.count == 1


def test_replace_with_wait_returns_the_token_of_another_caller(tokens, login, harness, clock):
    tokens.get(login.fetch)
    waiting = threading.Thread(target=lambda: found.append(wait_for_another()))
    found: list[str] = []

    def wait_for_another() -> str:
        with deadline(30):
            return tokens.replace("token-1", login.fetch, wait=True).value

    waiting.start()
    time.sleep(0.3)
    clock.advance(seconds=11)
    other = another(harness, clock)
    assert other.replace("token-1", login.fetch).value == "token-2"
    waiting.join(timeout=20)
    assert found == ["token-2"]
    assert login.count == 2
