"""The job library (DBOS): what runs, how often it is tried again, and how many at once.

The record of what is to be done is our own row (`next_poll_at` of an onboarding). A job is only
the doing of it: it may be lost, doubled or orphaned with its machine, for the row stays due
until the work's own transaction has moved it on, and a new job is made. One whose row is not
due any more does nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOS, SetWorkflowID, error

from webapp.domain.errors import GatewayForbidden, GatewayUnavailable
from webapp.jobs.in_flight import InFlight, Key
from webapp.jobs.tables import job_database, usable
from webapp.wiring import Components

#: Reads that one jobs process makes at the same time; more wait their turn in it.
READS_AT_ONCE = 16
_log = structlog.get_logger(__name__)
_KEEP = timedelta(hours=24)
#: An onboarding that stays due although a job was made for it gets another one after so long,
#: unless we have that one in hand ourselves: its machine may have died with it.
#: A little more than a job needs that tries three times.
REMAKE_SECONDS = 30
#: The library's connections to a database are opened anew so often: one that was opened while it
#: might only be read would stay so.
SESSION_SECONDS = 10
#: So many old jobs are forgotten at a time.
PORTION = 1000


def in_portions(delete: Callable[[], int]) -> int:
    """Repeat until a portion is not full any more; how many in all."""
    total, count = 0, PORTION
    while count >= PORTION:
        count = delete()
        total += count
    return total


def _forget(before: str) -> int:
    old = DBOS.list_workflows(end_time=before, limit=PORTION, load_input=False, load_output=False)
    if old:
        DBOS.delete_workflows([one.workflow_id for one in old])
    return len(old)


class Failed(Exception):
    """Something went wrong, and its kind is all there is to say."""


def in_brief(action: Callable[[str], None], onboarding_id: str) -> None:
    """Do it. What it raises is put short: the library writes errors into its tables.

    GatewayUnavailable and GatewayForbidden stay what they are, all others become Failed.
    """
    try:
        return action(onboarding_id)
    except (GatewayUnavailable, GatewayForbidden) as known:
        short: Exception = type(known)()
    except Exception as surprise:  # noqa: BLE001 - whatever it is, it may quote a row
        short = Failed(type(surprise).__name__)
    raise short  # outside of the handlers, so that it carries no other with it


class JobQueue:
    """One per process: the library keeps itself in module globals."""

    def __init__(
        self, wired: Components, executor_id: str, needs_more: Callable[[], None] = lambda: None
    ) -> None:
        """`needs_more` is called when nothing waits here for its turn.

        Raises DatabaseUnavailable where the library's tables cannot be written; may be tried again.
        """
        self._in_hand = InFlight(READS_AT_ONCE, needs_more)
        settings = wired.settings
        self._url = job_database(settings.database_url, settings.instance_dir)
        DBOS(
            config={
                "name": "mobbscan-embed",
                "system_database_url": self._url,
                # A constant: work left by an older version is taken over, never stranded.
                "application_version": "1",
                "executor_id": executor_id,
                "log_level": "ERROR",
                "enable_otlp": False,
                "max_executor_threads": READS_AT_ONCE,
                "db_engine_kwargs": {"pool_recycle": SESSION_SECONDS},
            }
        )
        self._define(wired)
        with usable(self._url):
            try:
                DBOS.launch()
            except Exception:
                DBOS.destroy(destroy_registry=True)
                raise

    def _define(self, wired: Components) -> None:
        progress = wired.steps.progress

        def read_for(onboarding_id: str, planned: datetime | None) -> None:
            """Under the name of the request that asked for it, so that the log connects them."""
            names = {"onboarding": onboarding_id, "request_id": progress.asked_by(onboarding_id)}
            known = {name: value for name, value in names.items() if value is not None}
            with structlog.contextvars.bound_contextvars(**known):
                progress.read(onboarding_id, planned)

        @DBOS.step(
            name="read",
            retries_allowed=True,
            max_attempts=3,
            interval_seconds=1.0,
            backoff_rate=3.0,
            should_retry=lambda error: isinstance(error, GatewayUnavailable),
        )
        def read(onboarding_id: str, planned: datetime | None) -> None:
            in_brief(lambda id_: read_for(id_, planned), onboarding_id)

        @DBOS.workflow(name="look")
        def look(onboarding_id: str, planned_for: str | None = None) -> None:
            planned = datetime.fromisoformat(planned_for) if planned_for else None
            try:
                read_or_put_off(onboarding_id, planned)
            finally:
                if planned is not None:
                    self._in_hand.remove((onboarding_id, planned))

        def read_or_put_off(onboarding_id: str, planned: datetime | None) -> None:
            try:
                read(onboarding_id, planned)
            except (error.DBOSMaxStepRetriesExceeded, GatewayUnavailable, GatewayForbidden):
                put_off(lambda id_: progress.postpone(id_, planned), onboarding_id)
            except Exception as surprise:  # noqa: BLE001 - one bad row must not stand in the way of others
                why = str(surprise) if isinstance(surprise, Failed) else type(surprise).__name__
                _log.error("read_failed", onboarding=onboarding_id, error=why)
                put_off(lambda id_: progress.fail(id_, why, planned), onboarding_id)

        def put_off(how: Callable[[str], None], onboarding_id: str) -> None:
            try:
                in_brief(how, onboarding_id)
            except Failed as still_due:  # another job is made for it
                _log.error("put_off_failed", onboarding=onboarding_id, error=str(still_due))

        self._look = look

    @property
    def in_hand(self) -> frozenset[Key]:
        """Whose jobs were made here and have not ended."""
        return self._in_hand.all()

    def ask_for(self, onboarding_id: str, planned: datetime) -> bool:
        """Make the job of one planned read; whether it is done here. The same one twice, by
        whomever, is one job.

        Raises DatabaseUnavailable where the library's tables cannot be written.
        """
        bucket = int(time.time() // REMAKE_SECONDS)
        job_id = f"look:{onboarding_id}:{planned.timestamp():.6f}:{bucket}"
        self._in_hand.add((onboarding_id, planned))
        try:
            with usable(self._url), SetWorkflowID(job_id, workflow_id_reuse_policy="reject"):
                DBOS.start_workflow(self._look, onboarding_id, planned.isoformat())
        except Exception as failed:
            self._in_hand.remove((onboarding_id, planned))
            if isinstance(failed, error.DBOSWorkflowIDInUseError):
                return False
            raise
        return True

    def forget_old(self) -> int:
        """Delete the library's rows of jobs that were made a day ago; how many.

        They have ended since, or died with a machine that never came back: the library itself
        would leave those to it for ever. A job lasts seconds. Raises DatabaseUnavailable.
        """
        before = (datetime.now(UTC) - _KEEP).isoformat()
        with usable(self._url):
            return in_portions(lambda: _forget(before))

    def close(self, wait_seconds: int = 5) -> None:
        DBOS.destroy(workflow_completion_timeout_sec=wait_seconds)
