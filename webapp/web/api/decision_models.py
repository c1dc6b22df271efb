"""What the API answers of a decision."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, JsonValue

from webapp.journey.api_resources import DecisionResource
from webapp.web.api.output_models import OPEN, ApiOutput, Time, with_times

_EXAMPLE: JsonValue = {
    "onboarding": "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77",
    "kind": "accept",
    "state": "settled",
    "outcome": "confirmed",
    "requested_at": "2026-11-30T12:20:00.000000Z",
    "attempts": 1,
    "corrections": {"date_of_birth": "confirmed", "post_code": "cannot_tell"},
}


class DecisionBody(ApiOutput):
    """A decision; what was sent with it is not returned."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    onboarding: str = Field(description="The id of the onboarding.")
    kind: str = Field(description=f"`accept`, `reject` or `review`. {OPEN}")
    state: str = Field(
        description="`open`: it is repeated until the gateway confirms it. `parked`: the gateway"
        " refuses this server's account the right. `dead`: the gateway neither takes it nor shows a"
        f" verdict; an operator has to act. `settled`: it has an outcome. {OPEN}"
    )
    outcome: str | None = Field(
        description="`confirmed`; `differs` or `cannot_tell` about its corrections, while the"
        " verdict is confirmed; `overtaken`: a verdict came first; `refused` by the gateway;"
        f" `withdrawn`. {OPEN}"
    )
    requested_at: Time
    attempts: int = Field(description="Calls to the gateway.")
    corrections: dict[str, str | None] = Field(
        description="Each corrected field with the result of its comparison, `confirmed`, `differs`"
        " or `cannot_tell`; null: not compared."
    )


def decision_body(resource: DecisionResource) -> dict[str, Any]:
    """Return the JSON object of a decision."""
    return with_times({**vars(resource), "corrections": dict(resource.corrections)})
