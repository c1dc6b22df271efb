"""The whole memory of one gateway: processes, tokens, switches, counters, notices."""

import threading
from collections import Counter

from webapp.sandbox.gateway.clock import Clock
from webapp.sandbox.gateway.deliveries import Delivery
from webapp.sandbox.gateway.notices import Notices
from webapp.sandbox.gateway.options import GatewayOptions
from webapp.sandbox.gateway.outcomes import OUTCOMES, Outcome
from webapp.sandbox.gateway.process import Process
from webapp.sandbox.gateway.refusals import BadRequest, UnknownProcess, WrongState
from webapp.sandbox.gateway.states import State
from webapp.sandbox.gateway.switches import Switches
from webapp.sandbox.gateway.tokens import Tokens
from webapp.sandbox.gateway.wanted import Wanted

AGENT = "agent.sandbox"


class Box:
    """One lock guards everything; nothing waits for the network while holding it."""

    def __init__(self, options: GatewayOptions) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.clock = Clock()
        self.tokens = Tokens()
        self.switches = Switches()
        self.counters: Counter[str] = Counter()
        self.processes: dict[str, Process] = {}
        self.notices = Notices(options.webhook, self.clock, lambda: self.switches)
        self._used_ids: set[str] = set()

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
        """Forget processes, deliveries and counters, and put every switch back. Tokens live on."""
        with self.lock:
            self.processes.clear()
            self._used_ids.clear()
            self.counters.clear()
            self.notices.forget()
            self.switches = Switches()
            self.clock.offset_seconds = 0

    def create(self, wanted: Wanted) -> Process:
        """Open a process. A `scanId` can be used once, also when its process is deleted since."""
        with self.lock:
            process = Process(wanted, self.clock.now())
            if process.id.lower() in self._used_ids:
                raise BadRequest("scanId was used before")
            self._used_ids.add(process.id.lower())
            self.processes[process.id.lower()] = process
            self.counters["creates"] += 1
            return process

    def find(self, process_id: str) -> Process:
        """Return a process; raises `UnknownProcess` for unknown and deleted ones alike."""
        with self.lock:
            process = self.processes.get(process_id.lower())
            if process is None:
                raise UnknownProcess("The process is unknown or not accessible")
            return process

    def delete(self, process: Process) -> None:
        """Forget a process for good, in whatever state it is."""
        with self.lock:
            self.processes.pop(process.id.lower(), None)

    def begin(self, process: Process) -> None:
        """The user starts, or starts again after an error of the page."""
        with self.lock:
            if process.state.announced:
                raise WrongState("The process is finished")
            if process.state is not State.IN_PROGRESS:
                process.move(State.IN_PROGRESS, self.clock.now(), "user")

    def finish(self, process: Process, outcome: Outcome) -> list[Delivery]:
        """The user is done, or stopped by an error; returns the notices this calls for."""
        with self.lock:
            if process.state.announced:
                raise WrongState("The process is finished")
            return self.force(process, outcome)

    def force(
        self, process: Process, outcome: Outcome, reason: str | None = None
    ) -> list[Delivery]:
        """Make an outcome true from any state, even a final one."""
        with self.lock:
            process.last_error = outcome.error
            wait_ms = self.switches.decide_after_ms
            if outcome.state.final and wait_ms and not process.state.announced:
                later = threading.Timer(wait_ms / 1000, self._decide, [process, outcome, reason])
                later.daemon = True
                later.start()
                return self.move(process, State.PENDING_VERIFICATION, "user")
            by = AGENT if outcome.state.final else "user"
            return self.move(process, outcome.state, by, reason or outcome.reason)

    def move(
        self, process: Process, state: State, by: str, reason: str | None = None
    ) -> list[Delivery]:
        """Change the state and return the notice that goes with it, if the state has a word."""
        with self.lock:
            process.move(state, self.clock.now(), by, reason)
            return [self.notices.record(process.id, state.value)] if state.announced else []

    def on_creation(self, process: Process) -> list[Delivery]:
        """Decide without a user, where the switches say so."""
        name = self.switches.auto_outcome
        if name is None and self.switches.notices == "before_create_answer":
            name = "passes"
        return [] if name is None else self.force(process, OUTCOMES[name])

    def _decide(self, process: Process, outcome: Outcome, reason: str | None) -> None:
        with self.lock:
            known = self.processes.get(process.id.lower()) is process
            if not known or process.state is not State.PENDING_VERIFICATION:
                return
            deliveries = self.move(process, outcome.state, AGENT, reason or outcome.reason)
        self.notices.dispatch(deliveries)
