"""`/_sandbox/api/scenarios`: the catalogue, and one scenario at a time."""

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
from mobbscan_sandbox.scenarios.scenario_player import PARTS, NothingToDo, ScenarioPlayer

scenarios = Blueprint("scenarios", __name__, url_prefix="/_sandbox/api/scenarios")
scenarios.before_request(require_local_caller)

_EXTENSION = "scenario_player"
_LONGEST_PAUSE_MS = 60_000


@scenarios.record_once
def _prepare(state: BlueprintSetupState) -> None:
    app = state.app
    app.extensions[_EXTENSION] = ScenarioPlayer(app.extensions["gateway_state"])


@scenarios.get("")
def everything() -> ResponseReturnValue:
    """List the catalogue, the map of rejection texts, and the one that is chosen."""
    known = catalogue()
    run = _player().run
    return {
        "scenarios": [each.shown() for each in known.scenarios.values()],
        "reason_map": dict(known.reason_map),
        "current": run and run.shown(),
    }


@scenarios.get("/current")
def current() -> ResponseReturnValue:
    """Show the chosen scenario, its process and which steps are done; 404 when none is."""
    run = _player().run
    return ({"error": "no scenario is chosen"}, 404) if run is None else run.shown()


@scenarios.delete("/current")
def put_away() -> ResponseReturnValue:
    """Put the scenario away and every switch back. Processes stay."""
    _player().put_away()
    return "", 204


@scenarios.post("/current/next")
def go_on() -> ResponseReturnValue:
    """Do the gateway's next step now; 409 when there is none, or no process yet."""
    try:
        return _player().next().shown()
    except NothingToDo as error:
        raise WrongState(str(error)) from error


@scenarios.post("/<scenario_id>")
def choose(scenario_id: str) -> ResponseReturnValue:
    """`{"plays": "gateway", "pause_ms": 1000}`: set up; the next created process follows it."""
    found = catalogue().scenarios.get(scenario_id)
    if found is None:
        return {"error": f"there is no scenario {scenario_id}"}, 404
    body = request_parsing.json_object()
    plays, pause_ms = body.get("plays", "gateway"), body.get("pause_ms", 1000)
    if plays not in PARTS:
        raise BadRequest(f"plays is one of {', '.join(PARTS)}")
    if type(pause_ms) is not int or not 0 <= pause_ms <= _LONGEST_PAUSE_MS:
        raise BadRequest(f"pause_ms is a whole number from 0 to {_LONGEST_PAUSE_MS}")
    try:
        return _player().choose(found, plays, pause_ms / 1000).shown()
    except (SwitchError, FaultError) as error:
        raise BadRequest(str(error)) from error


@scenarios.after_app_request
def _follow(response: Response) -> Response:
    player = _player()
    if request.path == "/_sandbox/api/reset" and response.status_code < 300:
        player.forget()
        return response
    call = _call()
    if call == "create":
        player.look_for_process()
    run = player.run
    changes = {} if run is None or call is None else run.scenario.answers.get(call, {})
    if changes and response.status_code == 200:
        _change(response, changes)
    return response


@scenarios.teardown_app_request
def _look(_: BaseException | None) -> None:
    if _call() == "create":
        _player().look_for_process()


def _call() -> str | None:
    if request.method == "POST" and request.path in ("/onboarding", "/onboarding/token"):
        return "create"
    if request.path.startswith("/mobbscan-agent/getVerificationProcessData/"):
        return "read"
    return None


def _change(response: Response, changes: Any) -> None:
    body = response.get_json(silent=True)
    if isinstance(body, dict):
        response.set_data(json.dumps({**body, **changes}))


def _player() -> ScenarioPlayer:
    return cast(ScenarioPlayer, current_app.extensions[_EXTENSION])
