"""Load of notices: a random plan, clients that send it, and a record of each delivery."""

import json
import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

#: Sequences of states that a process goes through at the gateway.
STATE_CHAINS = (
    ("VERIFIED",),
    ("NOT_VERIFIED",),
    ("PENDING_VERIFICATION", "VERIFIED"),
    ("PENDING_VALIDATION", "PENDING_VERIFICATION", "NOT_VERIFIED"),
    ("PENDING_VALIDATION", "VERIFIED"),
    ("PENDING_VERIFICATION",),
    ("PENDING_VALIDATION",),
)
VERDICTS = ("VERIFIED", "NOT_VERIFIED")
#: Share of repeated notices; of processes with a false notice; of processes without any notice.
REPEATED, FALSE, SILENT = 0.2, 0.1, 0.05
#: Results in place of a status: the connection was refused, or nothing usable came back.
NOT_CONNECTED, NO_ANSWER = "not connected", "no answer"
#: Pause before a refused connection is tried again, and time limit for an answer.
RETRY_SECONDS, TIMEOUT_SECONDS = 0.1, 10.0

Notice = tuple[str, str]


@dataclass(frozen=True)
class Advance:
    """The process enters its next state at the gateway, without a notice."""

    onboarding: str


@dataclass(frozen=True)
class NoticePlan:
    """`chains`: the states of each process. `events`: notices and advances in sending order."""

    chains: Mapping[str, Sequence[str]]
    events: Sequence[Notice | Advance]


def plan_notices(
    onboardings: Sequence[str], unknown_ids: int, random_: random.Random
) -> NoticePlan:
    """Shuffle the notices of all states, false ones, ones with unknown ids, and repetitions."""
    chains = {each: random_.choice(STATE_CHAINS) for each in onboardings}
    notices = [_with_unknown_id(random_) for _ in range(unknown_ids)]
    for each, chain in chains.items():
        if random_.random() < SILENT:
            continue
        notices += [(each, word) for word in (*chain, "VIDEO_AVAILABLE")]
        if random_.random() < FALSE:
            notices.append((each, random_.choice(VERDICTS)))
    notices += random_.choices(notices, k=round(len(notices) * REPEATED / (1 - REPEATED)))
    advances = [Advance(each) for each, chain in chains.items() for _ in chain]
    events: list[Notice | Advance] = [*notices, *advances]
    random_.shuffle(events)
    return NoticePlan(chains, events)


def _with_unknown_id(random_: random.Random) -> Notice:
    return str(uuid.UUID(int=random_.getrandbits(128), version=4)), random_.choice(VERDICTS)


@dataclass
class DeliveryRecord:
    """Counts of deliveries as the senders saw them.

    `acknowledged`: answered with 204. `unconfirmed`: without an answer or with a 503, so possibly
    stored. `answers`: attempts by status or failure.
    """

    acknowledged: Counter[Notice] = field(default_factory=Counter)
    unconfirmed: Counter[Notice] = field(default_factory=Counter)
    answers: Counter[int | str] = field(default_factory=Counter)

    def add(self, notice: Notice, answer: int | str) -> None:
        self.answers[answer] += 1
        if answer == 204:
            self.acknowledged[notice] += 1
        elif answer in (NO_ANSWER, 503):
            self.unconfirmed[notice] += 1

    def __str__(self) -> str:
        good, unknown = self.answers[204], self.answers[NO_ANSWER]
        refused = self.answers.total() - good - unknown - self.answers[NOT_CONNECTED]
        repeats = good - len(self.acknowledged)
        return (
            f"{good:,} acknowledged ({repeats:,} of them repeats), {refused:,} refused,"
            f" {unknown:,} without an answer; {self.answers[NOT_CONNECTED]:,} attempts without"
            " a connection"
        )


class NoticeSenders:
    """Clients that send the events in order and at a steady rate.

    They end when all is sent, `enough` are acknowledged, `seconds` have passed, or the block ends.
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
        self.record = DeliveryRecord()
        self._port, self._advance = port, advance
        self._headers = {**headers, "Content-Type": "application/json"}
        self._events: Iterator[tuple[int, Notice | Advance]] = iter(enumerate(events))
        self._per_second, self._enough, self._seconds = per_second, enough, seconds
        self._began = 0.0
        self._lock = threading.Lock()
        self._advance_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._threads = [threading.Thread(target=self._send) for _ in range(clients)]
        self._error: BaseException | None = None

    def __enter__(self) -> "NoticeSenders":
        self._began = time.monotonic()
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._seconds = 0.0  # ends the threads
        for each in self._threads:
            each.join()
        if self._error is not None:
            raise self._error

    @property
    def is_busy(self) -> bool:
        return any(each.is_alive() for each in self._threads)

    @property
    def acknowledged(self) -> int:
        return self.record.answers[204]

    def acknowledged_notices(self) -> Counter[Notice]:
        """Return a copy of what has been acknowledged up to now."""
        with self._lock:
            return self.record.acknowledged.copy()

    def _send(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        try:
            while (event := self._next()) is not None:
                if isinstance(event, Advance):
                    with self._advance_locks[event.onboarding]:
                        self._advance(event.onboarding)
                else:
                    self._deliver(connection, event)
        except BaseException as error:  # noqa: BLE001 - raised by __exit__
            self._error = error
        finally:
            connection.close()

    def _next(self) -> Notice | Advance | None:
        if self._is_over():
            return None
        with self._lock:
            number, event = next(self._events, (0, None))
        due = self._began + number / self._per_second
        time.sleep(max(0.0, due - time.monotonic()))
        return event

    def _is_over(self) -> bool:
        late = time.monotonic() > self._began + self._seconds
        return late or self._error is not None or self.acknowledged >= self._enough

    def _deliver(self, connection: HTTPConnection, notice: Notice) -> None:
        """Send once; if the connection is refused, try again until one is accepted."""
        while True:
            answer = self._post(connection, notice)
            with self._lock:
                self.record.add(notice, answer)
            if answer != NOT_CONNECTED or self._is_over():
                return
            time.sleep(RETRY_SECONDS)

    def _post(self, connection: HTTPConnection, notice: Notice) -> int | str:
        try:
            if connection.sock is None:
                connection.connect()
        except OSError:
            return NOT_CONNECTED
        body = json.dumps({"verificationId": notice[0], "status": notice[1]})
        try:
            connection.request("POST", "/webhooks/mobbscan", body, self._headers)
            with connection.getresponse() as answer:
                answer.read()
        except (OSError, HTTPException):
            connection.close()
            return NO_ANSWER
        return answer.status
