"""Persist the gateway state in one JSON file (`--state FILE`)."""

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

_TIME_FIELDS = ("created_at", "captured_at", "decided_at", "video_at", "left_at")


class PersistentGatewayState(GatewayState):
    """Writes its state file at each change and reads it at the start.

    The credentials and the webhook of the default tenant come from the command line.
    """

    def load(self) -> None:
        """Restore the state from the file and continue delayed outcomes and notices."""
        path = self._file()
        if path.exists():
            self._restore(json.loads(path.read_text("utf-8")))
            log.info("state read from %s: %s processes", path, len(self.processes))

    def save(self) -> None:
        """Write the file atomically, with mode 0600."""
        with self.lock:
            text = json.dumps(self._content(), indent=1, default=datetime.isoformat)
            path = self._file()
            new = path.with_name(f"{path.name}.new")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
            new.replace(path)

    def close(self) -> None:
        """Stop sending notices and write the file."""
        super().close()
        self.save()

    def _file(self) -> Path:
        if self.options.state_file is None:
            raise ValueError("there is no state file")
        return self.options.state_file

    def _content(self) -> dict[str, Any]:
        others = [asdict(each) for each in self.tenants.values() if each.name != DEFAULT]
        return {
            "version": 1,
            "token_secret": self.tokens.secret,
            "switches": self.switches.as_json(),
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
        self.notices.resume(Delivery(**each) for each in content["deliveries"])
        for process in self.processes.values():
            self._resume(process)

    def _resume(self, process: VerificationProcess) -> None:
        if process.delayed_outcome:
            self.decide_later(process)
        due = {"after_decision": process.state.final, "never": False}
        if process.captured and due.get(self.switches.video_available, True):
            self.video_later(process)


def _process(content: dict[str, Any]) -> VerificationProcess:
    for name in _TIME_FIELDS:
        if content.get(name):
            content[name] = datetime.fromisoformat(content[name])
    content["request"] = CreateRequest(**content["request"])
    content["state"] = ProcessState(content["state"])
    return VerificationProcess(**content)
