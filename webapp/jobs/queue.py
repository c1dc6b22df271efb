"""Run polls with the job library (DBOS): retries, concurrency limit, clean-up.

The durable record of a poll is our own row (`next_poll_at` of an onboarding). A job only carries it
out and may be lost, doubled, or orphaned with its node: the row stays due until the poll's own
transaction has moved it on, and then gets a new job. A job whose row is no longer due does nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOS, SetWorkflowID, error

from webapp.domain.errors import GatewayForbidden, GatewayUnavailable
from webapp.jobs.job_library_tables import job_database, translate_errors
from webapp.jobs.polls_in_flight import PollKey, PollsInFlight
from webapp.wiring import Components

#: Polls that one jobs process runs at the same time; further ones wait in it.
CONCURRENT_POLLS = 16
#: Seconds until an onboarding that stays due gets another job, unless its job is in flight here:
#: the node of that job may have died. A little more than a job with three attempts takes.
REENQUEUE_SECONDS = 30
#: Seconds after which the library's database connections are opened anew: a connection opened
#: while the database was read-only would stay so.
CONNECTION_LIFE_SECONDS = 10
#: Old jobs deleted in one call.
DELETE_BATCH = 1000
_JOB_PREFIX = "poll:"
_RUNNING = ("PENDING", "ENQUEUED", "DELAYED")
_KEEP = timedelta(hours=24)
_log = structlog.get_logger(__name__)


class JobFailed(Exception):
    """A job's action raised an unexpected error; the message is the error's class name."""


def redact_errors(action: Callable[[str], None], onboarding_id: str) -> None:
    """Run `action`, and strip messages and causes from what it raises.

    The library writes errors into its tables, and a message may quote a row. Raises
    GatewayUnavailable and GatewayForbidden unchanged in kind, and JobFailed for all others.
    """
    try:
        return action(onboarding_id)
    except (GatewayUnavailable, GatewayForbidden) as known:
        redacted: Exception = type(known)()
    except Exception as unexpected:  # noqa: BLE001 - any error may quote a row
        redacted = JobFailed(type(unexpected).__name__)
    raise redacted  # outside the handlers, so that no other error is attached as its context


class JobQueue:
    """Enqueues polls. One per process: the library keeps its state in module globals."""

    def __init__(
        self, wired: Components, executor_id: str, needs_more: Callable[[], None] = lambda: None
    ) -> None:
        """`needs_more` is called when no enqueued poll waits any more.

        Raises DatabaseUnavailable where the library's tables cannot be written; try again later.
        """
        self._in_flight = PollsInFlight(CONCURRENT_POLLS, needs_more)
        settings = wired.settings
        self._url = job_database(settings.database_url, settings.instance_dir)
        DBOS(
            config={
                "name": "mobbscan-embed",
                "system_database_url": self._url,
                # A constant: jobs of an older process are taken over instead of stranded. Raised
                # when a workflow is renamed.
                "application_version": "2",
                "executor_id": executor_id,
                "log_level": "ERROR",
                "enable_otlp": False,
                "max_executor_threads": CONCURRENT_POLLS,
                "db_engine_kwargs": {"pool_recycle": CONNECTION_LIFE_SECONDS},
            }
        )
        self._define_workflows(wired)
        with translate_errors(self._url):
            try:
                DBOS.launch()
            except Exception:
                DBOS.destroy(destroy_registry=True)
                raise

    def _define_workflows(self, wired: Components) -> None:
        gateway_poll = wired.steps.gateway_poll

        def poll_with_log_context(onboarding_id: str, planned: datetime | None) -> None:
            """Poll with the id of the request that scheduled it in the log context."""
            request_id = gateway_poll.last_request_id(onboarding_id)
            context = {"onboarding": onboarding_id, "request_id": request_id}
            known = {name: value for name, value in context.items() if value is not None}
            with structlog.contextvars.bound_contextvars(**known):
                gateway_poll.poll(onboarding_id, planned)

        @DBOS.step(
            name="poll_gateway",
            retries_allowed=True,
            max_attempts=3,
            interval_seconds=1.0,
            backoff_rate=3.0,
            should_retry=lambda error: isinstance(error, GatewayUnavailable),
        )
        def poll_gateway(onboarding_id: str, planned: datetime | None) -> None:
            redact_errors(lambda id_: poll_with_log_context(id_, planned), onboarding_id)

        @DBOS.workflow(name="poll")
        def poll(onboarding_id: str, planned_for: str | None = None) -> None:
            planned = datetime.fromisoformat(planned_for) if planned_for else None
            try:
                poll_or_postpone(onboarding_id, planned)
            finally:
                if planned is not None:
                    self._in_flight.remove((onboarding_id, planned))

        def poll_or_postpone(onboarding_id: str, planned: datetime | None) -> None:
            try:
                poll_gateway(onboarding_id, planned)
            except (error.DBOSMaxStepRetriesExceeded, GatewayUnavailable, GatewayForbidden):
                postpone(lambda id_: gateway_poll.postpone(id_, planned), onboarding_id)
            except Exception as failed:  # noqa: BLE001 - one bad row must not stop the others
                why = str(failed) if isinstance(failed, JobFailed) else type(failed).__name__
                _log.error("poll_failed", onboarding=onboarding_id, error=why)
                postpone(lambda id_: gateway_poll.record_failure(id_, why, planned), onboarding_id)

        def postpone(action: Callable[[str], None], onboarding_id: str) -> None:
            try:
                redact_errors(action, onboarding_id)
            except JobFailed as still_due:  # the row stays due and gets another job
                _log.error(
                    "poll_postponement_failed", onboarding=onboarding_id, error=str(still_due)
                )

        self._poll = poll

    @property
    def in_flight(self) -> frozenset[PollKey]:
        """The polls enqueued here that have not finished."""
        return self._in_flight.all()

    def enqueue(self, onboarding_id: str, planned: datetime) -> bool:
        """Make the job of one planned poll; False when another process has just made it.

        Raises DatabaseUnavailable where the library's tables cannot be written.
        """
        bucket = int(time.time() // REENQUEUE_SECONDS)
        job_id = f"{_JOB_PREFIX}{onboarding_id}:{planned.timestamp():.6f}:{bucket}"
        self._in_flight.add((onboarding_id, planned))
        try:
            with (
                translate_errors(self._url),
                SetWorkflowID(job_id, workflow_id_reuse_policy="reject"),
            ):
                DBOS.start_workflow(self._poll, onboarding_id, planned.isoformat())
        except Exception as failed:
            self._in_flight.remove((onboarding_id, planned))
            if isinstance(failed, error.DBOSWorkflowIDInUseError):
                return False
            raise
        return True

    def delete_old_jobs(self) -> int:
        """Delete the library's rows of jobs made more than a day ago; return how many.

        A job lasts seconds: it has ended, or died with a node that never came back, whose jobs the
        library would keep for ever. Raises DatabaseUnavailable.
        """
        before = (datetime.now(UTC) - _KEEP).isoformat()
        with translate_errors(self._url):
            return delete_in_batches(lambda: _delete_batch(before))

    def delete_jobs_of(self, onboarding_ids: Collection[str]) -> set[str]:
        """Delete the library's rows of ended polls of these onboardings.

        Returns the ids that have no more rows. Raises DatabaseUnavailable.
        """
        prefixes = [f"{_JOB_PREFIX}{each}:" for each in onboarding_ids]
        with translate_errors(self._url):
            found = DBOS.list_workflows(
                workflow_id_prefix=prefixes, load_input=False, load_output=False
            )
            running = {one.workflow_id for one in found if one.status in _RUNNING}
            ended = [one.workflow_id for one in found if one.workflow_id not in running]
            if ended:
                DBOS.delete_workflows(ended)
        return set(onboarding_ids) - {one.split(":")[1] for one in running}

    def close(self, wait_seconds: int = 5) -> None:
        """Stop the library; wait at most `wait_seconds` for running jobs."""
        DBOS.destroy(workflow_completion_timeout_sec=wait_seconds)


def delete_in_batches(delete_batch: Callable[[], int]) -> int:
    """Call `delete_batch` until it deletes less than DELETE_BATCH; return how many in all."""
    total, deleted = 0, DELETE_BATCH
    while deleted >= DELETE_BATCH:
        deleted = delete_batch()
        total += deleted
    return total


def _delete_batch(before: str) -> int:
    old = DBOS.list_workflows(
        end_time=before, limit=DELETE_BATCH, load_input=False, load_output=False
    )
    if old:
        DBOS.delete_workflows([one.workflow_id for one in old])
    return len(old)
