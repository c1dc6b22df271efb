"""A gateway in memory with the methods of `webapp.gateway.client.Gateway`, and a manual clock."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from tests.unit.domain.samples import NOW
from webapp.gateway.errors import (
    EvidenceNotFound,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
    UntrustedHostedPage,
)
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.gateway.models import Acknowledgement, CreatedProcess, CreateRequest, ProcessData

HOSTED = "https://gateway.example"


class Clock:
    """Stands still until a test advances it."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


def away(*, maybe_sent: bool = True) -> Unavailable:
    return Unavailable("no answer in time", maybe_sent=maybe_sent)


class FakeGateway:
    """Processes by id with the gateway's status word (None: created, no answer yet).

    `errors[call]` holds what the next calls raise before they have an effect. `lost_answers[call]`:
    how many calls lose the answer after their effect. `during_call[call]` runs within a call.
    """

    def __init__(self) -> None:
        self.processes: dict[str, str | None] = {}
        self.answer_fields: dict[str, dict[str, Any]] = defaultdict(dict)
        self.calls: list[tuple[str, str]] = []
        self.requests: list[CreateRequest] = []
        self.personal_data: object = None
        self.errors: dict[str, deque[Exception]] = defaultdict(deque)
        self.lost_answers: Counter[str] = Counter()
        self.during_call: dict[str, Callable[[str], None]] = {}
        self.trusted = True
        #: Ids of processes whose recording can be fetched.
        self.recordings: set[str] = set()
        self._lock = threading.Lock()

    def is_trusted(self, url: str) -> bool:
        return self.trusted

    def count(self, call: str) -> int:
        return sum(name == call for name, _ in self.calls)

    def create(self, request: CreateRequest) -> CreatedProcess:
        self._begun("create", request.scan_id)
        with self._lock:
            self.requests.append(request)
            if request.scan_id in self.processes:
                raise RequestRefused("create: answered 400", status=400)
            self.processes[request.scan_id] = None
        self._answered("create")
        url = f"{HOSTED}/o/{request.scan_id}"
        if not self.trusted:
            raise UntrustedHostedPage(origin=HOSTED, url=url, onboarding_token="token-of-it")
        return CreatedProcess(request.scan_id, "token-of-it", url)

    def read(self, scan_id: str, *, is_known: bool = False) -> ProcessData:
        word = self._word("read", scan_id)
        if word is None:
            raise Unauthorized("read: answered 401", status=401)
        answer = {"scanId": scan_id, "verificationResult": word, **self.answer_fields[scan_id]}
        return ProcessData.model_validate({**answer, "scanId": scan_id, "raw": answer})

    def send_to_review(self, scan_id: str, personal_data: object = None) -> None:
        if self._word("send_to_review", scan_id) != "PENDING_VALIDATION":
            raise StateConflict("send to review: answered 409", status=409)
        self.personal_data = personal_data
        self.processes[scan_id] = "PENDING_VERIFICATION"
        self._answered("send_to_review")

    def accept(self, scan_id: str, personal_data: object = None) -> None:
        self.personal_data = personal_data
        self._decide("accept", scan_id, "VERIFIED")

    def reject(self, scan_id: str, comment: str) -> None:
        self._decide("reject", scan_id, "NOT_VERIFIED")
        self.answer_fields[scan_id] = {"rejectionReason": comment}

    def _decide(self, call: str, scan_id: str, word: str) -> None:
        if self._word(call, scan_id) not in ("PENDING_VALIDATION", "PENDING_VERIFICATION"):
            raise StateConflict(f"{call}: answered 409", status=409)
        self.processes[scan_id] = word
        self._answered(call)

    delete_method = "DELETE"

    def delete(self, scan_id: str) -> Acknowledgement:
        self._begun("delete", scan_id)
        self.processes.pop(scan_id, None)
        return Acknowledgement("DELETED", None, {})

    @contextmanager
    def recording(
        self, scan_id: str, recording_type: str, url: str | None = None, part: object = None
    ) -> Iterator[EvidenceStream]:
        self._begun("recording", scan_id)
        if scan_id not in self.recordings:
            raise EvidenceNotFound("recording: answered 404", status=404)
        yield EvidenceStream("video/mp4", 0)

    def _word(self, call: str, scan_id: str) -> str | None:
        """The word as the call begins; changes during the call do not affect its answer."""
        word = self.processes.get(scan_id)
        self._begun(call, scan_id)
        return word

    def _begun(self, call: str, scan_id: str) -> None:
        with self._lock:
            self.calls.append((call, scan_id))
            problem = self.errors[call].popleft() if self.errors[call] else None
        if call in self.during_call:
            self.during_call[call](scan_id)
        if problem is not None:
            raise problem

    def _answered(self, call: str) -> None:
        if self.lost_answers[call] > 0:
            self.lost_answers[call] -= 1
            raise away()
