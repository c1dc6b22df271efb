"""How to fix what keeps an erasure from being confirmed: sentences for operators, in English."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.domain.erasures import ErasureProblem

_FIXES: Mapping[ErasureProblem, str] = {
    ErasureProblem.NOT_TRIED: "Nothing to do: the first attempt follows within seconds.",
    ErasureProblem.GATEWAY_UNAVAILABLE: "The gateway gave no usable answer. It is asked again by "
    "itself; see `doctor` if this lasts.",
    ErasureProblem.STATE_REFUSED: "The gateway does not delete the process in its present state "
    "(409). It is asked again by itself; ask the vendor if this lasts.",
    ErasureProblem.RIGHT_MISSING: "The gateway answers 403: ask the vendor to let your account "
    "delete processes.",
    ErasureProblem.METHOD_REFUSED: "The gateway answers 405: set MOBBSCAN_DELETE_METHOD to the "
    "method that the vendor names (DELETE or GET), and restart.",
    ErasureProblem.REQUEST_REFUSED: "The gateway refuses the request: report the HTTP status of "
    "the deletion to the vendor.",
    ErasureProblem.NOT_DELETED: "The gateway answers the deletion with 401 or 404 and still shows "
    "the process: check MOBBSCAN_DELETE_METHOD, and ask the vendor.",
    ErasureProblem.STILL_SHOWN: "The gateway answered the deletion with success and still shows "
    "the process. It is deleted again by itself; ask the vendor if this lasts.",
    ErasureProblem.NOT_SHOWN_BEFORE: "The gateway did not show the process before the deletion, "
    "so its absence proves nothing: ask the vendor to confirm the deletion.",
    ErasureProblem.NOT_ACKNOWLEDGED: "The gateway's answer to the deletion was lost, or was no "
    "success: ask the vendor to confirm the deletion.",
    ErasureProblem.NOT_READ_AFTER: "The gateway could not be asked after the deletion. It is asked "
    "again by itself.",
    ErasureProblem.NO_OTHER_PROCESS: "Your account has no other process to compare with, so a 401 "
    "proves nothing. It is tried again; the next verified user makes the proof possible.",
    ErasureProblem.ACCOUNT_SHOWS_NOTHING: "The gateway shows your account no other process "
    "either: check MOBBSCAN_API_KEY and MOBBSCAN_API_SECRET, and ask the vendor.",
}


def fix_of(problem: ErasureProblem | None) -> str | None:
    """Return how to fix the problem; None without one."""
    return _FIXES[problem] if problem else None
