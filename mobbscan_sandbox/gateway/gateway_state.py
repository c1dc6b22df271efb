"""State of one gateway: processes, tokens, tenants, switches, faults, counters and notices."""

import threading
from collections import Counter

from mobbscan_sandbox.gateway.access_tokens import AccessTokens
from mobbscan_sandbox.gateway.clock import OffsetClock
from mobbscan_sandbox.gateway.create_request import CreateRequest
from mobbscan_sandbox.gateway.delivery import Delivery
from mobbscan_sandbox.gateway.errors import BadRequest, UnknownProcess, WrongState
from mobbscan_sandbox.gateway.evidence.certified_zip import ZipSigner
from mobbscan_sandbox.gateway.faults import FaultList
from mobbscan_sandbox.gateway.notice_delivery import NoticeSender
from mobbscan_sandbox.gateway.options import SandboxOptions
from mobbscan_sandbox.gateway.outcomes import OUTCOMES, Outcome
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.process_view import vendor_word
from mobbscan_sandbox.gateway.switches import Switches
from mobbscan_sandbox.gateway.tenants import DEFAULT, Tenant, Webhook
from mobbscan_sandbox.gateway.verification_process import VerificationProcess

AGENT = "agent.sandbox"


class GatewayState:
    """Holds and changes the state under one lock, which is never held during network calls."""

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = OffsetClock()
        self.tokens = AccessTokens()
        self.seal = ZipSigner()
        self.switches = Switches()
        self.faults = FaultList()
        self.counters: Counter[str] = Counter()
        self.processes: dict[str, VerificationProcess] = {}
        self.used_ids: set[str] = set()
        default = Tenant(DEFAULT, options.api_key, options.api_secret, options.webhook)
        self.tenants = {DEFAULT: default}
        self.notices = NoticeSender(
            self.webhook_of, self.clock, lambda: self.switches, self.faults, lambda: self.save()
        )

    def save(self) -> None:
        """Called after every change; `PersistentGatewayState` writes the state file."""

    def close(self) -> None:
        """Stop sending notices."""
        self.notices.close()

    def count(self, name: str) -> None:
        """Increment a counter."""
        with self.lock:
            self.counters[name] += 1

    def set_switches(self, changes: object) -> None:
        """Change switches; raises `SwitchError`."""
        with self.lock:
            self.switches = self.switches.with_changes(changes)
            self.clock.offset_seconds = self.switches.clock_offset_seconds

    def reset(self) -> None:
        """Delete all but the default tenant with its webhook, and reset every switch.

        Tokens stay valid.
        """
        with self.lock:
            self.processes.clear()
            self.used_ids.clear()
            self.counters.clear()
            self.notices.clear()
            self.faults.replace([])
            self.tenants = {DEFAULT: self.tenants[DEFAULT]}
            self.switches = Switches()
            self.clock.offset_seconds = 0

    def tenant_of(self, api_key: str) -> Tenant | None:
        """Return the tenant with this API key."""
        with self.lock:
            tenants = self.tenants.values()
            return next((each for each in tenants if each.api_key == api_key), None)

    def webhook_of(self, tenant: str) -> Webhook:
        """Return a tenant's webhook; that of an unknown tenant has no URL."""
        found = self.tenants.get(tenant)
        return found.webhook if found else Webhook()

    def create(self, request: CreateRequest, tenant: Tenant) -> VerificationProcess:
        """Create a process. A `scanId` can be used once, also after its process was deleted."""
        with self.lock:
            process = VerificationProcess(
                request, self.clock.now(), tenant=tenant.name, return_url=tenant.return_url
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
        """Delete a process in any state."""
        with self.lock:
            self.processes.pop(process.id.lower(), None)

    def begin(self, process: VerificationProcess) -> None:
        """Record that the user starts, for the first time or after an error of the page."""
        with self.lock:
            if process.state.announced:
                raise WrongState("The process is finished")
            if process.state is not ProcessState.IN_PROGRESS:
                process.move(ProcessState.IN_PROGRESS, self.clock.now(), "user")

    def leave(self, process: VerificationProcess) -> None:
        """Record that the user closes the page; no notice is sent and the state stays."""
        with self.lock:
            if not process.state.announced:
                process.leave(self.clock.now())

    def finish(self, process: VerificationProcess, outcome: Outcome) -> list[Delivery]:
        """Record how the user's capture ends; returns the notices to send."""
        with self.lock:
            if process.state.announced:
                raise WrongState("The process is finished")
            return self.force(process, outcome)

    def force(
        self, process: VerificationProcess, outcome: Outcome, reason: str | None = None
    ) -> list[Delivery]:
        """Apply an outcome in any state, even a final one; returns the notices to send."""
        with self.lock:
            process.last_error = outcome.error
            if outcome.user_leaves:
                self.leave(process)
                return []
            wait_ms = self.switches.decide_after_ms
            if outcome.state.final and wait_ms and not process.state.announced:
                process.delayed_outcome, process.delayed_reason = outcome.name, reason
                deliveries = self.move(process, ProcessState.PENDING_VERIFICATION, "user")
                self.decide_later(process)
                return deliveries
            by = AGENT if outcome.state.final else "user"
            return self.move(process, outcome.state, by, reason or outcome.reason)

    def move(
        self, process: VerificationProcess, state: ProcessState, by: str, reason: str | None = None
    ) -> list[Delivery]:
        """Change the state; returns the notices to send, none for states without a vendor word."""
        with self.lock:
            first = not process.captured
            process.move(state, self.clock.now(), by, reason)
            result = vendor_word(state, legacy=self.switches.legacy_states)
            notices = [self._record(process, result)] if result else []
            return self._with_video(process, notices, first=first)

    def move_silently(self, process: VerificationProcess, state: ProcessState) -> None:
        """Change the state without a notice."""
        with self.lock:
            process.move(state, self.clock.now(), "sandbox")
            if process.captured and self.switches.video_available != "never":
                process.video_at = process.video_at or self.clock.now()

    def make_video_available(self, process: VerificationProcess) -> list[Delivery]:
        """Make the recording available; returns its notice. Raises `WrongState`."""
        with self.lock:
            if not process.captured or process.video_at:
                raise WrongState("There is no recording that is not available yet")
            return self._make_video_available(process)

    def apply_auto_outcome(self, process: VerificationProcess) -> list[Delivery]:
        """Apply the outcome that the switches set for every new process."""
        name = self.switches.auto_outcome
        if name is None and self.switches.notices == "before_create_answer":
            name = "passes"
        return [] if name is None else self.force(process, OUTCOMES[name])

    def decide_later(self, process: VerificationProcess) -> None:
        """Apply the delayed outcome after `decide_after_ms`."""
        self._start_timer(self.switches.decide_after_ms, self._apply_delayed_outcome, process)

    def video_later(self, process: VerificationProcess) -> None:
        """Make the recording available after `video_after_ms`."""
        self._start_timer(self.switches.video_after_ms, self._publish_delayed_video, process)

    def _with_video(
        self, process: VerificationProcess, notices: list[Delivery], *, first: bool
    ) -> list[Delivery]:
        mode = self.switches.video_available
        due = {"first": first, "after_pending": first, "after_decision": process.state.final}
        if not process.captured or process.video_at or not due.get(mode):
            return notices
        if self.switches.video_after_ms:
            self.video_later(process)
            return notices
        video = self._make_video_available(process)
        return [*video, *notices] if mode == "first" else [*notices, *video]

    def _make_video_available(self, process: VerificationProcess) -> list[Delivery]:
        process.video_at = self.clock.now()
        # The older vocabulary has no word for this notice.
        return [] if self.switches.legacy_states else [self._record(process, "VIDEO_AVAILABLE")]

    def _record(self, process: VerificationProcess, status: str) -> Delivery:
        return self.notices.record(process.id, status, process.tenant)

    def _start_timer(self, milliseconds: int, action: object, process: VerificationProcess) -> None:
        timer = threading.Timer(milliseconds / 1000, action, [process])  # type: ignore[arg-type]
        timer.daemon = True
        timer.start()

    def _apply_delayed_outcome(self, process: VerificationProcess) -> None:
        with self.lock:
            outcome_name, process.delayed_outcome = process.delayed_outcome, None
            in_review = process.state is ProcessState.PENDING_VERIFICATION
            if not outcome_name or not in_review or not self._contains(process):
                return
            outcome = OUTCOMES[outcome_name]
            reason = process.delayed_reason or outcome.reason
            deliveries = self.move(process, outcome.state, AGENT, reason)
        self.save()
        self.notices.dispatch(deliveries)

    def _publish_delayed_video(self, process: VerificationProcess) -> None:
        with self.lock:
            if process.video_at or not self._contains(process):
                return
            deliveries = self.make_video_available(process)
        self.save()
        self.notices.dispatch(deliveries)

    def _contains(self, process: VerificationProcess) -> bool:
        return self.processes.get(process.id.lower()) is process
