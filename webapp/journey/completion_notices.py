"""Find out whether a notice of the gateway says more than its answers have shown so far."""

from __future__ import annotations

from webapp.domain import states
from webapp.domain.onboarding import Onboarding, Status
from webapp.store.unit_of_work import UnitOfWork

_MAY_CONTINUE = frozenset({Status.STARTED, Status.INTERRUPTED, Status.SUBMITTED})


def has_completion_notice(work: UnitOfWork, row: Onboarding) -> bool:
    """Whether an open notice says that the user is done, and no poll has been answered since.

    The notice changes nothing: the user is only not asked to continue until the gateway has been
    asked, which may take long while its answers cannot be read.
    """
    if row.status not in _MAY_CONTINUE or row.poll_count:  # a notice resets the count
        return False
    return any(states.meaning(notice.status) for notice in work.inbox.unsettled(row.id))
