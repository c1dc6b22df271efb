"""Keeping everything over a restart, in one JSON file (`--state FILE`)."""

import json
import logging
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from mobbscan_sandbox.gateway.access_tokens import AccessTokens
from mobbscan_sandbox.gateway.create_request import CreateRequest
from mobbscan_sandbox.gateway.delivery import Delivery
from mobbscan_sandbox.gateway.faults import Fault
from mobbscan_sandbox.gateway.gateway_state import GatewayState
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.tenants import DEFAULT, Tenant, Webhook
from mobbscan_sandbox.gateway.verification_process import VerificationProcess

log = logging.getLogger("mobbscan.sandbox")

_MOMENTS = ("created_at", "decided_at", "video_at", "left_at")


class PersistentGatewayState(GatewayState):
    """Writes itself down at each change and reads itself back at the start.

    The credentials and the webhook of the default customer are those of the command line.
    """

    def take_up(self) -> None:
        """Go on where the file ends; what was planned or under way happens now."""
        path = self._file()
        if path.exists():
            self._restore(json.loads(path.read_text("utf-8")))
            log.info("state read from %s: %s processes", path, len(self.processes))

    def changed(self) -> None:
        """Write everything, at once or not at all; only its owner may read the file."""
        with self.lock:
            text = json.dumps(self._content(), indent=1, default=datetime.isoformat)
            path = self._file()
            new = path.with_name(f"{path.name}.new")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
            new.replace(path)

    def close(self) -> None:
        """End what is under way, and write that down."""
        super().close()
        self.changed()

    def _file(self) -> Path:
        if self.options.state_file is None:
            raise ValueError("there is no state file")
        return self.options.state_file

    def _content(self) -> dict[str, Any]:
        others = [asdict(each) for each in self.tenants.values() if each.name != DEFAULT]
        return {
            "version": 1,
            "token_secret": self.tokens.secret,
            "switches": self.switches.shown(),
            "counters": self.counters,
            "faults": [asdict(fault) for fault in self.faults.all],
            "tenants": others,
            "used_ids": sorted(self.used_ids),
            "processes": [asdict(process) for process in self.processes.values()],
            "deliveries": [asdict(delivery) for delivery in self.notices.all()],
        }

    def _restore(self, content: dict[str, Any]) -> None:
        self.tokens = AccessTokens(content["token_secret"])
        self.set_switches(content["switches"])
        self.counters.update(content["counters"])
        self.faults.replace([Fault(**each) for each in content["faults"]])
        for each in content["tenants"]:
            webhook = each.pop("webhook")
            webhook["states"] = tuple(webhook["states"])
            self.tenants[each["name"]] = Tenant(**each, webhook=Webhook(**webhook))
        self.used_ids.update(content["used_ids"])
        for each in content["processes"]:
            process = _process(each)
            self.processes[process.id.lower()] = process
        self.notices.take_up(Delivery(**each) for each in content["deliveries"])
        for process in self.processes.values():
            self._resume(process)

    def _resume(self, process: VerificationProcess) -> None:
        if process.planned:
            self.decide_later(process)
        due = {"after_decision": process.state.final, "never": False}
        if process.captured and due.get(self.switches.video_available, True):
            self.video_later(process)


def _process(content: dict[str, Any]) -> VerificationProcess:
    for name in _MOMENTS:
        if content[name]:
            content[name] = datetime.fromisoformat(content[name])
    content["wanted"] = CreateRequest(**content["wanted"])
    content["state"] = ProcessState(content["state"])
    return VerificationProcess(**content)
