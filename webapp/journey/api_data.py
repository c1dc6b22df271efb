"""Read the data of a user from the gateway for the host site's API; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.config.sites import Site
from webapp.domain.actors import Actor
from webapp.domain.errors import DataAbsent, GatewayUnavailable
from webapp.domain.onboarding import Onboarding, Status
from webapp.gateway.models import ProcessData
from webapp.journey.api_resources import DataResource, require_own
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_slots import GatewaySlots
from webapp.journey.process_reader import ProcessReader

#: The name of each score in `DataResource.scores`, and its field of the document.
_SCORES = {
    "face_matching": "facial_matching_score",
    "face_liveness": "facial_liveness_score",
}
#: Secret of the user's process, never given to a host site.
_SECRETS = frozenset({"onboardingtoken"})


class ApiData:
    """Reads live, and notes on the timeline with which API key."""

    def __init__(
        self, deps: JourneyDependencies, reader: ProcessReader, slots: GatewaySlots
    ) -> None:
        self._deps = deps
        self._reader = reader
        self._slots = slots

    def read(self, site: Site, onboarding_id: str, key: str) -> DataResource:
        """Return the data that the gateway shows now; `key` is the label of the API key.

        Raises NotFound; DataAbsent while the gateway shows none, or none any more;
        GatewayUnavailable (also while many other calls wait for the gateway) or GatewayForbidden.
        """
        with self._deps.database.reading() as work:
            row = require_own(work.onboardings.get(onboarding_id), site.id)
        answer = self._ask(row)
        if answer is None or _is_empty(answer):
            raise DataAbsent("the gateway shows no data")
        with self._deps.database.writing() as work:
            if self._deps.lock_unless_erased(work, row.id) is None:
                raise DataAbsent("erased meanwhile")
            self._deps.record_event(work, row, "data_read", actor=Actor.HOST, key=key)
        return _data(answer)

    def _ask(self, row: Onboarding) -> ProcessData | None:
        if row.status is Status.ERASED:
            return None
        with self._slots.try_take() as taken:
            if not taken:
                raise GatewayUnavailable
            return self._reader.read(row)


def _is_empty(answer: ProcessData) -> bool:
    """Whether the gateway shows the process before the user has finished (contract 3.2)."""
    return answer.verification_result is None and not any(answer.document.values())


def _data(answer: ProcessData) -> DataResource:
    document = answer.identity_document
    dates = {
        "date_of_issuing": document.issued_on,
        "date_of_birth": document.born_on,
        "date_of_expiry": document.expires_on,
    }
    fields = {
        name: getattr(document, name)
        for name in type(document).model_fields
        if name not in _SCORES.values()
    }
    readable = {name: date.isoformat() for name, date in dates.items() if date}
    return DataResource(
        document={**fields, **readable},
        validations=answer.validations,
        scores={name: getattr(document, field) for name, field in _SCORES.items()},
        extra_parameters=answer.extra_parameters,
        decided_by=answer.agent,
        raw=_without_secrets(answer.raw),
    )


def _without_secrets(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name.casefold() not in _SECRETS}
