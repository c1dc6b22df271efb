"""Fake gateway that reports each call and answer to the onboarding model."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.faults.onboarding_model import OnboardingModel
from tests.unit.journey.fakes import FakeGateway
from webapp.gateway.errors import RequestRefused, StateConflict, Unauthorized
from webapp.gateway.models import Acknowledgement, CreatedProcess, CreateRequest, ProcessData


class Killed(BaseException):
    """The calling process was killed: raised so that its code can catch and undo nothing."""


class ModelCheckedGateway(FakeGateway):
    """Fake gateway with injected events.

    `meanwhile[call]` runs once during the next such call. `killed[call]` callers die before they
    receive the answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.model: OnboardingModel | None = None
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.killed: Counter[str] = Counter()

    def clear_faults(self) -> None:
        """Remove all injected errors and events."""
        for each in (self.errors, self.lost_answers, self.meanwhile, self.killed):
            each.clear()

    def create(self, request: CreateRequest) -> CreatedProcess:
        model = self._model()
        model.create_called(request.scan_id)
        try:
            created = super().create(request)
        except Exception as error:
            refused = isinstance(error, RequestRefused)
            model.create_failed(request.scan_id, refused=refused)
            raise
        model.create_answered(request.scan_id)
        return created

    def read(self, scan_id: str, *, is_known: bool = False) -> ProcessData:
        try:
            answer = super().read(scan_id)
        except (Unauthorized, RequestRefused, StateConflict):
            self._model().answer_refused(scan_id)
            raise
        self._answered("read")
        self._model().answered(scan_id, answer.verification_result or "")
        return answer

    def delete(self, scan_id: str) -> Acknowledgement:
        self._model().delete_called(scan_id)
        return super().delete(scan_id)

    def send_to_review(self, scan_id: str, personal_data: object = None) -> None:
        self._model().decision_called(scan_id, review=True)
        super().send_to_review(scan_id, personal_data)

    def _decide(self, call: str, scan_id: str, word: str) -> None:
        self._model().decision_called(scan_id, review=False)
        super()._decide(call, scan_id, word)

    def _begun(self, call: str, scan_id: str) -> None:
        if (action := self.meanwhile.pop(call, None)) is not None:
            action()
        super()._begun(call, scan_id)

    def _answered(self, call: str) -> None:
        if self.killed[call] > 0:
            self.killed[call] -= 1
            raise Killed
        super()._answered(call)

    def _model(self) -> Any:
        assert self.model is not None
        return self.model
