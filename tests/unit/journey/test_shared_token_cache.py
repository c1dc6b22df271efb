"""One log-in for all threads and processes, whatever they find out at the same moment."""

import threading
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
from webapp.journey.shared_token_cache import SharedTokenCache
from webapp.store.unit_of_work import Database

ACCOUNT = "https://gateway.example\0key\0secret"
LIFE = timedelta(minutes=15)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """Where log-ins happen: counts them and hands out a new token each time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.count = 0
        self.problem: Exception | None = None
        self.gate: Callable[[], object] = lambda: None
        self._lock = threading.Lock()

    def log_in(self) -> Token:
        with self._lock:
            self.count += 1
            number = self.count
        self.gate()
        if self.problem is not None:
            raise self.problem
        return Token(f"token-{number}", self.clock(), self.clock() + LIFE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock) -> Desk:
    return Desk(clock)


@pytest.fixture
def tokens(harness, clock) -> SharedTokenCache:
    return SharedTokenCache(harness.database, clock, ACCOUNT)


def another(harness, clock) -> SharedTokenCache:
    """The same cache as another process has it."""
    return SharedTokenCache(Database(harness.engine, harness.database.cipher), clock, ACCOUNT)


def log_in_elsewhere(address: str, ledger: str, refused: str | None) -> str:
    """In another process: the token it got; each log-in leaves a line."""

    def fetch() -> Token:
        with Path(ledger).open("a") as lines:
            lines.write("x\n")
        now = utc_now()
        return Token(f"new at {now.isoformat()}", now, now + LIFE)

    with database_at(address, KEY) as database:
        tokens = SharedTokenCache(database, utc_now, ACCOUNT)
        found = tokens.get(fetch) if refused is None else tokens.replace(refused, fetch)
        return found.value


def test_the_first_logs_in_and_everybody_after_uses_that(tokens, desk, harness, clock):
    assert tokens.get(desk.log_in).value == "token-1"
    assert tokens.get(desk.log_in).value == "token-1"
    assert another(harness, clock).get(desk.log_in).value == "token-1"
    assert desk.count == 1


def test_32_threads_without_a_token_make_one_log_in(tokens, desk):
    answers = in_threads(32, lambda: tokens.get(desk.log_in).value)
    assert set(answers) == {"token-1"}
    assert desk.count == 1


def test_32_threads_with_a_dead_token_make_one_log_in(tokens, desk, clock, harness):
    dead = tokens.get(desk.log_in).value
    clock.advance(seconds=11)
    fleet = [tokens, another(harness, clock), another(harness, clock), another(harness, clock)]
    turn = iter(fleet * 8)
    answers = in_threads(32, lambda: next(turn).replace(dead, desk.log_in).value)
    assert set(answers) == {"token-2"}
    assert desk.count == 2


def test_who_looked_before_the_new_token_came_does_not_log_in_once_more(harness, clock, desk):
    """Between its look at the row and its claim, somebody else logged in completely."""
    tokens = another(harness, clock)
    dead = tokens.get(desk.log_in).value
    clock.advance(seconds=11)
    slow = SharedTokenCache(LateWriter(harness.database), clock, ACCOUNT)
    slow._database.before_writing = lambda: tokens.replace(dead, desk.log_in)
    assert slow.replace(dead, desk.log_in).value == "token-2"
    assert desk.count == 2


class LateWriter(Database):
    """A process that is held up once, just before it writes."""

    def __init__(self, real: Database) -> None:
        super().__init__(real.engine, real.cipher)
        self.before_writing: Callable[[], object] | None = None

    def writing(self):
        held, self.before_writing = self.before_writing, None
        if held is not None:
            held()
        return super().writing()


def test_four_processes_without_a_token_make_one_log_in(address, tmp_path):
    ledger = tmp_path / "log-ins"
    answers = processes.at_once(log_in_elsewhere, address, str(ledger), None)
    assert len(set(answers)) == 1
    assert ledger.read_text().count("x") == 1


def test_four_processes_with_a_dead_token_make_one_log_in(harness, address, tmp_path):
    long_ago = utc_now() - timedelta(seconds=60)
    SharedTokenCache(harness.database, lambda: long_ago, ACCOUNT).get(
        lambda: Token("dead", long_ago, long_ago + LIFE)
    )
    ledger = tmp_path / "log-ins"
    answers = processes.at_once(log_in_elsewhere, address, str(ledger), "dead")
    assert len(set(answers)) == 1
    assert "dead" not in answers
    assert ledger.read_text().count("x") == 1


class CountedLooks(Database):
    """Tells how often its process has looked at the row."""

    def __init__(self, real: Database) -> None:
        super().__init__(real.engine, real.cipher)
        self.poll_count = 0

    def reading(self):
        self.poll_count += 1
        return super().reading()


def test_a_failed_log_in_is_the_failure_of_all_who_waited_for_it(desk, harness, clock):
    databases = [CountedLooks(harness.database) for _ in range(4)]

    def until_the_others_wait() -> None:
        eventually(lambda: sum(database.poll_count > 1 for database in databases) == 3)

    desk.gate, desk.problem = until_the_others_wait, away()
    turn = iter([SharedTokenCache(database, clock, ACCOUNT) for database in databases])
    answers = in_threads(4, lambda: next(turn).get(desk.log_in))
    assert [type(answer) for answer in answers] == [Unavailable] * 4
    assert desk.count == 1


def test_refused_credentials_are_said_to_the_one_who_asked(tokens, desk):
    desk.problem = CredentialsRefused("401", status=401)
    with pytest.raises(CredentialsRefused):
        tokens.get(desk.log_in)


def test_after_a_failure_the_next_one_may_log_in(tokens, desk, clock):
    desk.problem = away()
    with pytest.raises(Unavailable):
        tokens.get(desk.log_in)
    clock.advance(seconds=1)
    desk.problem = None
    assert tokens.get(desk.log_in).value == "token-2"


def test_a_token_is_renewed_at_80_percent_of_its_life(tokens, desk, clock):
    tokens.get(desk.log_in)
    clock.advance(seconds=LIFE.total_seconds() * 0.8 - 1)
    assert tokens.get(desk.log_in).value == "token-1"
    clock.advance(seconds=1)
    assert tokens.get(desk.log_in).value == "token-2"


def test_while_one_renews_the_others_go_on_with_the_old_one(tokens, desk, harness, clock):
    tokens.get(desk.log_in)
    clock.advance(seconds=LIFE.total_seconds() * 0.9)
    seen = []
    desk.gate = lambda: seen.append(another(harness, clock).get(desk.log_in).value)
    assert tokens.get(desk.log_in).value == "token-2"
    assert seen == ["token-1"]


def test_a_renewal_that_fails_does_not_spoil_a_token_still_good(tokens, desk, clock):
    tokens.get(desk.log_in)
    clock.advance(seconds=LIFE.total_seconds() * 0.9)
    desk.problem = away()
    assert tokens.get(desk.log_in).value == "token-1"
    clock.advance(seconds=LIFE.total_seconds() * 0.1)
    with pytest.raises(Unavailable):
        tokens.get(desk.log_in)


def test_a_token_only_seconds_old_is_not_renewed_for_a_401(tokens, desk, clock):
    """The gateway then speaks of the process, not of the token."""
    refused = tokens.get(desk.log_in).value
    clock.advance(seconds=9)
    assert tokens.replace(refused, desk.log_in).value == refused
    assert desk.count == 1
    clock.advance(seconds=1)
    assert tokens.replace(refused, desk.log_in).value == "token-2"


def test_an_older_refused_token_does_not_cost_the_newer_one(tokens, desk, clock):
    first = tokens.get(desk.log_in).value
    clock.advance(seconds=11)
    tokens.replace(first, desk.log_in)
    clock.advance(seconds=11)
    assert tokens.replace(first, desk.log_in).value == "token-2"
    assert desk.count == 2


def test_a_process_killed_while_logging_in_blocks_nobody_for_long(harness, tokens, desk, clock):
    with harness.database.writing() as work:
        work.tokens.claim(tokens._account, "killed", clock(), timedelta(seconds=15), None)
    clock.advance(seconds=16)
    assert tokens.get(desk.log_in).value == "token-1"


def test_another_account_has_a_token_of_its_own(harness, tokens, desk, clock):
    tokens.get(desk.log_in)
    changed = SharedTokenCache(harness.database, clock, ACCOUNT + "new secret")
    assert changed.get(desk.log_in).value == "token-2"


def test_neither_token_nor_credentials_lie_readable(harness, tokens, clock, tmp_path):
    tokens.get(lambda: Token("token-marker", clock(), clock() + LIFE))
    lying = b"".join(path.read_bytes() for path in tmp_path.glob("state.sqlite3*"))
    assert b"token-marker" not in lying
    assert b"gateway.example" not in lying
