"""Plays one scenario at a time on the next process that is created."""

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
    act_on_gateway,
    act_on_process,
    needs_process,
    play_user,
    put_away,
    seen,
    set_up,
)

PARTS = ("gateway", "everything", "nothing")
"""What the sandbox plays by itself. With `nothing`, each of its steps waits for `next`."""
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 900.0

log = logging.getLogger("mobbscan.sandbox")


class NothingToDo(Exception):
    """No scenario is chosen, its process is not there yet, or the gateway has no step left."""


@dataclass
class ScenarioRun:
    """One scenario being played; `process` is the newest one created since it was chosen."""

    scenario: Scenario
    plays: str
    pause_seconds: float
    known: frozenset[str]
    process: VerificationProcess | None = None
    done: set[int] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def shown(self) -> dict[str, Any]:
        """Return what the control API shows of it."""
        steps = [
            {**step.shown(), "done": number in self.done}
            for number, step in enumerate(self.scenario.steps)
        ]
        return {
            "id": self.scenario.id,
            "plays": self.plays,
            "process_id": self.process and self.process.id,
            "steps": steps,
            "finished": len(self.done) == len(steps),
            "ends": self.scenario.ends.shown(),
        }


class ScenarioPlayer:
    """One for each gateway. Reading and choosing happen in requests, acting in a thread."""

    def __init__(self, gateway: GatewayState) -> None:
        self._state_ref = weakref.ref(gateway)
        self._lock = threading.RLock()
        self.run: ScenarioRun | None = None

    def choose(self, scenario: Scenario, plays: str, pause_seconds: float) -> ScenarioRun:
        """Set the gateway up for a scenario; the next process follows it.

        Raises `SwitchError` or `FaultError`.
        """
        gateway = self._gateway_state()
        with self._lock:
            self.put_away()
            set_up(gateway, scenario)
            with gateway.lock:
                known = frozenset(gateway.processes)
            self.run = run = ScenarioRun(scenario, plays, pause_seconds, known)
        if plays != "nothing":
            threading.Thread(
                target=self._play, args=[run], daemon=True, name=f"scenario {scenario.id}"
            ).start()
        return run

    def put_away(self) -> None:
        """Forget the scenario, put switches and faults back; what has happened stays."""
        with self._lock:
            if self.run is not None:
                self.run.ended.set()
                self.run = None
                put_away(self._gateway_state())

    def forget(self) -> None:
        """The gateway was reset: there is nothing to put back."""
        with self._lock:
            if self.run is not None:
                self.run.ended.set()
                self.run = None

    def look_for_process(self) -> None:
        """Notice that a create call has made a process."""
        run = self.run
        if run is None:
            return
        gateway = self._gateway_state()
        with gateway.lock:
            new = [each for key, each in gateway.processes.items() if key not in run.known]
        if new:
            run.process = new[-1]

    def next(self) -> ScenarioRun:
        """Do the gateway's next step now; raises `NothingToDo`."""
        with self._lock:
            run = self.run
            if run is None:
                raise NothingToDo("no scenario is chosen")
            for number, step in enumerate(run.scenario.steps):
                if step.actor == "gateway" and number not in run.done:
                    self._act(run, step)
                    # What lies before it must have happened, seen or not.
                    run.done.update(range(number + 1))
                    return run
        raise NothingToDo("the gateway has no step left")

    def _act(self, run: ScenarioRun, step: Step) -> None:
        gateway = self._gateway_state()
        if not needs_process(step):
            act_on_gateway(gateway, run.scenario, step)
            return
        self.look_for_process()
        if run.process is None:
            raise NothingToDo("no process was created since the scenario was chosen")
        act_on_process(gateway, run.process, step)

    def _play(self, run: ScenarioRun) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for number, step in enumerate(run.scenario.steps):
            while not self._step(run, step):
                if run.ended.wait(_LOOK_SECONDS) or time.monotonic() > deadline:
                    return
            run.done.add(number)
            if run.ended.wait(run.pause_seconds):
                return

    def _step(self, run: ScenarioRun, step: Step) -> bool:
        """Try a step; False when it is somebody's turn who has not moved yet."""
        if self._state_ref() is None:
            run.ended.set()
            return False
        if step.actor == "time":
            return True  # the integrator's clock is not ours
        if step.actor == "gateway":
            return self._dare(run, step)
        if step.verb.startswith("starts"):
            return step.details.get("meets") == "unavailable" or run.process is not None
        if run.process is None:
            return False
        if run.plays == "everything":
            return self._dare(run, step)
        return seen(run.process, step)

    def _dare(self, run: ScenarioRun, step: Step) -> bool:
        try:
            if step.actor == "gateway":
                self._act(run, step)
            elif run.process is not None:
                play_user(self._gateway_state(), run.process, step)
        except NothingToDo:
            return False
        except ApiError as refusal:  # somebody else was quicker, for example by the hosted page
            log.info("scenario %s: %s", run.scenario.id, refusal.description)
        return True

    def _gateway_state(self) -> GatewayState:
        gateway = self._state_ref()
        if gateway is None:
            raise RuntimeError("this gateway has ended")
        return gateway
