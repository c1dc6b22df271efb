"""Control API `/_sandbox/api/scenarios`: list the catalogue, select and follow one scenario."""

import json
from typing import Any, cast

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import request_parsing
from mobbscan_sandbox.gateway.errors import BadRequest, WrongState
from mobbscan_sandbox.gateway.faults import FaultError
from mobbscan_sandbox.gateway.local_access import require_local_caller
from mobbscan_sandbox.gateway.switches import SwitchError
from mobbscan_sandbox.scenarios.catalogue import catalogue
from mobbscan_sandbox.scenarios.scenario_player import PLAYS_CHOICES, NoStepToRun, ScenarioPlayer

scenarios = Blueprint("scenarios", __name__, url_prefix="/_sandbox/api/scenarios")
scenarios.before_request(require_local_caller)

_EXTENSION = "scenario_player"
_LONGEST_PAUSE_MS = 60_000


@scenarios.record_once
def _create_player(state: BlueprintSetupState) -> None:
    app = state.app
    app.extensions[_EXTENSION] = ScenarioPlayer(app.extensions["gateway_state"])


@scenarios.get("")
def list_scenarios() -> ResponseReturnValue:
    """List the catalogue, the map of rejection texts, and the selected scenario."""
    known = catalogue()
    run = _player().run
    return {
        "scenarios": [each.as_json() for each in known.scenarios.values()],
        "reason_map": dict(known.reason_map),
        "current": run and run.as_json(),
    }


@scenarios.get("/current")
def current() -> ResponseReturnValue:
    """Return the selected scenario, its process and the completed steps; 404 without one."""
    run = _player().run
    return ({"error": "no scenario is selected"}, 404) if run is None else run.as_json()


@scenarios.delete("/current")
def deselect() -> ResponseReturnValue:
    """Deselect the scenario and reset every switch and fault; processes stay."""
    _player().deselect()
    return "", 204


@scenarios.post("/current/next")
def run_next_step() -> ResponseReturnValue:
    """Run the gateway's next step now; 409 when there is none, or no process yet."""
    try:
        return _player().run_next_step().as_json()
    except NoStepToRun as error:
        raise WrongState(str(error)) from error


@scenarios.post("/<scenario_id>")
def select(scenario_id: str) -> ResponseReturnValue:
    """Select a scenario for the next process: `{"plays": "gateway", "pause_ms": 1000}`."""
    found = catalogue().scenarios.get(scenario_id)
    if found is None:
        return {"error": f"there is no scenario {scenario_id}"}, 404
    body = request_parsing.json_object()
    plays, pause_ms = body.get("plays", "gateway"), body.get("pause_ms", 1000)
    if plays not in PLAYS_CHOICES:
        raise BadRequest(f"plays is one of {', '.join(PLAYS_CHOICES)}")
    if type(pause_ms) is not int or not 0 <= pause_ms <= _LONGEST_PAUSE_MS:
        raise BadRequest(f"pause_ms is a whole number from 0 to {_LONGEST_PAUSE_MS}")
    try:
        return _player().select(found, plays, pause_ms / 1000).as_json()
    except (SwitchError, FaultError) as error:
        raise BadRequest(str(error)) from error


@scenarios.after_app_request
def _observe_response(response: Response) -> Response:
    player = _player()
    if request.path == "/_sandbox/api/reset" and response.status_code < 300:
        player.clear()
        return response
    call = _observed_call()
    if call == "create":
        player.find_new_process()
    run = player.run
    changes = {} if run is None or call is None else run.scenario.answers.get(call, {})
    if changes and response.status_code == 200:
        _replace_fields(response, changes)
    return response


@scenarios.teardown_app_request
def _find_process_after_error(_: BaseException | None) -> None:
    if _observed_call() == "create":
        _player().find_new_process()


def _observed_call() -> str | None:
    if request.method == "POST" and request.path in ("/onboarding", "/onboarding/token"):
        return "create"
    if request.path.startswith("/mobbscan-agent/getVerificationProcessData/"):
        return "read"
    return None


def _replace_fields(response: Response, fields: Any) -> None:
    body = response.get_json(silent=True)
    if isinstance(body, dict):
        response.set_data(json.dumps({**body, **fields}))


def _player() -> ScenarioPlayer:
    return cast(ScenarioPlayer, current_app.extensions[_EXTENSION])
