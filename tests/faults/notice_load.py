"""A storm of notices: what is sent in which order, by whom, and what became of each."""

import json
import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

#: What the gateway says of one process after another, and what it tells of each.
CHAINS = (
    ("VERIFIED",),
    ("NOT_VERIFIED",),
    ("PENDING_VERIFICATION", "VERIFIED"),
    ("PENDING_VALIDATION", "PENDING_VERIFICATION", "NOT_VERIFIED"),
    ("PENDING_VALIDATION", "VERIFIED"),
    ("PENDING_VERIFICATION",),
    ("PENDING_VALIDATION",),
)
VERDICTS = ("VERIFIED", "NOT_VERIFIED")
#: Parts of all notices that come twice; of all processes that somebody lies about; that nobody
#: ever tells of.
REPEATS, LIES, SILENT = 0.2, 0.1, 0.05
#: What comes in place of a status: not even a connection, or no answer to what was sent.
NOBODY, UNKNOWN = "nobody there", "unknown"
#: A sender who finds nobody rests so long before the next try; without an answer it gives up.
REST_SECONDS, PATIENCE_SECONDS = 0.1, 10.0

Notice = tuple[str, str]


@dataclass(frozen=True)
class Advance:
    """The gateway takes its next step with a process, and says nothing."""

    onboarding: str


@dataclass(frozen=True)
class Plan:
    """`chains`: what each process goes through. `events`: in the order in which they happen."""

    chains: Mapping[str, Sequence[str]]
    events: Sequence[Notice | Advance]


def plan(onboardings: Sequence[str], strangers: int, chance: random.Random) -> Plan:
    """Every word of every process, lies, notices about ids that the server does not know (yet),
    and repeats of all these, in no order at all."""
    chains = {each: chance.choice(CHAINS) for each in onboardings}
    told = [_about_a_stranger(chance) for _ in range(strangers)]
    for each, chain in chains.items():
        if chance.random() < SILENT:
            continue
        told += [(each, word) for word in (*chain, "VIDEO_AVAILABLE")]
        if chance.random() < LIES:
            told.append((each, chance.choice(VERDICTS)))
    told += chance.choices(told, k=round(len(told) * REPEATS / (1 - REPEATS)))
    steps = [Advance(each) for each, chain in chains.items() for _ in chain]
    events: list[Notice | Advance] = [*told, *steps]
    chance.shuffle(events)
    return Plan(chains, events)


def _about_a_stranger(chance: random.Random) -> Notice:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4)), chance.choice(VERDICTS)


@dataclass
class Record:
    """What the senders know. `perhaps`: sent, but without an answer, or with one that says that
    the server does not know either. `answers` counts deliveries by what came back."""

    acknowledged: Counter[Notice] = field(default_factory=Counter)
    perhaps: Counter[Notice] = field(default_factory=Counter)
    answers: Counter[int | str] = field(default_factory=Counter)

    def add(self, notice: Notice, answer: int | str) -> None:
        self.answers[answer] += 1
        if answer == 204:
            self.acknowledged[notice] += 1
        elif answer in (UNKNOWN, 503):
            self.perhaps[notice] += 1

    def __str__(self) -> str:
        """Deliveries, not tries: who finds nobody tries again."""
        good, unknown = self.answers[204], self.answers[UNKNOWN]
        refused = self.answers.total() - good - unknown - self.answers[NOBODY]
        repeats = good - len(self.acknowledged)
        return (
            f"{good:,} acknowledged ({repeats:,} of them repeats), {refused:,} refused,"
            f" {unknown:,} unknown; {self.answers[NOBODY]:,} times nobody was there"
        )


class Senders:
    """Clients that take one event after the other, in order, at a steady rate.

    Over when all is sent, `enough` are acknowledged, `seconds` are up, or the context ends.
    """

    def __init__(
        self,
        port: int,
        headers: Mapping[str, str],
        events: Sequence[Notice | Advance],
        advance: Callable[[str], None],
        *,
        clients: int,
        per_second: float,
        enough: int,
        seconds: float,
    ) -> None:
        self.record = Record()
        self._port, self._advance = port, advance
        self._headers = {**headers, "Content-Type": "application/json"}
        self._events: Iterator[tuple[int, Notice | Advance]] = iter(enumerate(events))
        self._per_second, self._enough, self._seconds = per_second, enough, seconds
        self._began = 0.0
        self._lock = threading.Lock()
        self._in_step: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._threads = [threading.Thread(target=self._send) for _ in range(clients)]
        self._surprise: BaseException | None = None

    def __enter__(self) -> "Senders":
        self._began = time.monotonic()
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._seconds = 0.0  # if it is not over, it is now
        for each in self._threads:
            each.join()
        if self._surprise is not None:
            raise self._surprise

    @property
    def busy(self) -> bool:
        return any(each.is_alive() for each in self._threads)

    @property
    def acknowledged(self) -> int:
        return self.record.answers[204]

    def known_now(self) -> Counter[Notice]:
        """What has been acknowledged up to now."""
        with self._lock:
            return self.record.acknowledged.copy()

    def _send(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            while (event := self._next()) is not None:
                if isinstance(event, Advance):
                    with self._in_step[event.onboarding]:
                        self._advance(event.onboarding)
                else:
                    self._deliver(connection, event)
        except BaseException as surprise:  # noqa: BLE001 - told by __exit__
            self._surprise = surprise
        finally:
            connection.close()

    def _next(self) -> Notice | Advance | None:
        if self._over():
            return None
        with self._lock:
            number, event = next(self._events, (0, None))
        due = self._began + number / self._per_second
        time.sleep(max(0.0, due - time.monotonic()))
        return event

    def _over(self) -> bool:
        late = time.monotonic() > self._began + self._seconds
        return late or self._surprise is not None or self.acknowledged >= self._enough

    def _deliver(self, connection: HTTPConnection, notice: Notice) -> None:
        """Once; where nobody takes the connection, until somebody does."""
        while True:
            answer = self._post(connection, notice)
            with self._lock:
                self.record.add(notice, answer)
            if answer != NOBODY or self._over():
                return
            time.sleep(REST_SECONDS)

    def _post(self, connection: HTTPConnection, notice: Notice) -> int | str:
        try:
            if connection.sock is None:
                connection.connect()
        except OSError:
            return NOBODY
        body = json.dumps({"verificationId": notice[0], "status": notice[1]})
        try:
            connection.request("POST", "/webhooks/mobbscan", body, self._headers)
            with connection.getresponse() as answer:
                answer.read()
        except (OSError, HTTPException):
            connection.close()
            return UNKNOWN
        return answer.status
