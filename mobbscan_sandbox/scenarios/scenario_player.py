"""Play the selected scenario on the next process that is created."""

import logging
import threading
import time
import weakref
from dataclasses import dataclass, field
from typing import Any

from mobbscan_sandbox.gateway.errors import ApiError
from mobbscan_sandbox.gateway.gateway_state import GatewayState
from mobbscan_sandbox.gateway.verification_process import VerificationProcess
from mobbscan_sandbox.scenarios.catalogue import Scenario, Step
from mobbscan_sandbox.scenarios.step_actions import (
    apply_scenario,
    needs_process,
    reset_switches_and_faults,
    run_gateway_step,
    run_process_step,
    run_user_step,
    user_step_is_done,
)

PLAYS_CHOICES = ("gateway", "everything", "nothing")
"""Who the sandbox plays; with `nothing`, each gateway step waits for `run_next_step`."""
_POLL_SECONDS = 0.02
_MAX_SECONDS = 900.0

log = logging.getLogger("mobbscan.sandbox")


class NoStepToRun(Exception):
    """No scenario is selected, its process does not exist yet, or no gateway step is left."""


@dataclass
class ScenarioRun:
    """One run of a scenario; `process` is the newest one created since its selection."""

    scenario: Scenario
    plays: str
    pause_seconds: float
    earlier_processes: frozenset[str]
    process: VerificationProcess | None = None
    completed: set[int] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the control API."""
        steps = [
            {**step.as_json(), "done": number in self.completed}
            for number, step in enumerate(self.scenario.steps)
        ]
        return {
            "id": self.scenario.id,
            "plays": self.plays,
            "process_id": self.process and self.process.id,
            "steps": steps,
            "finished": len(self.completed) == len(steps),
            "ends": self.scenario.ends.as_json(),
        }


class ScenarioPlayer:
    """Plays scenarios on one gateway: selected by requests, played by a thread."""

    def __init__(self, gateway: GatewayState) -> None:
        self._state_ref = weakref.ref(gateway)
        self._lock = threading.RLock()
        self.run: ScenarioRun | None = None

    def select(self, scenario: Scenario, plays: str, pause_seconds: float) -> ScenarioRun:
        """Prepare the gateway for a scenario; the next created process follows it.

        Raises `SwitchError` or `FaultError`.
        """
        gateway = self._gateway()
        with self._lock:
            self.deselect()
            apply_scenario(gateway, scenario)
            with gateway.lock:
                earlier = frozenset(gateway.processes)
            self.run = run = ScenarioRun(scenario, plays, pause_seconds, earlier)
        if plays != "nothing":
            threading.Thread(
                target=self._play, args=[run], daemon=True, name=f"scenario {scenario.id}"
            ).start()
        return run

    def deselect(self) -> None:
        """Stop the scenario and reset switches and faults; processes stay."""
        with self._lock:
            if self.run is not None:
                self.run.stopped.set()
                self.run = None
                reset_switches_and_faults(self._gateway())

    def clear(self) -> None:
        """Stop the scenario after a reset of the gateway, which resets the switches itself."""
        with self._lock:
            if self.run is not None:
                self.run.stopped.set()
                self.run = None

    def find_new_process(self) -> None:
        """Assign the process that a create call has made to the run."""
        run = self.run
        if run is None:
            return
        gateway = self._gateway()
        with gateway.lock:
            new = [
                each for key, each in gateway.processes.items() if key not in run.earlier_processes
            ]
        if new:
            run.process = new[-1]

    def run_next_step(self) -> ScenarioRun:
        """Run the gateway's next step now; raises `NoStepToRun`."""
        with self._lock:
            run = self.run
            if run is None:
                raise NoStepToRun("no scenario is selected")
            for number, step in enumerate(run.scenario.steps):
                if step.actor == "gateway" and number not in run.completed:
                    self._run_gateway_step(run, step)
                    # Earlier user steps must have happened, even if the gateway cannot see them.
                    run.completed.update(range(number + 1))
                    return run
        raise NoStepToRun("the gateway has no step left")

    def _run_gateway_step(self, run: ScenarioRun, step: Step) -> None:
        gateway = self._gateway()
        if not needs_process(step):
            run_gateway_step(gateway, run.scenario, step)
            return
        self.find_new_process()
        if run.process is None:
            raise NoStepToRun("no process was created since the scenario was selected")
        run_process_step(gateway, run.process, step)

    def _play(self, run: ScenarioRun) -> None:
        deadline = time.monotonic() + _MAX_SECONDS
        for number, step in enumerate(run.scenario.steps):
            while not self._try_step(run, step):
                if run.stopped.wait(_POLL_SECONDS) or time.monotonic() > deadline:
                    return
            run.completed.add(number)
            if run.stopped.wait(run.pause_seconds):
                return

    def _try_step(self, run: ScenarioRun, step: Step) -> bool:
        """Run or await a step; returns False while it is not done."""
        if self._state_ref() is None:
            run.stopped.set()
            return False
        if step.actor == "time":
            return True  # only the integrator's clock moves
        if step.actor == "gateway":
            return self._run_step(run, step)
        if step.verb.startswith("starts"):
            return step.details.get("meets") == "unavailable" or run.process is not None
        if run.process is None:
            return False
        if run.plays == "everything":
            return self._run_step(run, step)
        return user_step_is_done(run.process, step)

    def _run_step(self, run: ScenarioRun, step: Step) -> bool:
        try:
            if step.actor == "gateway":
                self._run_gateway_step(run, step)
            elif run.process is not None:
                run_user_step(self._gateway(), run.process, step)
        except NoStepToRun:
            return False
        except ApiError as refusal:  # for example the hosted page has ended the process meanwhile
            log.info("scenario %s: %s", run.scenario.id, refusal.description)
        return True

    def _gateway(self) -> GatewayState:
        gateway = self._state_ref()
        if gateway is None:
            raise RuntimeError("this gateway has stopped")
        return gateway
