"""The whole memory of one gateway: processes, tokens, switches, faults, counters, notices."""

import threading
from collections import Counter

from mobbscan_sandbox.gateway.access_tokens import AccessTokens
from mobbscan_sandbox.gateway.clock import OffsetClock
from mobbscan_sandbox.gateway.create_request import CreateRequest
from mobbscan_sandbox.gateway.delivery import Delivery
from mobbscan_sandbox.gateway.errors import BadRequest, UnknownProcess, WrongState
from mobbscan_sandbox.gateway.evidence.certified_zip import ZipSigner
from mobbscan_sandbox.gateway.faults import Faults
from mobbscan_sandbox.gateway.notice_delivery import NoticeSender
from mobbscan_sandbox.gateway.options import SandboxOptions
from mobbscan_sandbox.gateway.outcomes import OUTCOMES, Outcome
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.process_view import word
from mobbscan_sandbox.gateway.switches import Switches
from mobbscan_sandbox.gateway.tenants import DEFAULT, Tenant, Webhook
from mobbscan_sandbox.gateway.verification_process import VerificationProcess

AGENT = "agent.sandbox"


class GatewayState:
    """One lock guards everything; nothing waits for the network while holding it."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = OffsetClock()
        self.tokens = AccessTokens()
        self.seal = ZipSigner()
        self.switches = Switches()
        self.faults = Faults()
        self.counters: Counter[str] = Counter()
        self.processes: dict[str, VerificationProcess] = {}
        self.used_ids: set[str] = set()
        own = Tenant(DEFAULT, options.api_key, options.api_secret, options.webhook)
        self.tenants = {DEFAULT: own}
        self.notices = NoticeSender(
            self.webhook_of, self.clock, lambda: self.switches, self.faults, lambda: self.changed()
        )

    def changed(self) -> None:
        """Told of every change; `Kept` writes it down."""

    def close(self) -> None:
        """End what is under way."""
        self.notices.close()

    def count(self, name: str) -> None:
        """Add one to a counter."""
        with self.lock:
            self.counters[name] += 1

    def set_switches(self, wanted: object) -> None:
        """Change switches; raises `SwitchError`."""
        with self.lock:
            self.switches = self.switches.changed(wanted)
            self.clock.offset_seconds = self.switches.clock_offset_seconds

    def reset(self) -> None:
        """Forget all but the default customer with its webhook; put every switch back.

        Tokens live on.
        """
        with self.lock:
            self.processes.clear()
            self.used_ids.clear()
            self.counters.clear()
            self.notices.forget()
            self.faults.replace([])
            self.tenants = {DEFAULT: self.tenants[DEFAULT]}
            self.switches = Switches()
            self.clock.offset_seconds = 0

    def tenant_of(self, api_key: str) -> Tenant | None:
        """Return the customer whom a key belongs to."""
        with self.lock:
            everybody = self.tenants.values()
            return next((each for each in everybody if each.api_key == api_key), None)

    def webhook_of(self, tenant: str) -> Webhook:
        """Return a customer's webhook; that of nobody goes nowhere."""
        known = self.tenants.get(tenant)
        return known.webhook if known else Webhook()

    def create(self, wanted: CreateRequest, tenant: Tenant) -> VerificationProcess:
        """Open a process. A `scanId` can be used once, also when its process is deleted since."""
        with self.lock:
            process = VerificationProcess(
                wanted, self.clock.now(), tenant=tenant.name, return_url=tenant.return_url
            )
            if process.id.lower() in self.used_ids:
                raise BadRequest("scanId was used before")
            self.used_ids.add(process.id.lower())
            self.processes[process.id.lower()] = process
            self.counters["creates"] += 1
            return process

    def find(self, process_id: str) -> VerificationProcess:
        """Return a process; raises `UnknownProcess` for unknown and deleted ones alike."""
        with self.lock:
            process = self.processes.get(process_id.lower())
            if process is None:
                raise UnknownProcess("The process is unknown or not accessible")
            return process

    def delete(self, process: VerificationProcess) -> None:
        """Forget a process for good, in whatever state it is."""
        with self.lock:
            self.processes.pop(process.id.lower(), None)

    def begin(self, process: VerificationProcess) -> None:
        """The user starts, or starts again after an error of the page."""
        with self.lock:
            if process.state.announced:
                raise WrongState("The process is finished")
            if process.state is not ProcessState.IN_PROGRESS:
                process.move(ProcessState.IN_PROGRESS, self.clock.now(), "user")

    def leave(self, process: VerificationProcess) -> None:
        """The user closes the page. Nobody is told, and nothing else changes."""
        with self.lock:
            if not process.state.announced:
                process.leave(self.clock.now())

    def finish(self, process: VerificationProcess, outcome: Outcome) -> list[Delivery]:
        """The user is done, or stopped by an error; returns the notices this calls for."""
        with self.lock:
            if process.state.announced:
                raise WrongState("The process is finished")
            return self.force(process, outcome)

    def force(
        self, process: VerificationProcess, outcome: Outcome, reason: str | None = None
    ) -> list[Delivery]:
        """Make an outcome true from any state, even a final one."""
        with self.lock:
            process.last_error = outcome.error
            if outcome.leaves:
                self.leave(process)
                return []
            wait_ms = self.switches.decide_after_ms
            if outcome.state.final and wait_ms and not process.state.announced:
                process.planned, process.planned_reason = outcome.name, reason
                deliveries = self.move(process, ProcessState.PENDING_VERIFICATION, "user")
                self.decide_later(process)
                return deliveries
            by = AGENT if outcome.state.final else "user"
            return self.move(process, outcome.state, by, reason or outcome.reason)

    def move(
        self, process: VerificationProcess, state: ProcessState, by: str, reason: str | None = None
    ) -> list[Delivery]:
        """Change the state and return the notices that go with it, if the state has a word."""
        with self.lock:
            first = not process.captured
            process.move(state, self.clock.now(), by, reason)
            result = word(state, legacy=self.switches.legacy_states)
            told = [self._record(process, result)] if result else []
            return self._with_video(process, told, first=first)

    def move_silently(self, process: VerificationProcess, state: ProcessState) -> None:
        """Change the state, and tell nobody."""
        with self.lock:
            process.move(state, self.clock.now(), "sandbox")
            if process.captured and self.switches.video_available != "never":
                process.video_at = process.video_at or self.clock.now()

    def make_video_available(self, process: VerificationProcess) -> list[Delivery]:
        """Let the recording be fetched, if there is one and it could not be; returns the notice."""
        with self.lock:
            if not process.captured or process.video_at:
                raise WrongState("There is no recording that is still to come")
            return self._make_video_available(process)

    def on_creation(self, process: VerificationProcess) -> list[Delivery]:
        """Decide without a user, where the switches say so."""
        name = self.switches.auto_outcome
        if name is None and self.switches.notices == "before_create_answer":
            name = "passes"
        return [] if name is None else self.force(process, OUTCOMES[name])

    def decide_later(self, process: VerificationProcess) -> None:
        """Make a planned outcome true after its time."""
        self._later(self.switches.decide_after_ms, self._decide, process)

    def video_later(self, process: VerificationProcess) -> None:
        """Make the recording available after its time."""
        self._later(self.switches.video_after_ms, self._video, process)

    def _with_video(
        self, process: VerificationProcess, told: list[Delivery], *, first: bool
    ) -> list[Delivery]:
        mode = self.switches.video_available
        due = {"first": first, "after_pending": first, "after_decision": process.state.final}
        if not process.captured or process.video_at or not due.get(mode):
            return told
        if self.switches.video_after_ms:
            self.video_later(process)
            return told
        video = self._make_video_available(process)
        return [*video, *told] if mode == "first" else [*told, *video]

    def _make_video_available(self, process: VerificationProcess) -> list[Delivery]:
        process.video_at = self.clock.now()
        # The older vocabulary has no word for it.
        return [] if self.switches.legacy_states else [self._record(process, "VIDEO_AVAILABLE")]

    def _record(self, process: VerificationProcess, status: str) -> Delivery:
        return self.notices.record(process.id, status, process.tenant)

    def _later(self, milliseconds: int, what: object, process: VerificationProcess) -> None:
        timer = threading.Timer(milliseconds / 1000, what, [process])  # type: ignore[arg-type]
        timer.daemon = True
        timer.start()

    def _decide(self, process: VerificationProcess) -> None:
        with self.lock:
            planned, process.planned = process.planned, None
            waits = process.state is ProcessState.PENDING_VERIFICATION
            if not planned or not waits or not self._knows(process):
                return
            outcome = OUTCOMES[planned]
            reason = process.planned_reason or outcome.reason
            deliveries = self.move(process, outcome.state, AGENT, reason)
        self.changed()
        self.notices.dispatch(deliveries)

    def _video(self, process: VerificationProcess) -> None:
        with self.lock:
            if process.video_at or not self._knows(process):
                return
            deliveries = self.make_video_available(process)
        self.changed()
        self.notices.dispatch(deliveries)

    def _knows(self, process: VerificationProcess) -> bool:
        return self.processes.get(process.id.lower()) is process
